package dev.palimpsest.api;

/**
 * One lock held or waited for, for {@code pg_locks}.
 *
 * @param type {@code relation}, {@code transactionid}, {@code virtualxid}, {@code tuple}, {@code spectoken} or {@code advisory}
 * @param relation the table's name, null if no table is concerned
 * @param row its place {@code (block,number)}, null if no row is concerned
 * @param xid for {@code transactionid}, else 0
 * @param key for {@code advisory}, else null
 * @param sessionId whose
 * @param mode PostgreSQL's name, for example {@code RowExclusiveLock}
 * @param granted false while it is waited for
 * @param fastPath held outside of the lock table
 */
public record LockInfo(
        String type,
        String relation,
        String row,
        long xid,
        AdvisoryKey key,
        long sessionId,
        String mode,
        boolean granted,
        boolean fastPath) {}
