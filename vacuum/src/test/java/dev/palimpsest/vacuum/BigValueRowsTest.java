package dev.palimpsest.vacuum;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.AutovacuumOptions;
import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.DatabaseOptions;
import dev.palimpsest.api.Row;
import dev.palimpsest.api.RowStream;
import dev.palimpsest.api.Scan;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.Transaction;
import java.util.Arrays;
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
}
