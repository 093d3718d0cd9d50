package dev.palimpsest.sql.plan;

import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Row;

/** A stored row as a tuple; columns are deformed when they are asked for. Immutable, as thread-safe as the row. */
public final class RowTuple implements Tuple {
    private final Row row;

    public RowTuple(Row row) {
        this.row = row;
    }

    @Override
    public Object get(int column) {
        switch (column) {
            case CTID:
                return row.ctid();
            case XMIN:
                return row.xmin();
            case XMAX:
                return row.xmax();
            default:
                return value(column);
        }
    }

    private Object value(int column) {
        ColumnType.Kind kind = row.schema().columns().get(column).type().kind();
        switch (kind) {
            case SMALLINT:
            case INTEGER:
            case BIGINT:
                return row.isNull(column) ? null : (Object) row.longValue(column);
            default:
                return row.value(column);
        }
    }
}
