package dev.palimpsest.sql.plan;

import java.util.List;

/** What a change returns of each row that it wrote or deleted. Immutable. */
public record Returning(List<Bound> outputs, List<ResultColumn> columns) {
    /** Nothing at all: not even that there is a result. */
    public static final Returning NONE = new Returning(List.of(), List.of());

    public boolean isNone() {
        return columns.isEmpty();
    }

    /** The values for one row. */
    public Object[] values(Tuple row) {
        Object[] values = new Object[outputs.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = outputs.get(i).eval(row);
        }
        return values;
    }
}
