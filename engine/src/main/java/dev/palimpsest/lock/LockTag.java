package dev.palimpsest.lock;

import dev.palimpsest.id.Tid;

/**
 * What is locked.
 *
 * @param first relation file number, xid, process id, or the key of an advisory lock
 * @param second tid of a tuple, number of a subtransaction, a life or a speculation, 1 for an advisory key of two halves; else 0
 */
public record LockTag(Kind kind, long first, long second) {
    /** The kinds of lockable things. */
    public enum Kind {
        RELATION,
        /** In the table: the live subtransaction {@code second} of the owner with process id {@code first}. */
        SUBTRANSACTION,
        /** As shown: a subtransaction that has a xid. */
        TRANSACTION,
        /** As shown: a subtransaction without one. */
        VIRTUAL_TRANSACTION,
        /** The {@code second} lot of rows that the owner with process id {@code first} inserts without being sure. */
        SPECULATION,
        TUPLE,
        CATALOG,
        ADVISORY
    }

    /** The whole catalog: one transaction with DDL at a time, where a caller wants that. */
    public static final LockTag CATALOG = new LockTag(Kind.CATALOG, 0, 0);

    public static LockTag relation(int relation) {
        return new LockTag(Kind.RELATION, relation, 0);
    }

    /** Of the owner's present life: whoever waits for it is gone from the table when that ends. */
    static LockTag subtransaction(LockOwner owner, int subId) {
        return new LockTag(Kind.SUBTRANSACTION, owner.processId(), subId);
    }

    static LockTag transaction(long xid) {
        return new LockTag(Kind.TRANSACTION, xid, 0);
    }

    static LockTag virtualTransaction(long processId, long number) {
        return new LockTag(Kind.VIRTUAL_TRANSACTION, processId, number);
    }

    static LockTag speculation(LockOwner owner, long number) {
        return new LockTag(Kind.SPECULATION, owner.processId(), number);
    }

    /** The place in the queue for one row's next updater; held only until its xmax is set. */
    public static LockTag tuple(int relation, long tid) {
        return new LockTag(Kind.TUPLE, relation, tid);
    }

    /** @param pair the key is of the space of two 32-bit numbers */
    public static LockTag advisory(long key, boolean pair) {
        return new LockTag(Kind.ADVISORY, key, pair ? 1 : 0);
    }

    /** As PostgreSQL's deadlock report names it. */
    @Override
    public String toString() {
        return switch (kind) {
            case RELATION -> "relation " + first;
            case SUBTRANSACTION -> "subtransaction " + second + " of process " + first;
            case TRANSACTION -> "transaction " + first;
            case VIRTUAL_TRANSACTION -> "virtual transaction " + first + "/" + second;
            case SPECULATION -> "speculative token " + second + " of process " + first;
            case TUPLE -> "tuple " + Tid.toString(second) + " of relation " + first;
            case CATALOG -> "the catalog";
            case ADVISORY ->
                "advisory lock [0," + Integer.toUnsignedString((int) (first >>> 32)) + ","
                        + Integer.toUnsignedString((int) first) + "," + (second + 1) + "]";
        };
    }
}
