package dev.palimpsest.table;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.TableLockMode;
import dev.palimpsest.api.UsageException;
import dev.palimpsest.api.WaitPolicy;
import dev.palimpsest.catalog.CatalogSnapshot;
import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.lock.LockMode;

/** LOCK TABLE. Stateless. */
final class TableLocking {
    private TableLocking() {}

    /** Looked up, locked, and looked up again, like every statement's table. It takes no snapshot, so what follows sees what it waited for. */
    static boolean lock(UserTransaction t, String name, TableLockMode mode, WaitPolicy wait) {
        while (true) {
            CatalogSnapshot catalog = t.catalog();
            TableInfo table = catalog.table(name);
            if (table == null) {
                throw catalog.isTaken(name)
                        ? new UsageException(SqlState.WRONG_OBJECT_TYPE, "cannot lock relation \"" + name + "\"")
                        : new UsageException(SqlState.UNDEFINED_TABLE, "relation \"" + name + "\" does not exist");
            }
            LockMode wanted = LockMode.valueOf(mode.name());
            if (!t.engine().locks().lockRelation(t.tx(), table.oid(), wanted, wait, name)) {
                return false;
            }
            if (t.catalog() == catalog) {
                return true;
            }
        }
    }
}
