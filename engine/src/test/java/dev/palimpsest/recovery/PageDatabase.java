package dev.palimpsest.recovery;

import dev.palimpsest.buffer.BufferPool;
import dev.palimpsest.buffer.Frame;
import dev.palimpsest.buffer.LogFlusher;
import dev.palimpsest.buffer.PageFile;
import dev.palimpsest.buffer.WritePacer;
import dev.palimpsest.id.PageId;
import dev.palimpsest.page.PageLayout;
import dev.palimpsest.page.PageType;
import dev.palimpsest.scheduler.Scheduler;
import dev.palimpsest.scheduler.ThreadScheduler;
import dev.palimpsest.storage.Disk;
import dev.palimpsest.storage.DiskFile;
import dev.palimpsest.storage.MemoryDisk;
import dev.palimpsest.storage.RelationFiles;
import dev.palimpsest.wal.EnginePoison;
import dev.palimpsest.wal.RedoPages;
import dev.palimpsest.wal.ResourceManager;
import dev.palimpsest.wal.ResourceManagerId;
import dev.palimpsest.wal.Wal;
import dev.palimpsest.wal.WalOptions;
import dev.palimpsest.wal.WalRecord;
import dev.palimpsest.wal.WalRecordBuilder;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

/** An engine's lower half for tests: one file of pages with numbered slots, log, pool and checkpoints. */
final class PageDatabase implements CheckpointParticipants {
    static final int FILE = 17;
    static final int SET = 0;
    static final int INIT = 1;
    static final int FAIL = 2;
    static final int NOTE = 3;
    static final ResourceManagers MANAGERS = new ResourceManagers(new SlotManager());

    private static final WalOptions WAL = new WalOptions(64 << 10, 128 << 10, 20_000_000L);
    private static final CheckpointOptions CHECKPOINTS = new CheckpointOptions(1 << 20, 300_000_000_000L, 0.1);

    final Disk disk;
    final Scheduler scheduler = new ThreadScheduler();
    final List<String> calls = new ArrayList<>();
    volatile boolean failEffects;
    Wal wal;
    BufferPool pool;
    Checkpointer checkpointer;
    RedoResult result;
    private PageFile file;
    private ControlRecord control;
    private boolean closed;

    private PageDatabase(Disk disk) {
        this.disk = disk;
    }

    static PageDatabase create() {
        PageDatabase database = new PageDatabase(new MemoryDisk());
        database.onEngineTask(() -> {
            ControlFile controlFile = new ControlFile(database.disk);
            controlFile.beginCreation();
            database.control = new ControlRecord(0, 5, false, 0, 0, 3, FILE, 100, WAL.segmentBytes(), 0);
            database.openPool();
            database.wal.start(database.wal.create());
            database.result = new RedoResult(0, 0, true, 3, FILE, 100);
            database.startCheckpointer();
        });
        return database;
    }

    PageDatabase reopen() {
        return reopen(RedoProgress.NONE);
    }

    PageDatabase reopen(RedoProgress progress) {
        PageDatabase database = new PageDatabase(disk);
        database.onEngineTask(() -> {
            database.redo(progress);
            database.wal.start(database.result.endLsn());
            database.startCheckpointer();
        });
        return database;
    }

    PageDatabase reopenWithoutCheckpoint() {
        PageDatabase database = new PageDatabase(disk);
        database.onEngineTask(() -> database.redo(RedoProgress.NONE));
        return database;
    }

    PageDatabase crashAndReopen() {
        crash();
        return reopen();
    }

    PageDatabase shutDownAndReopen() {
        onEngineTask(() -> {
            checkpointer.close(true);
            wal.close();
            pool.close();
        });
        closed = true;
        return reopen();
    }

    /** Ends the tasks and leaves on disk what is there. */
    void crash() {
        if (!closed) {
            closed = true;
            onEngineTask(() -> {
                if (checkpointer != null) {
                    checkpointer.close(false);
                }
                wal.close();
                pool.close();
            });
        }
    }

    void redoAgain() {
        onEngineTask(() -> result = new Recovery(disk, List.of(RelationFiles.DIRECTORY), wal, pool, MANAGERS)
                .redo(control, RedoProgress.NONE));
    }

    void checkpointPagesOnly() {
        onEngineTask(() -> writePages(WritePacer.UNPACED));
    }

    long set(int block, int slot, long value) {
        while (file.blockCount() <= block) {
            Frame fresh = file.pinNew();
            change(fresh, INIT, 0, 0);
        }
        Frame frame = file.pin(block);
        frame.acquireExclusive();
        return change(frame, SET, slot, value);
    }

    long get(int block, int slot) {
        Frame frame = file.pin(block);
        frame.acquireShared();
        long value = frame.page.getLong(PageLayout.HEADER_BYTES + slot * Long.BYTES);
        frame.releaseShared();
        frame.unpin();
        return value;
    }

