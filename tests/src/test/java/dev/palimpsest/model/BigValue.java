package dev.palimpsest.model;

import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.DatabaseOptions;
import dev.palimpsest.api.Row;
import dev.palimpsest.api.TableSchema;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;

/** The child of {@link BigValueTest}: a value larger than the Java heap goes in and comes out as a stream. */
final class BigValue {
    private static final long BYTES = 50L << 20;
    private static final DatabaseOptions OPTIONS = DatabaseOptions.DEFAULT
            .withBufferPoolBytes(4 << 20)
            .withWalBufferBytes(1 << 20)
            .withCheckpointWalBytes(32 << 20);

    private BigValue() {}

    /** Bytes that repeat nowhere soon. Not thread-safe. */
    private static final class Generated extends InputStream {
        private long position;

        @Override
        public int read() {
            return position == BYTES ? -1 : (int) (position++ * 0x9E3779B97F4A7C15L >>> 56);
        }

        @Override
        public int read(byte[] into, int offset, int length) {
            if (position == BYTES) {
                return -1;
            }
            int count = (int) Math.min(length, BYTES - position);
            for (int i = 0; i < count; i++) {
                into[offset + i] = (byte) read();
            }
            return count;
        }
    }

    public static void main(String[] arguments) {
        Path directory = Path.of(arguments[0]);
        CheckedInputStream in = new CheckedInputStream(new Generated(), new CRC32());
        try (Database db = Database.open(directory, OPTIONS)) {
            db.transact(tx -> {
                tx.createTable(TableSchema.named("big")
                        .column("id", ColumnType.BIGINT)
                        .column("value", ColumnType.BYTEA)
                        .primaryKey("id")
                        .build());
                db.table("big").insert(tx, 1L, in);
                return null;
            });
            verify(db, in.getChecksum().getValue());
        }
        try (Database db = Database.open(directory, OPTIONS)) {
            verify(db, in.getChecksum().getValue());
        }
        System.out.println("bytes=" + BYTES);
    }

    private static void verify(Database db, long checksum) {
        db.read(tx -> {
            Row row = db.table("big").get(tx, 1L);
            if (row.lengthBytes(1) != BYTES) {
                throw new AssertionError("length=" + row.lengthBytes(1));
            }
            try (CheckedInputStream out = new CheckedInputStream(row.stream("value"), new CRC32())) {
                byte[] buffer = new byte[64 << 10];
                long total = 0;
                for (int count = out.read(buffer); count >= 0; count = out.read(buffer)) {
                    total += count;
                }
                if (total != BYTES || out.getChecksum().getValue() != checksum) {
                    throw new AssertionError(
                            "total=" + total + " crc=" + out.getChecksum().getValue());
                }
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
            return null;
        });
    }
}
