package dev.palimpsest.catalog;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.LockInfo;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.UsageException;
import java.nio.file.Path;
import java.util.Collections;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Storage parameters: PostgreSQL's bounds and messages; stored with the table, changed in transactions. */
class StorageParametersTest {
    @TempDir
    Path directory;

    private static TableSchema.Builder table() {
        return TableSchema.named("t").column("id", ColumnType.BIGINT).primaryKey("id");
    }

    private static Map<String, String> parameters(Database db) {
        return db.read(tx -> tx.tableSchema("t").storageParameters());
    }

    private static void alter(Database db, Map<String, String> changes) {
        db.transact(tx -> {
            tx.alterTable("t", changes);
            return null;
        });
    }

    @Test
    void shouldKeepParametersOverReopening() {
        try (Database db = Database.open(directory)) {
            db.transact(tx -> {
                tx.createTable(table().storageParameter("autovacuum_enabled", "off")
                        .storageParameter("autovacuum_vacuum_scale_factor", "0.05")
                        .build());
                return null;
            });
            alter(db, Map.of("autovacuum_vacuum_threshold", "7"));
        }
        try (Database db = Database.open(directory)) {
            assertEquals(
                    Map.of(
                            "autovacuum_enabled", "off",
                            "autovacuum_vacuum_scale_factor", "0.05",
                            "autovacuum_vacuum_threshold", "7"),
                    parameters(db));
            Map<String, String> reset = new HashMap<>();
            reset.put("autovacuum_enabled", null);
            reset.put("autovacuum_vacuum_cost_limit", null); // wasn't set
            reset.put("autovacuum_vacuum_threshold", "8");
            alter(db, reset);
            assertEquals(
                    Map.of("autovacuum_vacuum_scale_factor", "0.05", "autovacuum_vacuum_threshold", "8"),
                    parameters(db));
        }
    }

    @Test
    void shouldForgetWhatIsRolledBack() {
        try (Database db = Database.openInMemory()) {
            db.transact(tx -> {
                tx.createTable(table().build());
                return null;
            });
            try (Transaction tx = db.begin()) {
                tx.alterTable("t", Map.of("fillfactor", "50"));
                assertEquals(Map.of("fillfactor", "50"), tx.tableSchema("t").storageParameters());
                assertEquals(Map.of(), parameters(db));
            }
            assertEquals(Map.of(), parameters(db));
        }
    }

    @Test
    void shouldLetWritersGoOn() {
        try (Database db = Database.openInMemory()) {
            db.transact(tx -> {
                tx.createTable(table().build());
                return null;
            });
            try (Transaction writer = db.begin();
                    Transaction tx = db.begin()) {
                db.table("t").insert(writer, 1L);
                tx.alterTable("t", Map.of("fillfactor", "50"));
                assertEquals(
                        1,
                        db.locks().stream()
                                .filter(lock -> "ShareUpdateExclusiveLock".equals(modeOf(lock)))
                                .count(),
                        () -> "" + db.locks());
                db.table("t").insert(writer, 2L);
                tx.commit();
                db.table("t").insert(writer, 3L);
                writer.commit();
            }
        }
    }

    private static String modeOf(LockInfo lock) {
        return String.valueOf(lock.mode());
    }

    @Test
    void shouldRefuseWithPostgresMessages() {
        expect("unrecognized parameter \"x\"", null, "x", "1");
        expect(
                "value 9 out of bounds for option \"fillfactor\"",
                "Valid values are between \"10\" and \"100\".",
                "fillfactor",
                "9");
        expect(
                "value -0.5 out of bounds for option \"autovacuum_vacuum_scale_factor\"",
                "Valid values are between \"0.000000\" and \"100.000000\".",
                "autovacuum_vacuum_scale_factor",
                "-0.5");
        expect(
                "invalid value for integer option \"autovacuum_vacuum_threshold\": many",
                null,
                "autovacuum_vacuum_threshold",
                "many");
        expect(
                "invalid value for floating point option \"autovacuum_vacuum_cost_delay\": NaN",
                null,
                "autovacuum_vacuum_cost_delay",
                "NaN");
        expect("invalid value for boolean option \"autovacuum_enabled\": o", null, "autovacuum_enabled", "o");
        expect(
                "invalid value for enum option \"vacuum_index_cleanup\": never",
                "Valid values are \"on\", \"off\", and \"auto\".",
                "vacuum_index_cleanup",
                "never");
        assertEquals(
                Map.of(),
                StorageParameters.NONE.with(Collections.singletonMap("x", null)).texts());
    }

    private static void expect(String message, String detail, String name, String value) {
        UsageException e = assertThrows(UsageException.class, () -> StorageParameters.of(Map.of(name, value)));
        assertEquals("22023", e.sqlState().code());
        assertEquals(message, e.getMessage());
        assertEquals(detail, e.detail());
    }

    @Test
    void shouldReadValuesAsPostgresDoes() {
        StorageParameters set = StorageParameters.of(Map.of(
                "autovacuum_enabled", "OF",
                "vacuum_truncate", "t",
                "autovacuum_vacuum_threshold", " 10.4 ",
                "autovacuum_vacuum_scale_factor", "1e-1",
                "vacuum_index_cleanup", "Auto"));
        assertEquals(false, set.flag("autovacuum_enabled"));
        assertEquals(true, set.flag("vacuum_truncate"));
        assertEquals(10, set.integer("autovacuum_vacuum_threshold"));
        assertEquals(0.1, set.real("autovacuum_vacuum_scale_factor"));
        assertNull(set.indexCleanup());
        assertNull(set.integer("autovacuum_vacuum_cost_limit"));
        assertEquals(set.texts(), StorageParameters.parse(set.stored()).texts());
    }
}
