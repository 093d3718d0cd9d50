package dev.palimpsest.bench.peers;

import dev.palimpsest.bench.Mode;
import dev.palimpsest.bench.Rows;
import dev.palimpsest.bench.Store;
import java.nio.file.Path;
import java.util.Map;
import org.h2.mvstore.MVStore;
import org.h2.mvstore.tx.Transaction;
import org.h2.mvstore.tx.TransactionMap;
import org.h2.mvstore.tx.TransactionStore;
import org.h2.mvstore.type.LongDataType;

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
public final class MvStore implements Store {
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
            long sum = 0;
            long others = 0;
            Transaction transaction = transactions.begin();
            TransactionMap.TMIterator<Long, MvRow, Map.Entry<Long, MvRow>> entries =
                    rows.getInstance(transaction).entryIterator(null, null);
            for (Map.Entry<Long, MvRow> entry = entries.fetchNext(); entry != null; entry = entries.fetchNext()) {
                MvRow row = entry.getValue();
                others += entry.getKey() + row.filler()[0];
                sum += row.balance();
            }
            transaction.commit();
            sink = others;
            return sum;
        }

    }
}
