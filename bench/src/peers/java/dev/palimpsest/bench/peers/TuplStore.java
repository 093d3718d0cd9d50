package dev.palimpsest.bench.peers;

import dev.palimpsest.bench.Mode;
import dev.palimpsest.bench.Store;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.cojen.tupl.Cursor;
import org.cojen.tupl.Database;
import org.cojen.tupl.DatabaseConfig;
import org.cojen.tupl.DurabilityMode;
import org.cojen.tupl.Index;
import org.cojen.tupl.LockMode;
import org.cojen.tupl.Transaction;

/**
 * TuplDB.
 *
 * <ul>
 *   <li>A cache that holds everything, off-heap (direct page access) where the library can.
 *   <li>Point read: an auto-commit {@code load} without a transaction object, which is READ_COMMITTED.
 *   <li>Read-modify-write: UPGRADABLE_READ (Tupl's default) on a cursor, so that the row is locked before it is read
 *       and stored without a second descent; {@code Cursor.commit} stores and commits in one redo record.
 *   <li>No sync: NO_FLUSH, Tupl's weakest mode that still writes a redo log. Durable: SYNC.
 *   <li>Load: a cursor in key order without redo (NO_REDO), then a checkpoint, which forces all.
 *   <li>Checkpoints by size (64 MB of redo) rather than every second, as the other stores do it.
 * </ul>
 */
public final class TuplStore implements Store {
    private static final long CACHE_BYTES = 512L << 20;
    private static final long CHECKPOINT_BYTES = 64L << 20;

    private Database db;
    private Index rows;
    private DurabilityMode durability;

    @Override
    public void open(Path directory, Mode mode) throws IOException {
        durability = mode == Mode.DURABLE ? DurabilityMode.SYNC : DurabilityMode.NO_FLUSH;
        db = Database.open(new DatabaseConfig()
                .baseFile(directory.resolve("db").toFile())
                .minCacheSize(CACHE_BYTES)
                .maxCacheSize(CACHE_BYTES)
                .durabilityMode(durability)
                .lockTimeout(60, TimeUnit.SECONDS)
                .checkpointSizeThreshold(CHECKPOINT_BYTES)
                .checkpointDelayThreshold(10, TimeUnit.MINUTES));
        rows = db.openIndex("rows");
    }

    @Override
    public void load(int count) throws IOException {
        Transaction transaction = db.newTransaction(DurabilityMode.NO_REDO);
        transaction.lockMode(LockMode.UNSAFE); // the table is not in use yet: no row locks, no undo
        Cursor cursor = rows.newCursor(transaction);
        try {
            cursor.autoload(false);
            for (long k = 0; k < count; k++) {
                byte[] key = new byte[Long.BYTES];
                byte[] value = new byte[RowBytes.LENGTH];
                RowBytes.putLong(key, 0, k);
                RowBytes.fill(k, value);
                cursor.findNearby(key);
                cursor.store(value);
            }
        } finally {
            cursor.reset();
            transaction.reset();
        }
        db.checkpoint();
    }

    @Override
    public Worker worker() {
        return new TuplWorker();
    }

    @Override
    public void close() throws IOException {
        db.checkpoint();
        db.close();
    }

    private final class TuplWorker implements Worker {
        private final byte[] key = new byte[Long.BYTES];
        private final Transaction transaction = db.newTransaction(durability);

        /** Keeps the compiler from dropping the columns that aren't summed up. */
        @SuppressWarnings("unused")
        private long sink;

        @Override
        public long read(long k) throws IOException {
            RowBytes.putLong(key, 0, k);
            return RowBytes.read(k, rows.load(null, key));
        }

        @Override
        public void add(long k, long delta) throws IOException {
            byte[] ownKey = new byte[Long.BYTES]; // the cursor and the lock keep it
            RowBytes.putLong(ownKey, 0, k);
            Cursor cursor = rows.newCursor(transaction);
            try {
                cursor.find(ownKey);
                byte[] value = cursor.value();
                RowBytes.add(value, delta);
                cursor.commit(value);
            } finally {
                cursor.reset();
                transaction.reset();
            }
        }

        @Override
        public long scan() throws IOException {
            long sum = 0;
            long others = 0;
            Transaction reader = db.newTransaction();
            reader.lockMode(LockMode.READ_COMMITTED); // REPEATABLE_READ would lock every row
            Cursor cursor = rows.newCursor(reader);
            try {
                for (cursor.first(); cursor.key() != null; cursor.next()) {
                    byte[] value = cursor.value();
                    others += RowBytes.getLong(cursor.key(), 0) + value[RowBytes.FILLER];
                    sum += RowBytes.getLong(value, RowBytes.BALANCE);
                }
            } finally {
                cursor.reset();
                reader.reset();
            }
            sink = others;
            return sum;
        }

        @Override
        public void close() throws IOException {
            transaction.reset();
        }
    }
}
