package dev.palimpsest.table;

import dev.palimpsest.api.Column;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.api.UsageException;
import dev.palimpsest.btree.KeyEncoder;
import dev.palimpsest.catalog.IndexInfo;
import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.tuple.Datums;
import dev.palimpsest.tuple.TupleDescriptor;
import dev.palimpsest.tuple.TupleReader;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.List;

/** Index keys: from stored tuples and from callers' values. Stateless; the encoders belong to the callers. */
final class Keys {
    /** More of a big value isn't read: the key is too long anyway, and the index says so. */
    private static final int LONGEST_READ = 4096;

    private Keys() {}

    /** The key of a tuple that starts at {@code base}. */
    static KeyEncoder ofTuple(KeyEncoder encoder, TableInfo table, IndexInfo index, byte[] tuple, int base) {
        encoder.begin();
        List<Integer> columns = index.columns();
        for (int i = 0; i < columns.size(); i++) {
            addColumn(encoder, table, tuple, base, columns.get(i));
        }
        return encoder;
    }

    private static void addColumn(KeyEncoder encoder, TableInfo table, byte[] tuple, int base, int column) {
        TupleDescriptor descriptor = table.descriptor();
        int offset = TupleReader.attributeOffset(descriptor, tuple, base, column);
        if (offset < 0) {
            encoder.addNull();
            return;
        }
        switch (descriptor.kind(column)) {
            case BOOLEAN -> encoder.addBoolean(tuple[offset] != 0);
            case SMALLINT -> encoder.addInt16((short) TupleReader.fixedBits(descriptor, tuple, offset, column));
            case INTEGER -> encoder.addInt32((int) TupleReader.fixedBits(descriptor, tuple, offset, column));
            case BIGINT -> encoder.addInt64(TupleReader.fixedBits(descriptor, tuple, offset, column));
            case DOUBLE ->
                encoder.addFloat8(Double.longBitsToDouble(TupleReader.fixedBits(descriptor, tuple, offset, column)));
            case TIMESTAMPTZ -> encoder.addTimestamptz(TupleReader.fixedBits(descriptor, tuple, offset, column));
            case NUMERIC -> encoder.addNumeric(TupleReader.numeric(tuple, offset));
            case TEXT, VARCHAR -> {
                if (TupleReader.isBig(tuple, offset)) {
                    byte[] value = bigValue(table, tuple, offset);
                    encoder.addText(ByteBuffer.wrap(value), 0, value.length);
                } else {
                    encoder.addText(
                            ByteBuffer.wrap(tuple),
                            TupleReader.inlineStart(offset),
                            TupleReader.inlineLength(tuple, offset));
                }
            }
            case BYTEA -> {
                if (TupleReader.isBig(tuple, offset)) {
                    encoder.addBytea(bigValue(table, tuple, offset));
                } else {
                    encoder.addBytea(
                            ByteBuffer.wrap(tuple),
                            TupleReader.inlineStart(offset),
                            TupleReader.inlineLength(tuple, offset));
                }
            }
        }
    }

    private static byte[] bigValue(TableInfo table, byte[] tuple, int offset) {
        int firstBlock = TupleReader.bigFirstBlock(tuple, offset);
        try (InputStream value = table.heap().bigValues().open(firstBlock, TupleReader.bigLength(tuple, offset))) {
            return value.readNBytes(LONGEST_READ);
        } catch (IOException e) {
            throw new StoppedException(SqlState.IO_ERROR, "could not read a big value", null, null, e);
        }
    }

    /**
     * The key, or its leading columns, for a caller's values.
     *
     * @return false if one of them is null: it equals nothing
     * @throws UsageException 42804 for values that don't fit the columns' types
     */
    static boolean ofValues(KeyEncoder encoder, TableInfo table, IndexInfo index, List<?> values) {
        encoder.begin();
        for (int i = 0; i < values.size(); i++) {
            Object value = values.get(i);
            if (value == null) {
                return false;
            }
            addValue(encoder, table.schema().columns().get(index.columns().get(i)), value);
        }
        return true;
    }

    /** The key, or its leading columns, for values of the columns' Java classes, none null, whether or not the columns could hold them. */
    static void ofStored(KeyEncoder encoder, TableInfo table, IndexInfo index, List<?> values) {
        encoder.begin();
        for (int i = 0; i < values.size(); i++) {
            add(encoder, table.schema().columns().get(index.columns().get(i)), values.get(i));
        }
    }

    private static void addValue(KeyEncoder encoder, Column column, Object given) {
        add(encoder, column, Datums.coerce(column, given));
    }

    private static void add(KeyEncoder encoder, Column column, Object value) {
        switch (column.type().kind()) {
            case BOOLEAN -> encoder.addBoolean((Boolean) value);
            case SMALLINT -> encoder.addInt16((Short) value);
            case INTEGER -> encoder.addInt32((Integer) value);
            case BIGINT -> encoder.addInt64((Long) value);
            case DOUBLE -> encoder.addFloat8((Double) value);
            case TIMESTAMPTZ -> encoder.addTimestamptz(Datums.micros((Instant) value));
            case NUMERIC -> encoder.addNumeric((BigDecimal) value);
            case TEXT, VARCHAR -> encoder.addText((CharSequence) notStream(column, value));
            case BYTEA -> encoder.addBytea((byte[]) notStream(column, value));
        }
    }

    private static Object notStream(Column column, Object value) {
        if (value instanceof InputStream) {
            throw new UsageException(
                    SqlState.DATATYPE_MISMATCH, "a key must not be a stream", "column=" + column.name());
        }
        return value;
    }
}
