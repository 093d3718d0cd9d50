package dev.palimpsest.btree;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.buffer.BufferPool;
import dev.palimpsest.buffer.LogFlusher;
import dev.palimpsest.buffer.PageFile;
import dev.palimpsest.id.PageId;
import dev.palimpsest.latch.LatchRank;
import dev.palimpsest.scheduler.Scheduler;
import dev.palimpsest.scheduler.Step;
import dev.palimpsest.scheduler.ThreadScheduler;
import dev.palimpsest.storage.Disk;
import dev.palimpsest.storage.MemoryDisk;
import dev.palimpsest.wal.EnginePoison;
import dev.palimpsest.wal.Wal;
import dev.palimpsest.wal.WalOptions;
import java.lang.reflect.Proxy;
import java.util.List;

/** An index in memory with everything below it. */
final class BtreeFixture implements AutoCloseable {
    static final int FILE_NUMBER = 17;
    private static final long DATABASE_ID = 42;

    final Scheduler scheduler = new ThreadScheduler();

    /** What {@link #tree} marks its steps with: fails at the n-th split, between its two steps, if n &gt; 0. */
    int failAtSplit;

    /** As {@link #failAtSplit}, for a deletion: marked before its first step, and then before each page's second. */
    int failAtDeletion;

    final Disk disk;
    final Wal wal;
    final BufferPool pool;
    final PageFile file;
    final PageFile map;
    final Btree tree;
    final BtreeWriter writer = new BtreeWriter();
    final long firstLsn;

    /** A new, empty index. */
    BtreeFixture(int frames) {
        this(new MemoryDisk(), frames);
        writer.create(tree, 1);
    }

    /** The index that is on the disk; the WAL is a new one. */
    BtreeFixture(Disk disk, int frames) {
        this.disk = disk;
        wal = new Wal(disk, scheduler, new EnginePoison(), WalOptions.DEFAULT, DATABASE_ID);
        firstLsn = WalOptions.DEFAULT.segmentBytes();
        scheduler.join(scheduler.spawn("create", () -> wal.start(wal.create())));
        pool = new BufferPool(disk, scheduler, LogFlusher.of(wal), frames);
        scheduler.join(scheduler.spawn("start", pool::start));
        file = pool.file(FILE_NUMBER, PageId.MAIN, LatchRank.BTREE_PAGE);
        map = pool.file(FILE_NUMBER, PageId.FREE_SPACE_MAP, LatchRank.MAP_PAGE);
        tree = new Btree(file, map, wal, failing(), "test_idx");
    }

    private Scheduler failing() {
        return (Scheduler) Proxy.newProxyInstance(
                Scheduler.class.getClassLoader(), new Class<?>[] {Scheduler.class}, (proxy, method, arguments) -> {
                    if (arguments[0] == Step.BTREE_SPLIT && --failAtSplit == 0
                            || arguments[0] == Step.BTREE_HALF_DEAD && --failAtDeletion == 0) {
                        throw new StoppedException(SqlState.DISK_FULL, "no room for the second step");
                    }
                    return method.invoke(scheduler, arguments);
                });
    }

    static byte[] key(long value) {
        return new KeyEncoder(new KeyColumn(KeyType.INT64, false, false))
                .begin()
                .addInt64(value)
                .toBytes();
    }

    void verify() {
        assertEquals(List.of(), BtreeVerifier.verify(tree, (key, length, tid) -> {}));
    }

    int level() {
        BtreeDescent reader = new BtreeDescent();
        reader.begin(tree);
        return BtreePage.level(reader.readCopy(tree.refreshRoot()));
    }

    @Override
    public void close() {
        scheduler.join(scheduler.spawn("close", () -> {
            pool.close();
            wal.close();
        }));
    }
}
