package dev.palimpsest.table;

import dev.palimpsest.api.Column;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.UsageException;
import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.tuple.Datums;

/** Values that no caller gave, and NOT NULL. Stateless. */
final class Defaults {
    private Defaults() {}

    /** The column's default as a value of its Java class; null for none. Takes a number from an identity column's sequence. */
    static Object of(UserTransaction t, TableInfo table, int column) {
        Column definition = table.descriptor().column(column);
        if (table.sequence(column) != null) {
            return Datums.coerce(definition, table.sequence(column).nextValue());
        }
        Column.DefaultValue value = definition.defaultValue();
        if (value == null) {
            return null;
        }
        return value instanceof Column.Constant constant ? constant.value() : Datums.instant(t.tx().startMicros());
    }

    /** @throws UsageException 23502 if the column is NOT NULL */
    static void checkNull(TableInfo table, int column) {
        Column definition = table.descriptor().column(column);
        if (definition.notNull()) {
            throw new UsageException(
                    SqlState.NOT_NULL_VIOLATION,
                    "null value in column \"" + definition.name() + "\" of relation \"" + table.name()
                            + "\" violates not-null constraint",
                    "table=" + table.name() + " column=" + definition.name());
        }
    }
}
