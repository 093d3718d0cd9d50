package dev.palimpsest.retention;

import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.IndexSchema;
import dev.palimpsest.api.RowStream;
import dev.palimpsest.api.Scan;
import dev.palimpsest.api.TableSchema;
import java.util.HashSet;
import java.util.Set;

/** The table whose versions are watched, and the marks by which committed transactions are known after a crash. */
final class RetentionTable {
    static final String NAME = "things";
    static final String MARKS = "marks";
    static final String BY_KEY = NAME + "_pkey";
    static final String BY_GROUP = NAME + "_by_group";

    private RetentionTable() {}

    static boolean exists(Database db) {
        return db.read(tx -> tx.tableSchema(NAME) != null);
    }

    static void create(Database db) {
        db.transact(tx -> {
            tx.createTable(TableSchema.named(NAME)
                    .column("id", ColumnType.BIGINT)
                    .column("v", ColumnType.BIGINT)
                    .notNull()
                    .column("grp", ColumnType.BIGINT)
                    .notNull()
                    .column("pad", ColumnType.TEXT)
                    .primaryKey("id")
                    .build());
            tx.createIndex(IndexSchema.on(NAME, "grp").named(BY_GROUP));
            tx.createTable(TableSchema.named(MARKS)
                    .column("number", ColumnType.BIGINT)
                    .primaryKey("number")
                    .build());
            return null;
        });
    }

    /** The transactions that left their mark. */
    static Set<Long> marks(Database db) {
        return db.read(tx -> {
            Set<Long> marks = new HashSet<>();
            try (RowStream stream = db.table(MARKS).scan(tx, Scan.all())) {
                stream.forEachRemaining(row -> marks.add(row.longValue(0)));
            }
            return marks;
        });
    }
}
