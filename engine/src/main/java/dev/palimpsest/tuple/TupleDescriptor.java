package dev.palimpsest.tuple;

import dev.palimpsest.api.Column;
import dev.palimpsest.api.ColumnType;
import java.util.List;

/** What form and deform need to know of a table's columns. Immutable, thread-safe. */
public final class TupleDescriptor {
    private final Column[] columns;
    private final ColumnType.Kind[] kinds;
    private final int[] widths;

    /** For each column its offset from the attributes' start if every column before it has a fixed width; else -1. */
    private final int[] fixedOffsets;

    public TupleDescriptor(List<Column> columns) {
        this.columns = columns.toArray(Column[]::new);
        int n = this.columns.length;
        kinds = new ColumnType.Kind[n];
        widths = new int[n];
        fixedOffsets = new int[n];
        int offset = 0;
        for (int i = 0; i < n; i++) {
            kinds[i] = this.columns[i].type().kind();
            widths[i] = width(kinds[i]);
            fixedOffsets[i] = offset;
            offset = offset < 0 || widths[i] < 0 ? -1 : offset + widths[i];
        }
    }

    public int columnCount() {
        return columns.length;
    }

    public Column column(int index) {
        return columns[index];
    }

    public ColumnType.Kind kind(int index) {
        return kinds[index];
    }

    /** Bytes of a fixed-width column, -1 for one with a length. */
    int width(int index) {
        return widths[index];
    }

    int fixedOffset(int index) {
        return fixedOffsets[index];
    }

    private static int width(ColumnType.Kind kind) {
        return switch (kind) {
            case BOOLEAN -> 1;
            case SMALLINT -> Short.BYTES;
            case INTEGER -> Integer.BYTES;
            case BIGINT, DOUBLE, TIMESTAMPTZ -> Long.BYTES;
            case NUMERIC, TEXT, VARCHAR, BYTEA -> -1;
        };
    }
}
