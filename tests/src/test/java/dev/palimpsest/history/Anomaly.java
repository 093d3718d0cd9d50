package dev.palimpsest.history;

/**
 * What can be wrong with a history, most basic first. The names are Adya's and, where he has none, Elle's.
 *
 * <p>Sources: Adya, "Weak Consistency: A Generalized Theory and Optimistic Implementations for Distributed Transactions", MIT 1999,
 * chapters 3 and 4; Alvaro and Kingsbury, "Elle: Inferring Isolation Anomalies from Experimental Observations", VLDB 2020.
 */
enum Anomaly {
    /** A version, or an element of a list, that nobody wrote, or two versions where one must be. */
    GARBAGE("garbage"),
    /** An acknowledged commit isn't there after a crash, or a later one is there and it isn't. */
    LOST_COMMIT("lost commit"),
    /** A transaction doesn't see its own writes. */
    INTERNAL("internal"),
    /** Two rows with one key that is unique. */
    DUPLICATE_KEY("duplicate key"),
    /** A committed transaction used a version of one that was rolled back. */
    G1A("G1a, aborted read"),
    /** Used a version that its own writer replaced before it committed. */
    G1B("G1b, intermediate read"),
    /** Used a version before its writer's commit was even called. */
    DIRTY_READ("dirty read"),
    /** Used a version whose writer called commit only after the snapshot had been taken. */
    FUTURE_READ("read from after the snapshot"),
    /** A cycle of write-write dependencies. */
    G0("G0, dirty write"),
    /** A cycle of write-write and write-read dependencies. */
    G1C("G1c, circular information flow"),
    /** Two transactions replaced the same version. */
    LOST_UPDATE("lost update"),
    /** No version that there was during a statement explains that a row was not among those it found. */
    MISSED_ROW("missed row"),
    /** Two transactions held locks on one row that conflict. */
    LOCKS_OVERLAP("conflicting locks"),
    /** A cycle with exactly one anti-dependency. */
    G_SINGLE("G-single, read skew"),
    /** A cycle with several anti-dependencies, no two of which follow each other. */
    G_NONADJACENT("G-nonadjacent"),
    /** A cycle with two anti-dependencies in a row, all on rows that were read: write skew. */
    G2_ITEM("G2-item, write skew"),
    /** The same, at least one of them on a row that a predicate didn't find. */
    G2("G2, predicate write skew");

    private final String text;

    Anomaly(String text) {
        this.text = text;
    }

    @Override
    public String toString() {
        return text;
    }
}
