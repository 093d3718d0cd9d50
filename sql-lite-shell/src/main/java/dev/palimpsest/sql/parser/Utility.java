package dev.palimpsest.sql.parser;

import java.util.List;

/** A statement about the session: transactions, locks, settings, EXPLAIN, VACUUM. Immutable. */
public sealed interface Utility extends Statement {

    /** BEGIN or START TRANSACTION. */
    record Begin(TransactionModes modes, int location) implements Utility {}

    record Commit(int location) implements Utility {}

    record Rollback(int location) implements Utility {}

    record Savepoint(String name, int location) implements Utility {}

    record Release(String name, int location) implements Utility {}

    /** ROLLBACK TO SAVEPOINT. */
    record RollbackTo(String name, int location) implements Utility {}

    record LockTable(List<QualifiedName> tables, LockMode mode, boolean nowait, int location) implements Utility {
        public LockTable {
            tables = List.copyOf(tables);
        }
    }

    /** The modes of LOCK TABLE, weakest first. */
    enum LockMode {
        ACCESS_SHARE,
        ROW_SHARE,
        ROW_EXCLUSIVE,
        SHARE_UPDATE_EXCLUSIVE,
        SHARE,
        SHARE_ROW_EXCLUSIVE,
        EXCLUSIVE,
        ACCESS_EXCLUSIVE
    }

    /** SET TRANSACTION, or with {@code session} SET SESSION CHARACTERISTICS AS TRANSACTION. */
    record SetTransaction(TransactionModes modes, boolean session, int location) implements Utility {}

    /** What is written; null where nothing is. A mode written twice counts as written last. */
    record TransactionModes(IsolationLevel isolation, Boolean readOnly, Boolean deferrable) {
        static final TransactionModes NONE = new TransactionModes(null, null, null);
    }

    /** An isolation level by its SQL name. */
    enum IsolationLevel {
        READ_UNCOMMITTED,
        READ_COMMITTED,
        REPEATABLE_READ,
        SERIALIZABLE
    }

    /** Names are folded and dotted; no values means DEFAULT. */
    record SetVariable(String name, List<String> values, boolean local, int location) implements Utility {
        public SetVariable {
            values = List.copyOf(values);
        }
    }

    /** {@code name} is null for SHOW ALL. */
    record Show(String name, int location) implements Utility {}

    /** {@code name} is null for RESET ALL. */
    record Reset(String name, int location) implements Utility {}

    /**
     * EXPLAIN.
     *
     * @param visibility our own EXPLAIN VISIBILITY
     * @param numbers whether that shows commit sequence numbers, which differ from run to run
     */
    record Explain(
            boolean analyze, boolean verbose, boolean visibility, boolean numbers, Statement statement, int location)
            implements Utility {}

    /**
     * VACUUM, or ANALYZE alone.
     *
     * @param targets empty for all tables
     */
    record Vacuum(boolean vacuum, List<VacuumOption> options, List<VacuumTarget> targets, int location)
            implements Utility {
        public Vacuum {
            options = List.copyOf(options);
            targets = List.copyOf(targets);
        }
    }

    /** {@code value} is null unless written. Which names there are is for whoever runs it. */
    record VacuumOption(String name, String value, int location) {}

    /** {@code columns} are for ANALYZE, empty unless written. */
    record VacuumTarget(QualifiedName table, List<String> columns) {
        public VacuumTarget {
            columns = List.copyOf(columns);
        }
    }
}
