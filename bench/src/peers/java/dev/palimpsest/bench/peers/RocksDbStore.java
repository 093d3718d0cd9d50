package dev.palimpsest.bench.peers;

import dev.palimpsest.bench.Mode;
import dev.palimpsest.bench.Store;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.CompressionType;
import org.rocksdb.DataBlockIndexType;
import org.rocksdb.EnvOptions;
import org.rocksdb.HyperClockCache;
import org.rocksdb.IngestExternalFileOptions;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.SstFileWriter;
import org.rocksdb.Transaction;
import org.rocksdb.TransactionDB;
import org.rocksdb.TransactionDBOptions;
import org.rocksdb.WriteOptions;

/**
 * RocksDB's pessimistic TransactionDB by rocksdbjni.
 *
 * <ul>
 *   <li>A block cache that holds everything (the lock-free HyperClockCache), uncompressed blocks with a hash index
 *       inside, bloom filters: a point read of one version needs one probe in one block. And a row cache before all
 *       that, which doubled the rate of point reads here.
 *   <li>Point read: one {@code get}, which is atomic and consistent on its own; a Transaction object would only add to
 *       it. Read-modify-write: {@code getForUpdate}, {@code put}, {@code commit} on a reused Transaction.
 *   <li>No sync: the WAL is written, but by {@code manual_wal_flush} from RocksDB's own buffer every 100 ms instead of
 *       a system call for each commit; a killed process loses that tail, as with PostgreSQL's synchronous_commit off.
 *   <li>Durable: {@code sync} on the write options; RocksDB groups concurrent commits under one force by itself.
 *   <li>Load: a sorted table file written directly and ingested, which forces the file and the manifest.
 *   <li>Memtables of 128 MB with a whole-key bloom filter, so that a run is not a run of flushes.
 * </ul>
 */
public final class RocksDbStore implements Store {
    private static final long MB = 1 << 20;

    private Options options;
    private WriteOptions writeOptions;
    private ReadOptions readOptions;
    private TransactionDB db;
    private Path directory;
    private ScheduledExecutorService walFlusher;

    static {
        RocksDB.loadLibrary();
    }

    @Override
    public void open(Path dir, Mode mode) throws RocksDBException {
        directory = dir;
        BlockBasedTableConfig table = new BlockBasedTableConfig()
                .setBlockCache(new HyperClockCache(512 * MB, 0, 6, false))
                .setDataBlockIndexType(DataBlockIndexType.kDataBlockBinaryAndHash)
                .setDataBlockHashTableUtilRatio(0.75)
                .setFilterPolicy(new BloomFilter(10, false))
                .setFormatVersion(6);
        options = new Options()
                .setCreateIfMissing(true)
                .setTableFormatConfig(table)
                .setCompressionType(CompressionType.NO_COMPRESSION)
                .setWriteBufferSize(128 * MB)
                .setMaxWriteBufferNumber(4)
                .setMemtablePrefixBloomSizeRatio(0.1)
                .setMemtableWholeKeyFiltering(true)
                .setMaxOpenFiles(-1)
                .setManualWalFlush(mode == Mode.NO_SYNC)
                .setRowCache(new LRUCache(256 * MB, 6));
        writeOptions = new WriteOptions().setSync(mode == Mode.DURABLE);
        readOptions = new ReadOptions().setVerifyChecksums(false);
        db = TransactionDB.open(options, new TransactionDBOptions().setNumStripes(64), dir.toString());
        if (mode == Mode.NO_SYNC) {
            walFlusher = Executors.newSingleThreadScheduledExecutor();
            walFlusher.scheduleAtFixedRate(this::flushWal, 100, 100, TimeUnit.MILLISECONDS);
        }
    }

    private void flushWal() {
        try {
            db.flushWal(false);
        } catch (RocksDBException e) {
            throw new IllegalStateException("RocksDB can't flush its WAL", e);
        }
    }

    @Override
    public void load(int rows) throws RocksDBException {
        String file = directory.resolve("load.sst").toString();
        byte[] key = new byte[Long.BYTES];
        byte[] value = new byte[RowBytes.LENGTH];
        try (EnvOptions env = new EnvOptions();
                SstFileWriter writer = new SstFileWriter(env, options);
                IngestExternalFileOptions ingest = new IngestExternalFileOptions().setMoveFiles(true)) {
            writer.open(file);
            for (long k = 0; k < rows; k++) {
                RowBytes.putLong(key, 0, k);
                RowBytes.fill(k, value);
                writer.put(key, value);
            }
            writer.finish();
            db.ingestExternalFile(List.of(file), ingest);
        }
    }

    @Override
    public Worker worker() {
        return new RocksWorker();
    }

    @Override
    public void close() throws IOException {
        try {
            if (walFlusher != null) {
                walFlusher.shutdown();
                walFlusher.awaitTermination(10, TimeUnit.SECONDS);
            }
            db.flushWal(true);
            db.closeE();
        } catch (RocksDBException e) {
            throw new IOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException(e);
        } finally {
            options.close();
        }
    }

    private final class RocksWorker implements Worker {
        private final byte[] key = new byte[Long.BYTES];
        private final byte[] value = new byte[RowBytes.LENGTH];
        private Transaction transaction;

        /** Keeps the compiler from dropping the columns that aren't summed up. */
        @SuppressWarnings("unused")
        private long sink;

        @Override
        public long read(long k) throws RocksDBException {
            RowBytes.putLong(key, 0, k);
            int length = db.get(readOptions, key, value);
            if (length != RowBytes.LENGTH) {
                throw new IllegalStateException("row not found: key=" + k);
            }
            return RowBytes.read(k, value);
        }

        @Override
        public void add(long k, long delta) throws RocksDBException {
            transaction = transaction == null
                    ? db.beginTransaction(writeOptions)
                    : db.beginTransaction(writeOptions, transaction);
            RowBytes.putLong(key, 0, k);
            transaction.getForUpdate(readOptions, key, value, true);
            RowBytes.add(value, delta);
            transaction.put(key, value);
            transaction.commit();
        }

        @Override
        public long scan() {
            long sum = 0;
            long others = 0;
            try (RocksIterator iterator = db.newIterator(readOptions)) {
                for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
                    iterator.key(key);
                    iterator.value(value);
                    others += RowBytes.getLong(key, 0) + value[RowBytes.FILLER];
                    sum += RowBytes.getLong(value, RowBytes.BALANCE);
                }
            }
            sink = others;
            return sum;
        }

        @Override
        public void close() {
            if (transaction != null) {
                transaction.close();
            }
        }
    }
}
