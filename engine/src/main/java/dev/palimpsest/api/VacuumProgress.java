package dev.palimpsest.api;

/**
 * How far one running vacuum is; {@code pg_stat_progress_vacuum}.
 *
 * @param id the session that runs it, as {@link SessionInfo#id}
 * @param table its name
 * @param oid the table's number
 * @param automatic whether autovacuum runs it
 * @param phase what it does now
 * @param heapBlocksTotal the table's pages at the beginning
 * @param heapBlocksScanned pages looked at, or skipped as clean
 * @param heapBlocksVacuumed pages whose dead rows are gone
 * @param indexVacuumCount how often the indexes were cleaned so far
 * @param maxDeadTuples how many dead rows are collected at most before the indexes are cleaned
 * @param deadTuples how many are collected now
 */
public record VacuumProgress(
        long id,
        String table,
        int oid,
        boolean automatic,
        Phase phase,
        int heapBlocksTotal,
        int heapBlocksScanned,
        int heapBlocksVacuumed,
        int indexVacuumCount,
        long maxDeadTuples,
        long deadTuples) {
    /** PostgreSQL's phases but "cleaning up indexes": what it does then is done as entries go. */
    public enum Phase {
        INITIALIZING("initializing"),
        SCANNING_HEAP("scanning heap"),
        VACUUMING_INDEXES("vacuuming indexes"),
        VACUUMING_HEAP("vacuuming heap"),
        TRUNCATING_HEAP("truncating heap"),
        PERFORMING_FINAL_CLEANUP("performing final cleanup");

        private final String text;

        Phase(String text) {
            this.text = text;
        }

        /** As PostgreSQL writes it. */
        @Override
        public String toString() {
            return text;
        }
    }
}
