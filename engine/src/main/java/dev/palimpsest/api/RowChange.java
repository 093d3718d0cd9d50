package dev.palimpsest.api;

/**
 * What an update does to one row: read the current version through {@link #row()}, set what changes. Only valid inside the call that
 * got it. A change function may be called again with a newer version of the row (READ COMMITTED), so it must not have side effects.
 */
public interface RowChange {
    /** The version that will be replaced. */
    Row row();

    /**
     * @param value of the column type's Java class, an {@link java.io.InputStream} for TEXT (UTF-8) and BYTEA, or null
     * @throws UsageException 42703, 42804, 22001, 22003, 23502
     */
    RowChange set(int column, Object value);

    /** {@link #set} without boxing, for SMALLINT, INTEGER and BIGINT. */
    RowChange setLong(int column, long value);

    default RowChange set(String column, Object value) {
        return set(row().indexOf(column), value);
    }

    default RowChange setLong(String column, long value) {
        return setLong(row().indexOf(column), value);
    }
}
