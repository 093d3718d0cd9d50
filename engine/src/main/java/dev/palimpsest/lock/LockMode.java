package dev.palimpsest.lock;

/**
 * PostgreSQL's eight table-level lock modes and their conflicts, weakest first.
 *
 * <p>Source: PostgreSQL documentation, "Table-Level Locks", table "Conflicting Lock Modes". Immutable.
 */
public enum LockMode {
    ACCESS_SHARE("AccessShareLock", "-------X"),
    ROW_SHARE("RowShareLock", "------XX"),
    ROW_EXCLUSIVE("RowExclusiveLock", "----XXXX"),
    SHARE_UPDATE_EXCLUSIVE("ShareUpdateExclusiveLock", "---XXXXX"),
    SHARE("ShareLock", "--XX-XXX"),
    SHARE_ROW_EXCLUSIVE("ShareRowExclusiveLock", "--XXXXXX"),
    EXCLUSIVE("ExclusiveLock", "-XXXXXXX"),
    ACCESS_EXCLUSIVE("AccessExclusiveLock", "XXXXXXXX");

    private final String pgName;
    private final int bit;
    private final int conflicts;

    LockMode(String pgName, String conflictRow) {
        this.pgName = pgName;
        this.bit = 1 << ordinal();
        int mask = 0;
        for (int i = 0; i < conflictRow.length(); i++) {
            if (conflictRow.charAt(i) == 'X') {
                mask |= 1 << i;
            }
        }
        this.conflicts = mask;
    }

    /** As pg_locks.mode and deadlock reports print it. */
    public String pgName() {
        return pgName;
    }

    public boolean conflictsWith(LockMode other) {
        return (conflicts & other.bit) != 0;
    }

    /** This mode's bit in a set of modes. */
    int bit() {
        return bit;
    }

    /** The set of modes that this one conflicts with. */
    int conflicts() {
        return conflicts;
    }

    /** Modes that never conflict with each other: taken on the fast path, outside the table. */
    boolean isWeak() {
        return ordinal() <= ROW_EXCLUSIVE.ordinal();
    }

    /** Modes that conflict with a weak one: their lockers stop the fast path of the relation. */
    boolean isStrong() {
        return ordinal() > SHARE_UPDATE_EXCLUSIVE.ordinal();
    }
}
