package dev.palimpsest.sql.exec;

import dev.palimpsest.sql.parser.Utility;
import dev.palimpsest.sql.plan.SqlError;
import java.util.Locale;

/**
 * What the options of VACUUM or ANALYZE say. Immutable. Source of the rules: PG vacuum.c, ExecVacuum.
 *
 * <p>AWAIT_ARCHIVE is ours. FREEZE, PARALLEL, PROCESS_TOAST and ANALYZE are taken and checked, but there is nothing that they could change: transaction ids never wrap
 * around, one thread does the work, a table's big values are always its own, and plans don't depend on statistics.
 */
record VacuumCommand(
        boolean verbose,
        boolean analyze,
        boolean truncate,
        IndexCleanup indexCleanup,
        boolean skipLocked,
        boolean disablePageSkipping,
        boolean awaitArchive) {
    enum IndexCleanup {
        AUTO,
        ON,
        OFF
    }

    private static final int MAX_PARALLEL = 1024;

    /** @throws SqlError 42601, 0A000 */
    static VacuumCommand of(Utility.Vacuum statement) {
        Builder options = new Builder();
        statement.options().forEach(statement.vacuum() ? options::set : options::setOfAnalyze);
        return options.build(statement);
    }

    private static final class Builder {
        private boolean verbose;
        private boolean analyze;
        private boolean truncate = true;
        private IndexCleanup indexCleanup = IndexCleanup.AUTO;
        private boolean skipLocked;
        private boolean disablePageSkipping;
        private boolean awaitArchive;
        private boolean parallel;

        /** Null unless asked for. */
        private Utility.VacuumOption full;

        /** Few options are ANALYZE's, and those are VACUUM's, too. */
        void setOfAnalyze(Utility.VacuumOption option) {
            if (!option.name().equals("verbose") && !option.name().equals("skip_locked")) {
                throw SqlError.at(option.location(), "42601", "unrecognized ANALYZE option \"" + option.name() + "\"");
            }
            set(option);
        }

        void set(Utility.VacuumOption option) {
            switch (option.name()) {
                case "verbose":
                    verbose = flag(option);
                    break;
                case "analyze":
                    analyze = flag(option);
                    break;
                case "truncate":
                    truncate = flag(option);
                    break;
                case "index_cleanup":
                    indexCleanup = cleanup(option);
                    break;
                case "skip_locked":
                    skipLocked = flag(option);
                    break;
                case "disable_page_skipping":
                    disablePageSkipping = flag(option);
                    break;
                case "await_archive":
                    awaitArchive = flag(option);
                    break;
                case "full":
                    full = flag(option) ? option : null;
                    break;
                case "parallel":
                    parallel = workers(option) > 0;
                    break;
                case "freeze":
                case "process_toast":
                    flag(option);
                    break;
                default:
                    throw SqlError.at(
                            option.location(), "42601", "unrecognized VACUUM option \"" + option.name() + "\"");
            }
        }

        VacuumCommand build(Utility.Vacuum statement) {
            if (full != null && parallel) {
                throw SqlError.of("0A000", "VACUUM FULL cannot be performed in parallel");
            }
            boolean columns = statement.targets().stream()
                    .anyMatch(target -> !target.columns().isEmpty());
            if (columns && statement.vacuum() && !analyze) {
                throw SqlError.of("0A000", "ANALYZE option must be specified when a column list is provided");
            }
            if (full != null) {
                throw SqlError.unsupported(full.location(), "VACUUM FULL")
                        .withHint(
                                "Plain VACUUM makes the room of dead versions free for new rows, and gives empty pages at"
                                        + " the table's end back.");
            }
            return new VacuumCommand(
                    verbose, analyze, truncate, indexCleanup, skipLocked, disablePageSkipping, awaitArchive);
        }

        private static boolean flag(Utility.VacuumOption option) {
            if (option.value() == null) {
                return true;
            }
            switch (option.value().toLowerCase(Locale.ROOT)) {
                case "true":
                case "on":
                case "1":
                    return true;
                case "false":
                case "off":
                case "0":
                    return false;
                default:
                    throw SqlError.of("42601", option.name() + " requires a Boolean value");
            }
        }

        private static IndexCleanup cleanup(Utility.VacuumOption option) {
            if (option.value() == null || option.value().equalsIgnoreCase("auto")) {
                return IndexCleanup.AUTO;
            }
            return flag(option) ? IndexCleanup.ON : IndexCleanup.OFF;
        }

        private static int workers(Utility.VacuumOption option) {
            if (option.value() == null) {
                throw SqlError.at(
                        option.location(), "42601", "parallel option requires a value between 0 and " + MAX_PARALLEL);
            }
            int workers;
            try {
                workers = Integer.parseInt(option.value());
            } catch (NumberFormatException e) {
                throw SqlError.of("42601", "parallel requires an integer value");
            }
            if (workers < 0 || workers > MAX_PARALLEL) {
                throw SqlError.at(
                        option.location(),
                        "42601",
                        "parallel workers for vacuum must be between 0 and " + MAX_PARALLEL);
            }
            return workers;
        }
    }
}
