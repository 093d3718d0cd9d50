package dev.palimpsest.table;

import dev.palimpsest.api.IndexSchema;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.UsageException;
import dev.palimpsest.catalog.DdlTransaction;
import dev.palimpsest.catalog.Dependent;
import dev.palimpsest.catalog.IndexInfo;
import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.lock.LockMode;
import java.util.List;

/** CREATE INDEX and DROP INDEX. Stateless. */
final class IndexDefinition {
    private IndexDefinition() {}

    static String create(UserTransaction t, IndexSchema schema) {
        DdlTransaction ddl = t.ddl();
        TableInfo table = ddl.view().table(schema.table());
        if (table == null) {
            throw new UsageException(SqlState.UNDEFINED_TABLE, "relation \"" + schema.table() + "\" does not exist");
        }
        TableDefinition.checkUserTable(table);
        TableDefinition.checkUnread(t, table, "CREATE INDEX");
        t.lock(table, LockMode.SHARE); // no writer from here on until the index is found by all
        IndexInfo index = ddl.createIndex(table, schema);
        TableInfo withIndex = t.catalog().table(schema.table());
        new IndexBuild(t, withIndex, index).run();
        t.tx().nextCommand();
        return index.name();
    }

    static void drop(UserTransaction t, String name) {
        DdlTransaction ddl = t.ddl();
        IndexInfo index = ddl.view().index(name);
        if (index == null) {
            throw ddl.view().isTaken(name)
                    ? new UsageException(SqlState.WRONG_OBJECT_TYPE, "\"" + name + "\" is not an index")
                    : new UsageException(SqlState.UNDEFINED_OBJECT, "index \"" + name + "\" does not exist");
        }
        if (index.constraint()) {
            throw new UsageException(
                    SqlState.DEPENDENT_OBJECTS_STILL_EXIST,
                    "cannot drop index " + name + " because constraint " + name + " on table "
                            + index.schema().table() + " requires it");
        }
        List<Dependent> dependents = Dependent.ofIndex(ddl.view(), index);
        if (!dependents.isEmpty()) {
            throw Dependent.refusal("index " + name, dependents);
        }
        TableInfo table = ddl.view().table(index.schema().table());
        TableDefinition.checkUnread(t, table, "DROP INDEX");
        t.lock(table, LockMode.ACCESS_EXCLUSIVE);
        ddl.dropIndex(index);
    }
}