    long pageLsn(int block) {
        Frame frame = file.pin(block);
        long lsn = PageLayout.lsn(frame.page);
        frame.unpin();
        return lsn;
    }

    void append(WalRecordBuilder record) {
        wal.flush(wal.append(record));
    }

    byte[][] contents() {
        byte[][] contents = new byte[file.blockCount()][];
        for (int block = 0; block < contents.length; block++) {
            Frame frame = file.pin(block);
            contents[block] = new byte[PageLayout.SIZE];
            frame.page.get(0, contents[block]);
            Arrays.fill(contents[block], PageLayout.CHECKSUM_OFFSET, PageLayout.MAGIC_OFFSET, (byte)
                    0); // set by write-outs only
            frame.unpin();
        }
        return contents;
    }

    void damage(String path, int position, int length) {
        onEngineTask(() -> {
            try (DiskFile damaged = disk.open(path, false)) {
                ByteBuffer bytes = ByteBuffer.allocate(length);
                damaged.read(bytes, position);
                for (int i = 0; i < length; i++) {
                    bytes.put(i, (byte) ~bytes.get(i));
                }
                damaged.write(bytes.clear(), position);
            }
        });
    }

    private void redo(RedoProgress progress) {
        control = new ControlFile(disk).read();
        openPool();
        try {
            result = new Recovery(disk, List.of(RelationFiles.DIRECTORY), wal, pool, MANAGERS).redo(control, progress);
        } catch (RuntimeException e) {
            pool.close();
            throw e;
        }
    }

    private void openPool() {
        wal = new Wal(disk, scheduler, new EnginePoison(), WAL, control.databaseId());
        pool = new BufferPool(disk, scheduler, LogFlusher.of(wal), 16);
        pool.start();
        file = pool.file(FILE, PageId.MAIN);
    }

    private void startCheckpointer() {
        checkpointer = new Checkpointer(wal, new ControlFile(disk), control, this, scheduler, CHECKPOINTS);
        checkpointer.start(result.changes());
    }

    private long change(Frame frame, int info, int slot, long value) {
        frame.markDirty();
        apply(frame.page, info, slot, value);
        try {
            return wal.append(new WalRecordBuilder()
                    .begin(ResourceManagerId.HEAP, info, 50)
                    .block(frame.pageId(), frame.page, info == INIT)
                    .putShort(slot)
                    .putLong(value));
        } finally {
            frame.releaseExclusive();
            frame.unpin();
        }
    }

    private static void apply(ByteBuffer page, int info, int slot, long value) {
        if (info == INIT) {
            PageLayout.init(page, PageType.HEAP, 0);
            PageLayout.setLower(page, PageLayout.SIZE);
        } else {
            page.putLong(PageLayout.HEADER_BYTES + slot * Long.BYTES, value);
        }
    }

    private void onEngineTask(Runnable body) {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        scheduler.join(scheduler.spawn("test", () -> {
            try {
                body.run();
            } catch (Throwable e) {
                failure.set(e);
            }
        }));
        if (failure.get() instanceof RuntimeException e) {
            throw e;
        }
        if (failure.get() != null) {
            throw new AssertionError(failure.get());
        }
    }

    @Override
    public void awaitEffects(long redoLsn) {
        calls.add("awaitEffects");
        if (failEffects) {
            throw new IllegalStateException("test");
        }
    }

    @Override
    public void writeStatus() {
        calls.add("writeStatus");
    }

    @Override
    public long statusPoint() {
        return 0;
    }

    @Override
    public void removeStatus(long point) {
        // nothing is ever cut off
    }

    @Override
    public void writePages(WritePacer pacer) {
        calls.add("writePages");
        pool.writeDirty(pacer);
        pool.forceFiles();
    }

    @Override
    public long nextXid() {
        return result.nextXid();
    }

    @Override
    public int nextFileNumber() {
        return result.nextFileNumber();
    }

    @Override
    public long nextOid() {
        return result.nextOid();
    }

    private static final class SlotManager implements ResourceManager {
        @Override
        public ResourceManagerId id() {
            return ResourceManagerId.HEAP;
        }

        @Override
        public void redo(WalRecord record, RedoPages pages) {
            switch (record.info()) {
                case FAIL -> throw new IllegalStateException("can't redo this");
                case NOTE -> {
                    pages.noteXid(record.payloadLong(0));
                    pages.noteFileNumber(record.payloadInt(8));
                    pages.noteOid(record.payloadLong(12));
                }
                default -> {
                    ByteBuffer page = pages.page(0);
                    if (page != null) {
                        apply(page, record.info(), record.payloadShort(0), record.payloadLong(2));
                    }
                }
            }
        }

        @Override
        public String describe(WalRecord record) {
            return "TEST info=" + record.info();
        }
    }
}
