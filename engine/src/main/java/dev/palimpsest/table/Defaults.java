package dev.palimpsest.table;

import dev.palimpsest.api.Column;
import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.tuple.Datums;

/** Values that no caller gave. Stateless. */
final class Defaults {
    private Defaults() {}

    /** The column's default as a value of its Java class; null for none. Takes a number from the column's sequence if it has one. */
    static Object of(UserTransaction t, TableInfo table, int column) {
        Column definition = table.descriptor().column(column);
        if (table.sequence(column) != null) {
            return Datums.coerce(definition, SequenceStatements.take(t, table.sequence(column)));
        }
        Column.DefaultValue value = definition.defaultValue();
        if (value == null) {
            return null;
        }
        return value instanceof Column.Constant constant ? constant.value() : Datums.instant(t.tx().startMicros());
    }
}
