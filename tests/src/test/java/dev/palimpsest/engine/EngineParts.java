package dev.palimpsest.engine;

import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.table.TableEngine;
import dev.palimpsest.tx.TransactionManager;

/** What tests look at inside an open engine. Stateless. */
public final class EngineParts {
    private EngineParts() {}

    public static TransactionManager transactions(EngineDatabase db) {
        return db.parts().transactions();
    }

    public static TableEngine tables(EngineDatabase db) {
        return db.parts().tables();
    }

    /** A table as the catalog shows it now. */
    public static TableInfo table(EngineDatabase db, String name) {
        return db.parts().tables().currentCatalog().table(name);
    }
}
