package dev.palimpsest.bench.peers;

import static org.lmdbjava.DbiFlags.MDB_CREATE;
import static org.lmdbjava.DbiFlags.MDB_INTEGERKEY;
import static org.lmdbjava.EnvFlags.MDB_NOMEMINIT;
import static org.lmdbjava.EnvFlags.MDB_NORDAHEAD;
import static org.lmdbjava.EnvFlags.MDB_NOSYNC;
import static org.lmdbjava.EnvFlags.MDB_NOTLS;
import static org.lmdbjava.EnvFlags.MDB_WRITEMAP;
import static org.lmdbjava.PutFlags.MDB_APPEND;

import dev.palimpsest.bench.Mode;
import dev.palimpsest.bench.PinningStore;
import dev.palimpsest.bench.Rows;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.lmdbjava.Cursor;
import org.lmdbjava.Dbi;
import org.lmdbjava.Env;
import org.lmdbjava.EnvFlags;
import org.lmdbjava.Txn;

/**
 * LMDB by lmdbjava.
 *
 * <ul>
 *   <li>MDB_INTEGERKEY: keys compared as native integers, not byte by byte.
 *   <li>One read transaction a worker, reset and renewed for each read: no allocation, no look-up of a reader slot.
 *       MDB_NOTLS ties the slot to the transaction object, so that scans may use another on the same thread.
 *   <li>MDB_NOMEMINIT, MDB_NORDAHEAD: no zeroing and no read-ahead, since all is in memory.
 *   <li>No sync: MDB_NOSYNC with MDB_WRITEMAP, the fastest that LMDB has (a power cut may then corrupt the file).
 *   <li>Durable: LMDB's default, one writer at a time and a force for each commit. It has no group commit, and with
 *       MDB_NOSYNC and an explicit sync shared by many a crash between could break the file, so that isn't it.
 *   <li>Load: MDB_APPEND in one transaction, without sync, then one sync.
 *   <li>lmdbjava's argument checks are off (a system property set by the driver).
 * </ul>
 */
public final class LmdbStore implements PinningStore {
    /** A pinned snapshot makes the file grow by gigabytes: the property then gives it more room. */
    private static final long MAP_BYTES = Long.getLong("bench.lmdb.mapBytes", 1L << 30);

    private static final int READERS = 256;

    private Env<ByteBuffer> env;
    private Dbi<ByteBuffer> rows;

    @Override
    public void open(Path directory, Mode mode) {
        List<EnvFlags> flags = new ArrayList<>(List.of(MDB_NOTLS, MDB_NOMEMINIT, MDB_NORDAHEAD));
        if (mode == Mode.NO_SYNC) {
            flags.addAll(List.of(MDB_NOSYNC, MDB_WRITEMAP));
        }
        env = Env.create()
                .setMapSize(MAP_BYTES)
                .setMaxDbs(1)
                .setMaxReaders(READERS)
                .open(directory.toFile(), flags.toArray(EnvFlags[]::new));
        rows = env.openDbi("rows", MDB_CREATE, MDB_INTEGERKEY);
    }

    @Override
    public void load(int count) {
        ByteBuffer key = buffer(Long.BYTES);
        ByteBuffer value = buffer(RowBytes.LENGTH);
        byte[] bytes = new byte[RowBytes.LENGTH];
        try (Txn<ByteBuffer> txn = env.txnWrite()) {
            try (Cursor<ByteBuffer> cursor = rows.openCursor(txn)) {
                for (long k = 0; k < count; k++) {
                    Rows.fill(k, bytes, RowBytes.FILLER);
                    value.put(0, bytes).putLong(RowBytes.BALANCE, Rows.INITIAL_BALANCE);
                    cursor.put(key.putLong(0, k), value, MDB_APPEND);
                }
            }
            txn.commit();
        }
        env.sync(true);
    }

    @Override
    public Worker worker() {
        return new LmdbWorker();
    }

    @Override
    public void close() {
        env.sync(true);
        env.close();
    }

    /** A read transaction that stays open. */
    @Override
    public Pin pin() {
        LmdbWorker reader = new LmdbWorker();
        Txn<ByteBuffer> txn = env.txnRead();
        return new Pin() {
            @Override
            public long sum() {
                return reader.scan(txn);
            }

            @Override
            public void close() {
                txn.close();
                reader.close();
            }
        };
    }

    private static ByteBuffer buffer(int length) {
        return ByteBuffer.allocateDirect(length).order(ByteOrder.nativeOrder());
    }

    private final class LmdbWorker implements Worker {
        private final ByteBuffer key = buffer(Long.BYTES);
        private final ByteBuffer value = buffer(RowBytes.LENGTH);
        private final byte[] filler = new byte[Rows.FILLER_BYTES];
        private Txn<ByteBuffer> reader;

        /** Keeps the compiler from dropping the columns that aren't summed up. */
        @SuppressWarnings("unused")
        private long sink;

        @Override
        public long read(long k) {
            if (reader == null) {
                reader = env.txnRead();
            } else {
                reader.renew();
            }
            ByteBuffer found = rows.get(reader, key.putLong(0, k));
            long result = take(found, k);
            reader.reset();
            return result;
        }

        @Override
        public void add(long k, long delta) {
            try (Txn<ByteBuffer> txn = env.txnWrite()) {
                ByteBuffer found = rows.get(txn, key.putLong(0, k));
                found.order(ByteOrder.nativeOrder());
                value.put(0, found, 0, RowBytes.LENGTH);
                value.putLong(RowBytes.BALANCE, value.getLong(RowBytes.BALANCE) + delta);
                rows.put(txn, key, value);
                txn.commit();
            }
        }

        @Override
        public long scan() {
            try (Txn<ByteBuffer> txn = env.txnRead()) {
                return scan(txn);
            }
        }

        private long scan(Txn<ByteBuffer> txn) {
            long sum = 0;
            long others = 0;
            try (Cursor<ByteBuffer> cursor = rows.openCursor(txn)) {
                for (boolean more = cursor.first(); more; more = cursor.next()) {
                    ByteBuffer found = cursor.val();
                    found.order(ByteOrder.nativeOrder());
                    found.get(RowBytes.FILLER, filler);
                    others += cursor.key().order(ByteOrder.nativeOrder()).getLong(0) + filler[0];
                    sum += found.getLong(RowBytes.BALANCE);
                }
            }
            sink = others;
            return sum;
        }

        private long take(ByteBuffer found, long k) {
            found.order(ByteOrder.nativeOrder());
            found.get(RowBytes.FILLER, filler);
            return found.getLong(RowBytes.BALANCE) + Rows.probe(k, filler, 0);
        }

        @Override
        public void close() {
            if (reader != null) {
                reader.close();
            }
        }
    }
}
