package dev.palimpsest.table;

import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Row;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.UsageException;
import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.id.Tid;
import dev.palimpsest.id.Xid;
import dev.palimpsest.tuple.Datums;
import dev.palimpsest.tuple.TupleLayout;
import dev.palimpsest.tuple.TupleReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;

/** A row as the bytes of its tuple, deformed when asked. Immutable; big values are read through its transaction. */
public final class TupleRow implements Row {
    private final TableInfo table;
    private final UserTransaction transaction;
    private final byte[] tuple;
    private final long tid;

    /** @param tuple a private copy, kept */
    public TupleRow(TableInfo table, UserTransaction transaction, byte[] tuple, long tid) {
        this.table = table;
        this.transaction = transaction;
        this.tuple = tuple;
        this.tid = tid;
        if ((TupleReader.flags(tuple, 0) & TupleLayout.HAS_BIG_VALUES) != 0) {
            transaction.holdBigValues(table);
        }
    }

    byte[] tuple() {
        return tuple;
    }

    TableInfo table() {
        return table;
    }

    /** Where this version is. */
    long tid() {
        return tid;
    }

    @Override
    public TableSchema schema() {
        return table.schema();
    }

    @Override
    public boolean isNull(int column) {
        return offset(column) < 0;
    }

    @Override
    public boolean booleanValue(int column) {
        return fixed(column, "boolean", ColumnType.Kind.BOOLEAN) != 0;
    }

    @Override
    public long longValue(int column) {
        ColumnType.Kind kind = kind(column);
        if (kind != ColumnType.Kind.BIGINT && kind != ColumnType.Kind.INTEGER && kind != ColumnType.Kind.SMALLINT) {
            throw mismatch(column, "an integer");
        }
        return bits(column);
    }

    @Override
    public double doubleValue(int column) {
        return Double.longBitsToDouble(fixed(column, "double precision", ColumnType.Kind.DOUBLE));
    }

    @Override
    public String stringValue(int column) {
        ColumnType.Kind kind = kind(column);
        if (kind != ColumnType.Kind.TEXT && kind != ColumnType.Kind.VARCHAR) {
            throw mismatch(column, "text");
        }
        int offset = offset(column);
        if (offset < 0) {
            return null;
        }
        return TupleReader.isBig(tuple, offset)
                ? new String(readBig(offset), StandardCharsets.UTF_8)
                : TupleReader.text(tuple, offset);
    }

    @Override
    public BigDecimal numericValue(int column) {
        checkKind(column, "numeric", ColumnType.Kind.NUMERIC);
        int offset = offset(column);
        return offset < 0 ? null : TupleReader.numeric(tuple, offset);
    }

    @Override
    public byte[] bytesValue(int column) {
        checkKind(column, "bytea", ColumnType.Kind.BYTEA);
        int offset = offset(column);
        if (offset < 0) {
            return null;
        }
        if (TupleReader.isBig(tuple, offset)) {
            return readBig(offset);
        }
        byte[] value = new byte[TupleReader.inlineLength(tuple, offset)];
        System.arraycopy(tuple, TupleReader.inlineStart(offset), value, 0, value.length);
        return value;
    }

    @Override
    public Instant timestampValue(int column) {
        checkKind(column, "timestamp with time zone", ColumnType.Kind.TIMESTAMPTZ);
        return isNull(column) ? null : Datums.instant(bits(column));
    }

    @Override
    public Object value(int column) {
        if (isNull(column)) {
            return null;
        }
        return switch (kind(column)) {
            case BOOLEAN -> bits(column) != 0;
            case SMALLINT -> (short) bits(column);
            case INTEGER -> (int) bits(column);
            case BIGINT -> bits(column);
            case DOUBLE -> doubleValue(column);
            case NUMERIC -> numericValue(column);
            case TEXT, VARCHAR -> stringValue(column);
            case BYTEA -> bytesValue(column);
            case TIMESTAMPTZ -> timestampValue(column);
        };
    }

