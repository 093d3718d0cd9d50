package dev.palimpsest.bench.peers;

import dev.palimpsest.bench.Mode;
import dev.palimpsest.bench.PinningStore;
import dev.palimpsest.bench.Rows;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.h2.engine.IsolationLevel;
import org.h2.mvstore.MVMap;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.tx.Transaction;
import org.h2.mvstore.tx.TransactionMap;
import org.h2.mvstore.tx.TransactionStore;
import org.h2.mvstore.type.LongDataType;
import org.h2.value.VersionedValue;

/**
 * H2's MVStore with its TransactionStore.
 *
 * <ul>
 *   <li>Typed keys and rows (no object serialisation); pages cached as Java objects in a cache that holds everything.
 *       So a read copies nothing: it gets the row object itself.
 *   <li>Read-modify-write: {@code lock} the key, which returns its value, then {@code put}.
 *   <li>No sync: commits stay in memory until H2's background thread writes them, once a second by default.
 *   <li>Durable: a transaction's commit doesn't reach the disk by itself, so {@code MVStore.commit} and {@code sync} follow. All threads
 *       that committed before one force share it ({@link GroupSync}, ours: MVStore has none).
 *   <li>Load: {@code append} in key order in one transaction, then sync.
 * </ul>
 */
public final class MvStore implements PinningStore {
    private static final int CACHE_MB = 512;
    private static final int WRITE_BUFFER_KB = 64 * 1024;
    private static final int LOCK_TIMEOUT_MILLIS = 60_000;

    private MVStore store;
    private TransactionStore transactions;
    private TransactionMap<Long, MvRow> rows;
    private GroupSync groupSync;

    @Override
    public void open(Path directory, Mode mode) {
        store = new MVStore.Builder()
                .fileName(directory.resolve("rows.mv").toString())
                .cacheSize(CACHE_MB)
                .autoCommitBufferSize(WRITE_BUFFER_KB)
                .open();
        transactions = new TransactionStore(store);
        transactions.init();
        Transaction transaction = transactions.begin();
        rows = transaction.openMap("rows", LongDataType.INSTANCE, new MvRowType());
        transaction.commit();
        groupSync = mode == Mode.DURABLE ? new GroupSync(this::commitAndForce) : null;
    }

    @Override
    public void load(int count) {
        Transaction transaction = transactions.begin();
        TransactionMap<Long, MvRow> map = rows.getInstance(transaction);
        for (long k = 0; k < count; k++) {
            byte[] filler = new byte[Rows.FILLER_BYTES];
            Rows.fill(k, filler, 0);
            map.append(k, new MvRow(Rows.INITIAL_BALANCE, filler));
        }
        transaction.commit();
        commitAndForce();
    }

    /** {@code commit} writes what transactions have committed, {@code sync} only forces what is written. */
    private void commitAndForce() {
        store.commit();
        store.sync();
    }

    @Override
    public Worker worker() {
        return new MvWorker();
    }

    /** A transaction at snapshot isolation, whose first statement, over this map, has begun: as H2's SQL does it. */
    @Override
    public Pin pin() {
        MvWorker reader = new MvWorker();
        Transaction transaction = transactions.begin(
                (map, key, existing, restored) -> {}, LOCK_TIMEOUT_MILLIS, 0, IsolationLevel.SNAPSHOT);
        transaction.markStatementStart(maps(rows.map));
        reader.scan(transaction);
        transaction.markStatementEnd();
        return new Pin() {
            @Override
            public long sum() {
                transaction.markStatementStart(maps(rows.map));
                long sum = reader.scan(transaction);
                transaction.markStatementEnd();
                return sum;
            }

            @Override
            public void close() {
                transaction.commit();
            }
        };
    }

    /** The library's signature wants maps of no particular types. */
    @SuppressWarnings({"unchecked", "rawtypes"})
    private static HashSet<MVMap<Object, VersionedValue<Object>>> maps(MVMap map) {
        return new HashSet<>(Set.of((MVMap<Object, VersionedValue<Object>>) map));
    }

    @Override
    public void close() {
        commitAndForce();
        transactions.close();
        store.close();
    }

    private final class MvWorker implements Worker {
        /** Keeps the compiler from dropping the columns that aren't summed up. */
        @SuppressWarnings("unused")
        private long sink;

        @Override
        public long read(long k) {
            Transaction transaction = transactions.begin();
            MvRow row = rows.getInstance(transaction).get(k);
            transaction.commit();
            return row.balance() + Rows.probe(k, row.filler(), 0);
        }

        @Override
        public void add(long k, long delta) throws Exception {
            Transaction transaction = transactions.begin();
            transaction.setTimeoutMillis(LOCK_TIMEOUT_MILLIS);
            TransactionMap<Long, MvRow> map = rows.getInstance(transaction);
            MvRow row = map.lock(k);
            map.put(k, new MvRow(row.balance() + delta, row.filler()));
            transaction.commit();
            if (groupSync != null) {
                groupSync.sync();
            }
        }

        @Override
        public long scan() {
            Transaction transaction = transactions.begin();
            long sum = scan(transaction);
            transaction.commit();
            return sum;
        }

        private long scan(Transaction transaction) {
            long sum = 0;
            long others = 0;
            TransactionMap.TMIterator<Long, MvRow, Map.Entry<Long, MvRow>> entries =
                    rows.getInstance(transaction).entryIterator(null, null);
            for (Map.Entry<Long, MvRow> entry = entries.fetchNext(); entry != null; entry = entries.fetchNext()) {
                MvRow row = entry.getValue();
                others += entry.getKey() + row.filler()[0];
                sum += row.balance();
            }
            sink = others;
            return sum;
        }

    }
}
