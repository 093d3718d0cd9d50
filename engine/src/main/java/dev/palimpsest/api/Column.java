package dev.palimpsest.api;

/**
 * One column of a table. Immutable.
 *
 * @param name 1 to 63 bytes of UTF-8; case matters (SQL folds unquoted names to lower case before it gets here)
 * @param notNull null values are refused with 23502
 * @param defaultValue what an insert without this column gets; null for NULL
 * @param identity ALWAYS and BY_DEFAULT number rows from a sequence; NONE otherwise
 */
public record Column(String name, ColumnType type, boolean notNull, DefaultValue defaultValue, Identity identity) {
    /** How values of an identity column come about. */
    public enum Identity {
        NONE,
        /** A given value is refused with 428C9. */
        ALWAYS,
        /** A given value wins over the sequence. */
        BY_DEFAULT
    }

    /** A column's default: a constant, the time at the transaction's start, or a sequence's next value. */
    public sealed interface DefaultValue permits Constant, CurrentTimestamp, NextValue {}

    /** @param value of the column type's Java class */
    public record Constant(Object value) implements DefaultValue {}

    /** {@code now()}. */
    public record CurrentTimestamp() implements DefaultValue {}

    /**
     * {@code nextval('sequence')}: the sequence can't be dropped while the column is there.
     *
     * @param sequence null, when the table is created, makes a sequence of the column's own, {@code <table>_<column>_seq}, which goes
     *     with the table, and the column NOT NULL: SERIAL
     */
    public record NextValue(String sequence) implements DefaultValue {}
}
