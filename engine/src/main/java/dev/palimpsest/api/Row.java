package dev.palimpsest.api;

import java.io.InputStream;
import java.math.BigDecimal;
import java.time.Instant;

/**
 * One version of a row as a snapshot saw it. Columns are numbered from 0 in the order of the schema; the typed accessors return a
 * column of that type (for {@code longValue} any integer type) and throw 42804 otherwise; a primitive accessor of a NULL
 * throws 22023 (ask {@link #isNull} first). Immutable and thread-safe, except that big values need the transaction to be open.
 */
public interface Row {
    /** The table's shape as the reading transaction saw it. */
    TableSchema schema();

    /** True for NULL. */
    boolean isNull(int column);

    /** BOOLEAN. */
    boolean booleanValue(int column);

    /** SMALLINT, INTEGER and BIGINT. */
    long longValue(int column);

    /** DOUBLE PRECISION. */
    double doubleValue(int column);

    /** TEXT and VARCHAR; null for NULL. */
    String stringValue(int column);

    /** NUMERIC; null for NULL. */
    BigDecimal numericValue(int column);

    /** BYTEA, read whole; null for NULL. */
    byte[] bytesValue(int column);

    /** TIMESTAMPTZ, to the microsecond; null for NULL. */
    Instant timestampValue(int column);

    /** The value as the Java class of its type ({@link ColumnType.Kind#javaClass}), null for NULL. Big values are read whole. */
    Object value(int column);

    /**
     * The bytes of a TEXT, VARCHAR (as UTF-8) or BYTEA value without having it whole in memory; null for NULL. To be read and closed
     * while its transaction is open.
     */
    InputStream stream(int column);

    /** Bytes of a TEXT, VARCHAR or BYTEA value; 0 for NULL. */
    long lengthBytes(int column);

    /** The transaction that wrote this version. */
    long xmin();

    /** The transaction that ended it, when the snapshot read it: 0 for none. */
    long xmax();

    /** Where this version is, in PostgreSQL's notation: {@code (block,linePointer)}. */
    String ctid();

    /** @throws UsageException 42703 if there is no such column */
    default int indexOf(String column) {
        int index = schema().indexOf(column);
        if (index < 0) {
            throw new UsageException(SqlState.UNDEFINED_COLUMN, "column \"" + column + "\" does not exist");
        }
        return index;
    }

    /** True for NULL. */
    default boolean isNull(String column) {
        return isNull(indexOf(column));
    }

    /** BOOLEAN. */
    default boolean booleanValue(String column) {
        return booleanValue(indexOf(column));
    }

    default long longValue(String column) {
        return longValue(indexOf(column));
    }

    /** DOUBLE PRECISION. */
    default double doubleValue(String column) {
        return doubleValue(indexOf(column));
    }

    default String stringValue(String column) {
        return stringValue(indexOf(column));
    }

    /** NUMERIC; null for NULL. */
    default BigDecimal numericValue(String column) {
        return numericValue(indexOf(column));
    }

    default byte[] bytesValue(String column) {
        return bytesValue(indexOf(column));
    }

    /** TIMESTAMPTZ, to the microsecond; null for NULL. */
    default Instant timestampValue(String column) {
        return timestampValue(indexOf(column));
    }

    default Object value(String column) {
        return value(indexOf(column));
    }

    default InputStream stream(String column) {
        return stream(indexOf(column));
    }
}
