package dev.palimpsest.table;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.UsageException;
import dev.palimpsest.catalog.DdlTransaction;
import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.lock.LockMode;

/** CREATE TABLE and DROP TABLE: the locks around the catalog's changes. Stateless. */
final class TableDefinition {
    private TableDefinition() {}

    static void create(UserTransaction t, TableSchema schema) {
        int oid = t.ddl().createTable(schema);
        TableInfo table = t.catalog().table(schema.name());
        assert table.oid() == oid;
        t.lock(table, LockMode.ACCESS_EXCLUSIVE);
    }

    static void drop(UserTransaction t, String name) {
        DdlTransaction ddl = t.ddl();
        TableInfo table = ddl.view().table(name);
        if (table == null) {
            throw ddl.view().isTaken(name)
                    ? new UsageException(SqlState.WRONG_OBJECT_TYPE, "\"" + name + "\" is not a table")
                    : new UsageException(SqlState.UNDEFINED_TABLE, "table \"" + name + "\" does not exist");
        }
        checkUserTable(table);
        checkUnread(t, table, "DROP TABLE");
        t.lock(table, LockMode.ACCESS_EXCLUSIVE); // under the catalog lock nobody else can drop it meanwhile
        ddl.dropTable(table);
    }

    static void checkUserTable(TableInfo table) {
        if (table.isSystem()) {
            throw new UsageException(SqlState.WRONG_OBJECT_TYPE, "\"" + table.name() + "\" is a system catalog");
        }
    }

    /** The lock doesn't keep the transaction's own streams out. */
    static void checkUnread(UserTransaction t, TableInfo table, String command) {
        if (t.isReading(table)) {
            throw new UsageException(
                    SqlState.OBJECT_IN_USE,
                    "cannot " + command + " \"" + table.name()
                            + "\" because it is being used by active queries in this session");
        }
    }
}
