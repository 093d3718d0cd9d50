package dev.palimpsest.catalog;

import dev.palimpsest.api.SequenceSchema;
import dev.palimpsest.buffer.PageFile;
import dev.palimpsest.heap.Heap;
import dev.palimpsest.heap.HeapContext;
import dev.palimpsest.id.PageId;
import dev.palimpsest.latch.LatchRank;
import dev.palimpsest.scheduler.Step;
import dev.palimpsest.tx.SnapshotHandle;
import dev.palimpsest.tx.Transaction;
import dev.palimpsest.wal.ResourceManager;
import java.util.List;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Look-ups of tables and indexes: one immutable reading of the whole catalog, shared by all transactions that have done no DDL, and
 * made again after each DDL transaction; with the handles (heaps, trees, sequences) that all readings share.
 *
 * <p>Thread-safe. Source of the protocol: PostgreSQL, {@code utils/cache/inval.c}; README.md says why it is safe.
 */
public final class Catalog {
    private final HeapContext context;
    private final FileNumbers fileNumbers;

    /** CAS: a reading is installed only if nobody invalidated since it was begun. */
    private final AtomicReference<Version> current = new AtomicReference<>(new Version(null));

    private final ConcurrentHashMap<Integer, Heap> heaps = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<Integer, IndexHandle> indexes = new ConcurrentHashMap<>();
    private final ConcurrentHashMap<Integer, Sequence> sequences = new ConcurrentHashMap<>();

    /** For each system table the rows inserted and deleted since the database was opened, of those rolled back too. */
    private final AtomicLongArray systemRows = new AtomicLongArray(2 * (SystemTable.values().length + 1));

    /** Compared by identity. {@code snapshot} is null until somebody has read it. */
    private static final class Version {
        final CatalogSnapshot snapshot;

        Version(CatalogSnapshot snapshot) {
            this.snapshot = snapshot;
        }
    }

    public Catalog(HeapContext context, FileNumbers fileNumbers) {
        this.context = context;
        this.fileNumbers = fileNumbers;
    }

    /** Redo and description of this room's records. */
    public static List<ResourceManager> resourceManagers() {
        return List.of(new StorageLog(), new SequenceLog());
    }

    /**
     * What the latest commits say, for a transaction that has done no DDL. The same object until somebody else's DDL commits: a caller
     * that has locked a relation compares.
     */
    public CatalogSnapshot current(Transaction tx) {
        CatalogSnapshot snapshot = current.get().snapshot;
        return snapshot != null ? snapshot : load(tx);
    }

    private CatalogSnapshot load(Transaction tx) {
        while (true) {
            Version before = current.get();
            if (before.snapshot != null) {
                return before.snapshot;
            }
            CatalogSnapshot read = read(tx);
            context.scheduler().step(Step.CATALOG_LOOKED_UP);
            if (current.compareAndSet(before, new Version(read))) {
                return read;
            }
        }
    }

    /** Reads the catalog as of now, with the transaction's own changes. */
    CatalogSnapshot read(Transaction tx) {
        try (SnapshotHandle latest = tx.latestSnapshot()) {
            return new CatalogReader(this, latest.snapshot()).read();
        }
    }

    /** A DDL transaction's changes are published; its locks are still held. */
    void invalidate() {
        current.set(new Version(null));
    }

    /** Before a clean shutdown, when nobody inserts any more: sequences go on without a gap. */
    public void giveBackSequenceValues() {
        sequences.values().forEach(Sequence::giveBack);
    }

    void countSystemRow(int oid, boolean inserted) {
        systemRows.incrementAndGet(2 * oid + (inserted ? 0 : 1));
    }

    /** Rows of a system table that were inserted since the database was opened, rolled back ones included. */
    public long insertedSystemRows(int oid) {
        return systemRows.get(2 * oid);
    }

    /** Rows of a system table that were deleted since the database was opened. */
    public long deletedSystemRows(int oid) {
        return systemRows.get(2 * oid + 1);
    }

    public HeapContext context() {
        return context;
    }

    FileNumbers fileNumbers() {
        return fileNumbers;
    }

    Heap heap(int oid) {
        return heaps.computeIfAbsent(oid, number -> new Heap(context, number));
    }

    IndexHandle index(int oid, String name) {
        return indexes.computeIfAbsent(
                oid,
                number -> new IndexHandle(new dev.palimpsest.btree.Btree(
                        context.pool().file(number, PageId.MAIN, LatchRank.BTREE_PAGE),
                        context.pool().file(number, PageId.FREE_SPACE_MAP, LatchRank.MAP_PAGE),
                        context.wal(),
                        context.scheduler(),
                        name)));
    }

    /** @param schema never changes for one oid */
    Sequence sequence(int oid, SequenceSchema schema) {
        return sequences.computeIfAbsent(oid, number -> {
            PageFile file = context.pool().file(number, PageId.MAIN, LatchRank.OTHER_PAGE);
            return new Sequence(file, context.wal(), schema);
        });
    }

    /** A relation is gone for good, its files are removed. */
    void forget(int oid) {
        if (heaps.remove(oid) != null) {
            context.counters().forget(oid);
            context.archive().current().clear(oid);
        }
        indexes.remove(oid);
        sequences.remove(oid);
    }
}
