package dev.palimpsest.api;

/**
 * The strengths of explicit row locks, weakest first, with PostgreSQL's conflict table. An update takes NO_KEY_UPDATE, or UPDATE if it
 * changes a column of a unique index; a delete takes UPDATE; a foreign key's check takes KEY_SHARE on the referenced row.
 *
 * <pre>
 *                 KEY_SHARE  SHARE  NO_KEY_UPDATE  UPDATE
 *  KEY_SHARE          -        -          -          X
 *  SHARE              -        -          X          X
 *  NO_KEY_UPDATE      -        X          X          X
 *  UPDATE             X        X          X          X
 * </pre>
 *
 * <p>Source: PostgreSQL documentation, "Row-Level Locks". Immutable.
 */
public enum RowLockMode {
    KEY_SHARE("FOR KEY SHARE", 0b1000),
    SHARE("FOR SHARE", 0b1100),
    NO_KEY_UPDATE("FOR NO KEY UPDATE", 0b1110),
    UPDATE("FOR UPDATE", 0b1111);

    private final String sql;
    private final int conflicts;

    RowLockMode(String sql, int conflicts) {
        this.sql = sql;
        this.conflicts = conflicts;
    }

    /** The locking clause, for example {@code FOR UPDATE}. */
    public String sql() {
        return sql;
    }

    /** May two transactions not hold these at once on one row? Symmetric. */
    public boolean conflictsWith(RowLockMode other) {
        return (conflicts & 1 << other.ordinal()) != 0;
    }
}
