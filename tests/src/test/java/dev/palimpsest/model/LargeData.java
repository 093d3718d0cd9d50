package dev.palimpsest.model;

import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.DatabaseOptions;
import dev.palimpsest.api.IndexSchema;
import dev.palimpsest.api.Row;
import dev.palimpsest.api.RowStream;
import dev.palimpsest.api.Scan;
import dev.palimpsest.api.Table;
import dev.palimpsest.api.TableSchema;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.SplittableRandom;
import java.util.stream.LongStream;

/** The child of {@link LargeDataTest}: twenty times as much data as the pool has room for, written, changed, read and read again. */
final class LargeData {
    private static final long POOL_BYTES = 2 << 20;
    private static final int ROW_BYTES = 1_000;
    private static final long ROWS = POOL_BYTES * 20 / ROW_BYTES;
    private static final DatabaseOptions OPTIONS = DatabaseOptions.DEFAULT
            .withBufferPoolBytes(POOL_BYTES)
            .withWalBufferBytes(1 << 20)
            .withCheckpointWalBytes(16 << 20);

    private LargeData() {}

    public static void main(String[] arguments) {
        Path directory = Path.of(arguments[0]);
        try (Database db = Database.open(directory, OPTIONS)) {
            load(db);
            change(db);
            verify(db);
        }
        try (Database db = Database.open(directory, OPTIONS)) {
            verify(db);
        }
        System.out.println("rows=" + ROWS);
    }

    private static void load(Database db) {
        String padding = "d".repeat(ROW_BYTES - 40);
        db.transact(tx -> {
            tx.createTable(TableSchema.named("large")
                    .column("id", ColumnType.BIGINT)
                    .column("value", ColumnType.BIGINT)
                    .column("padding", ColumnType.TEXT)
                    .primaryKey("id")
                    .build());
            tx.createIndex(IndexSchema.on("large", "value").named("large_by_value"));
            Iterator<Object[]> rows = LongStream.range(0, ROWS)
                    .mapToObj(id -> new Object[] {id, id % 1_000, padding})
                    .iterator();
            require(db.table("large").insertAll(tx, rows) == ROWS, "inserted");
            return null;
        });
    }

    private static void change(Database db) {
        Table large = db.table("large");
        long changed = db.transact(tx ->
                large.updateAll(tx, Scan.index("large_by_value").equalTo(7L), change -> change.setLong("value", -7)));
        require(changed == count(7), "changed " + changed);
    }

    private static void verify(Database db) {
        Table large = db.table("large");
        db.read(tx -> {
            long count = 0;
            long ids = 0;
            try (RowStream rows = large.scan(tx, Scan.all())) {
                while (rows.hasNext()) {
                    Row row = rows.next();
                    count++;
                    ids += row.longValue(0);
                }
            }
            require(count == ROWS && ids == ROWS * (ROWS - 1) / 2, "scanned " + count);
            SplittableRandom random = new SplittableRandom(1);
            for (int i = 0; i < 2_000; i++) {
                long id = random.nextLong(ROWS);
                require(large.get(tx, id).longValue(1) == (id % 1_000 == 7 ? -7 : id % 1_000), "row " + id);
            }
            try (RowStream rows = large.scan(tx, Scan.index("large_by_value").equalTo(-7L))) {
                require(rows.stream().count() == count(7), "by index");
            }
            return null;
        });
    }

    private static long count(int remainder) {
        return (ROWS - remainder + 999) / 1_000;
    }

    private static void require(boolean condition, String what) {
        if (!condition) {
            throw new AssertionError(what);
        }
    }
}
