package dev.palimpsest.table;

import dev.palimpsest.api.ForeignKey;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.UsageException;
import dev.palimpsest.catalog.CatalogSnapshot;
import dev.palimpsest.catalog.DdlTransaction;
import dev.palimpsest.catalog.Dependent;
import dev.palimpsest.catalog.ForeignKeyInfo;
import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.lock.LockMode;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** CREATE TABLE and DROP TABLE: the locks around the catalog's changes. Stateless. */
final class TableDefinition {
    private TableDefinition() {}

    static void create(UserTransaction t, TableSchema schema) {
        lockReferenced(t, schema);
        int oid = t.ddl().createTable(schema);
        TableInfo table = t.catalog().table(schema.name());
        assert table.oid() == oid;
        t.lock(table, LockMode.ACCESS_EXCLUSIVE);
    }

    /**
     * ALTER TABLE … SET and RESET of storage parameters. They say nothing about rows, so those who read and write the table may go on with
     * the reading of the catalog that they have.
     */
    static void setStorageParameters(UserTransaction t, String name, Map<String, String> changes) {
        DdlTransaction ddl = t.ddl();
        TableInfo table = ddl.view().existingTable(name);
        checkUserTable(table);
        t.lock(table, LockMode.SHARE_UPDATE_EXCLUSIVE); // under the catalog lock nobody else can change it meanwhile
        ddl.setStorageParameters(table, table.storageParameters().with(changes));
    }

    /** No writer of a referenced table from here on until all find the foreign key. */
    private static void lockReferenced(UserTransaction t, TableSchema schema) {
        for (ForeignKey key : schema.foreignKeys()) {
            TableInfo referenced = t.ddl().view().table(key.referencedTable());
            if (referenced != null) {
                t.lock(referenced, LockMode.SHARE_ROW_EXCLUSIVE);
            }
        }
    }

    /** @return what went by cascade */
    static List<String> drop(UserTransaction t, List<String> names, boolean cascade) {
        DdlTransaction ddl = t.ddl();
        Map<Integer, TableInfo> tables = new LinkedHashMap<>();
        for (String name : names) {
            TableInfo table = toBeDropped(t, name);
            t.lock(table, LockMode.ACCESS_EXCLUSIVE); // under the catalog lock nobody else can drop it meanwhile
            tables.put(table.oid(), table);
        }
        List<Dependent> dependents = Dependent.ofTables(ddl.view(), tables.values());
        if (!dependents.isEmpty() && !cascade) {
            throw Dependent.refusal(tables.size() == 1 ? "table " + names.get(0) : null, dependents);
        }
        for (Dependent dependent : dependents) {
            t.lock(dependent.table(), LockMode.ACCESS_EXCLUSIVE);
            if (dependent.key() != null) {
                ddl.dropForeignKey(dependent.key());
            } else {
                ddl.dropDefault(dependent.table(), dependent.column());
            }
        }
        for (TableInfo table : tables.values()) {
            for (ForeignKeyInfo key : table.foreignKeys()) {
                // who changes a referenced row looks at this table; he must not do so while it goes
                t.lock(ddl.view().table(key.referencedTable()), LockMode.ACCESS_EXCLUSIVE);
                ddl.dropForeignKey(key);
            }
        }
        tables.values().forEach(ddl::dropTable);
        return dependents.stream().map(Dependent::name).toList();
    }

    private static TableInfo toBeDropped(UserTransaction t, String name) {
        CatalogSnapshot view = t.ddl().view();
        TableInfo table = view.table(UsageException.required(name, "the table's name"));
        if (table == null) {
            throw view.isTaken(name)
                    ? new UsageException(SqlState.WRONG_OBJECT_TYPE, "\"" + name + "\" is not a table")
                    : new UsageException(SqlState.UNDEFINED_TABLE, "table \"" + name + "\" does not exist");
        }
        checkUserTable(table);
        checkUnread(t, table, "DROP TABLE");
        return table;
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
