package dev.palimpsest.table;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.EngineException;
import dev.palimpsest.api.Table;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.UsageException;
import dev.palimpsest.inspect.CheckProgress;
import dev.palimpsest.inspect.InspectableDatabase;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Values whose sources fail: that is the caller's matter, and the database goes on. */
class FailingStreamsTest {
    /** In the row's part, in the first page, at a page's end, some pages later. */
    @ParameterizedTest
    @ValueSource(ints = {0, 1_000, 2_000, 5_000, 8_152, 50_000})
    void shouldFailOnlyTheStatementWhoseSourceFails(int after) {
        try (Database db = Database.openInMemory()) {
            db.transact(tx -> {
                tx.createTable(TableSchema.named("t")
                        .column("id", ColumnType.BIGINT)
                        .column("photo", ColumnType.BYTEA)
                        .primaryKey("id")
                        .build());
                return null;
            });
            Table table = db.table("t");
            IOException cause = new IOException("connection reset");
            try (Transaction tx = db.begin()) {
                table.insert(tx, 1L, new byte[1]);
                EngineException e = Expect.error(
                        "22023",
                        "could not read the stream with the value of column \"photo\"",
                        () -> table.insert(tx, 2L, new Source(after, cause)));
                assertInstanceOf(UsageException.class, e);
                assertSame(cause, e.getCause());
                Expect.error("25P02", () -> table.get(tx, 1L));
            }
            db.transact(tx -> {
                table.insert(tx, 1L, new byte[100_000]);
                return null;
            });
            EngineException e = Expect.error(
                    "22023",
                    () -> db.transact(tx -> table.update(tx, 1L, c -> c.set("photo", new Source(after, cause)))));
            assertSame(cause, e.getCause());
            assertEquals(100_000, (int) db.read(tx -> table.get(tx, 1L).bytesValue(1).length));
            assertNull(db.read(tx -> table.get(tx, 2L)));
            assertEquals(List.of(), ((InspectableDatabase) db).check(CheckProgress.NONE));
        }
    }

    private static final class Source extends InputStream {
        private final IOException failure;
        private int left;

        Source(int bytes, IOException failure) {
            left = bytes;
            this.failure = failure;
        }

        @Override
        public int read() throws IOException {
            if (left == 0) {
                throw failure;
            }
            left--;
            return 1;
        }
    }
}
