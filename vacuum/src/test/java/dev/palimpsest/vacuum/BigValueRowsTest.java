package dev.palimpsest.vacuum;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.AutovacuumOptions;
import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.DatabaseOptions;
import dev.palimpsest.api.IsolationLevel;
import dev.palimpsest.api.OnConflict;
import dev.palimpsest.api.Row;
import dev.palimpsest.api.RowStream;
import dev.palimpsest.api.Scan;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.TransactionOptions;
import dev.palimpsest.api.TupleVersion;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Big values of rows that their transaction holds longer than the snapshot that showed them. */
class BigValueRowsTest {
    private static final int BYTES = 100_000;

    private static byte[] bytes(int fill) {
        byte[] value = new byte[BYTES];
        Arrays.fill(value, (byte) fill);
        return value;
    }

    /** At READ COMMITTED each statement's snapshot ends with it, but a row's values may be asked for as long as the transaction is open. */
    @Test
    void shouldReadValuesOfRowsAfterTheirStatement() {
        try (Database db = Database.openInMemory(DatabaseOptions.DEFAULT.withAutovacuum(AutovacuumOptions.OFF))) {
            db.transact(tx -> {
                tx.createTable(TableSchema.named("t")
                        .column("id", ColumnType.BIGINT)
                        .column("v", ColumnType.BYTEA)
                        .primaryKey("id")
                        .build());
                db.table("t").insert(tx, 1L, bytes(1));
                return null;
            });
            try (Transaction tx = db.begin()) {
                Row got = db.table("t").get(tx, 1L);
                Row streamed;
                try (RowStream stream = db.table("t").scan(tx, Scan.all())) {
                    streamed = stream.next();
                }
                long freed = 0;
                for (int i = 2; i < 6; i++) {
                    int fill = i;
                    db.transact(other -> db.table("t").update(other, 1L, row -> row.set(1, bytes(fill))));
                    freed += db.vacuum("t").get(0).bigValuePagesFreed();
                }
                assertArrayEquals(bytes(1), got.bytesValue(1));
                assertArrayEquals(bytes(1), streamed.bytesValue(1));
                assertEquals(0, freed, "pages that it may still read");
                tx.rollback();
            }
            assertTrue(db.vacuum("t").get(0).bigValuePagesFreed() > 0, "when it has ended, they are free");
        }
    }

    /** A stream reads ahead, and with the last row in hand its snapshot ends: the rows that it still has to give are nobody's then. */
    @Test
    void shouldReadValuesOfRowsThatAStreamHasAtHand() {
        try (Database db = withRows(3);
                Transaction tx = db.begin();
                RowStream stream = db.table("t").scan(tx, Scan.all())) {
            assertArrayEquals(bytes(1), stream.next().bytesValue(1));
            assertArrayEquals(
                    bytes(2), stream.next().bytesValue(1)); // it has the third one now, and that it is the last
            replaceAndVacuum(db, 3);
            assertArrayEquals(bytes(3), stream.next().bytesValue(1));
            tx.rollback();
        }
    }

    /** Looking inside shows versions that no snapshot needs; also at REPEATABLE READ their values stay until the transaction's end. */
    @Test
    void shouldReadValuesOfVersionsThatNobodyNeeds() {
        try (Database db = withRows(1)) {
            db.transact(other -> db.table("t").update(other, 1L, row -> row.set(1, bytes(2))));
            try (Transaction tx = db.begin(TransactionOptions.DEFAULT.withIsolation(IsolationLevel.REPEATABLE_READ))) {
                List<TupleVersion> versions = db.versions(tx, "t").stream()
                        .filter(version -> version.row() != null)
                        .toList();
                assertEquals(2, versions.size());
                replaceAndVacuum(db, 1);
                for (TupleVersion version : versions) {
                    byte[] value = version.row().bytesValue(1);
                    assertArrayEquals(bytes(value[0]), value);
                    assertTrue(value[0] == 1 || value[0] == 2);
                }
                tx.rollback();
            }
        }
    }

    /** What stands in an upsert's way is looked at without a snapshot, its keys too, and they may be big values. */
    @Test
    void shouldKeepValuesOfRowsInAnUpsertsWay() {
        try (Database db = withRows(1)) {
            try (Transaction tx = db.begin()) {
                assertFalse(db.table("t").insert(tx, OnConflict.doNothing("id"), new Object[] {1L, new byte[] {0}}));
                db.transact(other -> db.table("t").delete(other, 1L));
                assertEquals(0, vacuumTwice(db));
                tx.rollback();
            }
            assertTrue(vacuumTwice(db) > 0);
        }
    }

    private static Database withRows(int count) {
        Database db = Database.openInMemory(DatabaseOptions.DEFAULT.withAutovacuum(AutovacuumOptions.OFF));
        db.transact(tx -> {
            tx.createTable(TableSchema.named("t")
                    .column("id", ColumnType.BIGINT)
                    .column("v", ColumnType.BYTEA)
                    .primaryKey("id")
                    .build());
            for (long id = 1; id <= count; id++) {
                db.table("t").insert(tx, id, bytes((int) id));
            }
            return null;
        });
        return db;
    }

    /** Room that is given back is taken again. */
    private static void replaceAndVacuum(Database db, long id) {
        for (int i = 0; i < 4; i++) {
            int fill = 10 + i;
            db.transact(other -> db.table("t").update(other, id, row -> row.set(1, bytes(fill))));
            vacuumTwice(db);
        }
    }

    private static long vacuumTwice(Database db) {
        return db.vacuum("t").get(0).bigValuePagesFreed()
                + db.vacuum("t").get(0).bigValuePagesFreed();
    }
}