    @Override
    public InputStream stream(int column) {
        checkByteString(column);
        int offset = offset(column);
        if (offset < 0) {
            return null;
        }
        if (TupleReader.isBig(tuple, offset)) {
            return openBig(offset);
        }
        return new ByteArrayInputStream(
                tuple, TupleReader.inlineStart(offset), TupleReader.inlineLength(tuple, offset));
    }

    @Override
    public long lengthBytes(int column) {
        checkByteString(column);
        int offset = offset(column);
        if (offset < 0) {
            return 0;
        }
        return TupleReader.isBig(tuple, offset)
                ? TupleReader.bigLength(tuple, offset)
                : TupleReader.inlineLength(tuple, offset);
    }

    @Override
    public long xmin() {
        return TupleReader.xmin(tuple, 0);
    }

    @Override
    public long xmax() {
        boolean none = (TupleReader.flags(tuple, 0) & TupleLayout.XMAX_ABORTED) != 0;
        return none ? Xid.NONE : TupleReader.xmax(tuple, 0);
    }

    @Override
    public String ctid() {
        return Tid.toString(tid);
    }

    @Override
    public String toString() {
        StringBuilder text = new StringBuilder("(");
        for (int i = 0; i < schema().columns().size(); i++) {
            text.append(i == 0 ? "" : ", ");
            int offset = offset(i);
            boolean big = offset >= 0
                    && table.descriptor().kind(i).ordinal() > ColumnType.Kind.DOUBLE.ordinal()
                    && kind(i) != ColumnType.Kind.TIMESTAMPTZ
                    && TupleReader.isBig(tuple, offset);
            text.append(
                    offset < 0
                            ? "null"
                            : big ? TupleReader.bigLength(tuple, offset) + " bytes" : Values.text(value(i)));
        }
        return text.append(')').toString();
    }

    private ColumnType.Kind kind(int column) {
        checkColumn(column);
        return table.descriptor().kind(column);
    }

    private int offset(int column) {
        checkColumn(column);
        return TupleReader.attributeOffset(table.descriptor(), tuple, 0, column);
    }

    private void checkColumn(int column) {
        if (column < 0 || column >= table.descriptor().columnCount()) {
            throw new UsageException(
                    SqlState.UNDEFINED_COLUMN,
                    "column number " + column + " does not exist",
                    "table=" + table.name() + " columns=" + table.descriptor().columnCount());
        }
    }

    private void checkKind(int column, String wanted, ColumnType.Kind expected) {
        if (kind(column) != expected) {
            throw mismatch(column, wanted);
        }
    }

    private void checkByteString(int column) {
        switch (kind(column)) {
            case TEXT, VARCHAR, BYTEA -> {}
            default -> throw mismatch(column, "text or bytea");
        }
    }

    private long fixed(int column, String wanted, ColumnType.Kind expected) {
        checkKind(column, wanted, expected);
        return bits(column);
    }

    private long bits(int column) {
        int offset = TupleReader.attributeOffset(table.descriptor(), tuple, 0, column);
        if (offset < 0) {
            throw new UsageException(
                    SqlState.INVALID_PARAMETER_VALUE,
                    "column \"" + table.descriptor().column(column).name() + "\" is NULL",
                    null,
                    "Ask isNull first, or use value().",
                    null);
        }
        return TupleReader.fixedBits(table.descriptor(), tuple, offset, column);
    }

    private UsageException mismatch(int column, String wanted) {
        return new UsageException(
                SqlState.DATATYPE_MISMATCH,
                "column \"" + table.descriptor().column(column).name() + "\" is of type "
                        + table.descriptor().column(column).type().sqlName() + ", not " + wanted);
    }

    private byte[] readBig(int offset) {
        try (InputStream value = openBig(offset)) {
            return value.readAllBytes();
        } catch (IOException e) {
            throw new StoppedException(SqlState.IO_ERROR, "could not read a big value", null, null, e);
        }
    }

    private InputStream openBig(int offset) {
        return new BigValueStream(
                transaction,
                table.heap()
                        .bigValues()
                        .open(TupleReader.bigFirstBlock(tuple, offset), TupleReader.bigLength(tuple, offset)));
    }
}
