package dev.palimpsest.lock;

import dev.palimpsest.id.Tid;

/**
 * What is locked.
 *
 * @param first relation file number, xid, or the first key of an advisory lock
 * @param second tid of a tuple, or the second key of an advisory lock; else 0
 */
public record LockTag(Kind kind, long first, long second) {
    /** The kinds of lockable things. */
    public enum Kind {
        RELATION,
        TRANSACTION,
        TUPLE,
        CATALOG,
        ADVISORY
    }

    /** The whole catalog: one transaction with DDL at a time, where a caller wants that. */
    public static final LockTag CATALOG = new LockTag(Kind.CATALOG, 0, 0);

    public static LockTag relation(int relation) {
        return new LockTag(Kind.RELATION, relation, 0);
    }

    public static LockTag transaction(long xid) {
        return new LockTag(Kind.TRANSACTION, xid, 0);
    }

    /** The place in the queue for one row's next updater; held only until its xmax is set. */
    public static LockTag tuple(int relation, long tid) {
        return new LockTag(Kind.TUPLE, relation, tid);
    }

    public static LockTag advisory(long first, long second) {
        return new LockTag(Kind.ADVISORY, first, second);
    }

    /** As PostgreSQL's deadlock report names it. */
    @Override
    public String toString() {
        return switch (kind) {
            case RELATION -> "relation " + first;
            case TRANSACTION -> "transaction " + first;
            case TUPLE -> "tuple " + Tid.toString(second) + " of relation " + first;
            case CATALOG -> "the catalog";
            case ADVISORY -> "advisory lock [" + first + "," + second + "]";
        };
    }
}
