package dev.palimpsest.table;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.EngineException;
import dev.palimpsest.api.IndexSchema;
import dev.palimpsest.api.RowStream;
import dev.palimpsest.api.Scan;
import dev.palimpsest.api.Table;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.TransactionOptions;
import dev.palimpsest.api.UsageException;
import java.nio.file.Path;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Reading by an index that is newer than the snapshot: sorted in memory, up to a limit. */
class OldSnapshotSortTest {
    private static final int ROW_BYTES = 1_800;
    private static final long ROWS = RowSource.MAX_SORTED_BYTES / ROW_BYTES + 1;

    @TempDir
    Path directory;

    @Test
    void shouldSortNoMoreThanTheLimitInMemory() {
        try (Database db = Database.open(directory)) {
            db.transact(tx -> {
                tx.createTable(TableSchema.named("t")
                        .column("id", ColumnType.BIGINT)
                        .column("k", ColumnType.BIGINT)
                        .column("filling", ColumnType.BYTEA)
                        .primaryKey("id")
                        .build());
                tx.createTable(TableSchema.named("other")
                        .column("id", ColumnType.BIGINT)
                        .primaryKey("id")
                        .build());
                return null;
            });
            Table table = db.table("t");
            byte[] filling = new byte[ROW_BYTES];
            db.transact(tx -> table.insertAll(
                    tx,
                    LongStream.range(0, ROWS)
                            .mapToObj(id -> new Object[] {id, ROWS - id, filling})
                            .iterator()));
            try (Transaction old = db.begin(TransactionOptions.READ_ONLY)) {
                db.table("other").get(old, 1L); // takes the snapshot, locks nothing of t
                db.transact(tx -> tx.createIndex(IndexSchema.on("t", "k").named("t_k")));
                EngineException e = Expect.error("53400", () -> count(table, old, Scan.index("t_k")));
                assertEquals(UsageException.class, e.getClass());
                assertTrue(e.hint().startsWith("Begin a newer transaction"), e.hint());
            }
            try (Transaction old = db.begin(TransactionOptions.READ_ONLY)) {
                db.table("other").get(old, 1L);
                db.transact(tx -> tx.createIndex(IndexSchema.on("t", "k").named("t_k2")));
                assertEquals(100, count(table, old, Scan.index("t_k2").to(100L)));
                assertEquals(ROWS, count(table, old, Scan.all()));
            }
            assertEquals(ROWS, (long) db.read(tx -> count(table, tx, Scan.index("t_k2"))));
        }
    }

    private static long count(Table table, Transaction tx, Scan scan) {
        try (RowStream rows = table.scan(tx, scan)) {
            return rows.stream().count();
        }
    }
}
