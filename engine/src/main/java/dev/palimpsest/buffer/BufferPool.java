package dev.palimpsest.buffer;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.buffer.PageWriter.DirtyPage;
import dev.palimpsest.id.PageId;
import dev.palimpsest.latch.LatchRank;
import dev.palimpsest.page.PageChecksum;
import dev.palimpsest.page.PageLayout;
import dev.palimpsest.scheduler.Scheduler;
import dev.palimpsest.scheduler.Step;
import dev.palimpsest.storage.Disk;
import dev.palimpsest.storage.RelationFiles;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The pages in memory, and the way of a page between its file and its frame.
 *
 * <p>Principal entry points: {@link #file} (then {@link PageFile}), {@link #writeDirty} and {@link #forceFiles} for a checkpoint,
 * {@link #drop}. See also {@link ClockSweep} (which page goes), {@link PageWriter} (keeps clean frames in stock), {@link WriteOut} (a
 * page's way to disk), and {@code README.md} for the rules.
 *
 * <p>Thread-safe.
 */
public final class BufferPool implements AutoCloseable {
    /** How long a caller waits for somebody to unpin something before it gives up. */
    private static final long ALL_PINNED_NANOS = 1_000_000_000L;

    private final Disk disk;
    private final Scheduler scheduler;
    private final LogFlusher log;
    private final FrameEvents events;
    private final BufferMetrics metrics = new BufferMetrics();
    private final ClockSweep clock;
    private final PageWriter writer;

    /** For {@link #writeDirty}: one checkpoint at a time. */
    private final WriteOut checkpointOut;

    /** By the page id of the file's block 0. */
    private final ConcurrentHashMap<Long, PageFile> files = new ConcurrentHashMap<>();

    /** Blocks that a file has on disk at least, durably, by the page id of its block 0. No entry: unknown, or none. */
    private final ConcurrentHashMap<Long, Integer> forcedBlocks = new ConcurrentHashMap<>();

    /** What {@link #promiseLess} found, with the blocks that the list of lengths says since. The checkpoint's task's own. */
    private final Map<PageFile, Integer> toBeCut = new LinkedHashMap<>();

    /** Set after a file was created or deleted, cleared before the directory is forced; as {@link RelationFile}'s mark. */
    private volatile boolean directoryChanged;

    /** Single-writer: first {@link #start}, then the checkpoint's task. */
    private volatile boolean rootChanged;

    /** @param frames pages that may be in memory at once, at least 16 (fewer are made 16) */
    public BufferPool(Disk disk, Scheduler scheduler, LogFlusher log, int frames) {
        this.disk = disk;
        this.scheduler = scheduler;
        this.log = log;
        events = new FrameEvents(scheduler);
        clock = new ClockSweep(frames, events, metrics);
        writer = new PageWriter(this, clock);
        checkpointOut = new WriteOut(this);
    }

    /** Makes the files' directory (durable with the first {@link #forceFiles}) and starts the page writer. */
    public void start() {
        disk.createDirectory(RelationFiles.DIRECTORY);
        rootChanged = true;
        writer.start();
    }

    /** Stops the page writer and closes the files; writes nothing: a clean shutdown checkpoints first. Not for callers' threads. */
    @Override
    public void close() {
        writer.stop();
        for (PageFile file : files.values()) {
            file.file().close();
        }
    }

    /** The fork, whether its file exists yet or not. Its pages' latches count as heap pages, map pages or others by the fork. */
    public PageFile file(int fileNumber, int fork) {
        PageFile file = files.get(PageId.of(fileNumber, fork, 0));
        return file != null ? file : open(fileNumber, fork);
    }

    /** As {@link #file(int, int)}, with the rank that its pages' latches have from now on. None of them is held. */
    public PageFile file(int fileNumber, int fork, LatchRank rank) {
        PageFile file = file(fileNumber, fork);
        file.setRank(rank);
        return file;
    }

    private PageFile open(int fileNumber, int fork) {
        LatchRank rank = switch (fork) {
            case PageId.MAIN -> LatchRank.HEAP_PAGE;
            case PageId.FREE_SPACE_MAP, PageId.VISIBILITY_MAP -> LatchRank.MAP_PAGE;
            default -> LatchRank.OTHER_PAGE;
        };
        RelationFile onDisk = new RelationFile(disk, fileNumber, fork);
        PageFile opened = new PageFile(this, onDisk, rank);
        PageFile first = files.putIfAbsent(opened.pageId(0), opened);
        if (first == null) {
            return opened;
        }
        onDisk.close();
        return first;
    }

    /**
     * Removes all forks of a relation: cached pages are thrown away unwritten, files deleted. The caller has made sure that nobody uses
     * it, now or later. Waits for write-outs under way. Durable with the next {@link #forceFiles}.
     */
    public void drop(int fileNumber) {
        for (int fork = 0; fork < PageId.FORKS; fork++) {
            PageFile file = file(fileNumber, fork);
            file.discard();
            file.file().delete();
            files.remove(file.pageId(0));
            forcedBlocks.remove(file.pageId(0)); // after it was marked dropped: see force
        }
        directoryChanged = true;
    }

    /**
     * For a checkpoint, before {@link #cutFiles}: takes back what {@link #forcedBlocks} says of files that are to be cut. The caller makes
     * that durable where something changed.
     *
     * @return whether something did
     */
    public boolean promiseLess() {
        boolean changed = false;
        toBeCut.clear();
        for (PageFile file : files.values()) {
            if (file.isToBeCut()) {
                int listed = file.cutFrom();
                toBeCut.put(file, listed);
                Integer before = forcedBlocks.get(file.pageId(0));
                forcedBlocks.computeIfPresent(file.pageId(0), (id, blocks) -> Math.min(blocks, listed));
                changed |= before != null && before > listed;
            }
        }
        return changed;
    }

    /**
     * For a checkpoint that has chosen its redo position and not yet called {@link #writeDirty}: cuts the files whose tail was cut off
     * ({@link PageFile#cutLast}) on disk too. On an engine task, after {@link #promiseLess}. A failure poisons the engine.
     */
    public void cutFiles() {
        assert scheduler.onEngineTask() : "files are cut by engine tasks";
        toBeCut.forEach(this::cut);
        toBeCut.clear();
    }

    private void cut(PageFile file, int listed) {
        try {
            file.cutOnDisk(listed);
        } catch (Throwable e) {
            if (!file.isDropped()) { // else closed under us, and nobody needs it
                log.poison(e);
                throw e;
            }
        }
    }

    /**
     * Writes every page that is dirty now; pages dirtied meanwhile may be left. On an engine task, one at a time. Together with a
     * later {@link #forceFiles} it makes all changes durable that were made before the call.
     *
     * @return pages written or found written
     */
    public int writeDirty(WritePacer pacer) {
        assert scheduler.onEngineTask() : "write-outs belong to engine tasks";
        List<DirtyPage> dirty = dirtyPages();
        int done = 0;
        for (DirtyPage page : dirty) {
            checkpointOut.addWaiting(page.frame(), page.pageId());
            done++;
            if (checkpointOut.isFull()) {
                checkpointOut.flush();
                pacer.pagesWritten(done, dirty.size());
            }
        }
        checkpointOut.flush();
        pacer.pagesWritten(done, dirty.size());
        return done;
    }

    /** Dirty, or being written by somebody who has cleared the mark already: in this order (a writer marks itself first). */
    private List<DirtyPage> dirtyPages() {
        List<DirtyPage> dirty = new ArrayList<>();
        for (int i = 0, made = clock.made(); i < made; i++) {
            Frame frame = clock.frame(i);
            if (frame.isDirty() || frame.isWriting()) {
                dirty.add(new DirtyPage(frame, frame.pageId()));
            }
        }
        dirty.sort(DirtyPage.IN_FILE_ORDER);
        return dirty;
    }

    /** Makes durable what was written, created and deleted since the last call. On an engine task. A failure poisons the engine. */
    public void forceFiles() {
        assert scheduler.onEngineTask() : "forces belong to engine tasks";
        try {
            for (PageFile file : files.values()) {
                force(file);
            }
            if (rootChanged) {
                rootChanged = false;
                disk.forceDirectory("");
            }
            if (directoryChanged) {
                directoryChanged = false;
                disk.forceDirectory(RelationFiles.DIRECTORY);
            }
        } catch (Throwable e) {
            log.poison(e);
            throw e;
        }
    }

    private void force(PageFile file) {
        try {
            long size = file.file().forceIfWritten();
            if (size >= 0) {
                noteForced(file, (int) (size / PageLayout.SIZE));
            }
        } catch (StoppedException e) {
            if (!file.isDropped()) { // else closed under us, and nobody needs it
                throw e;
            }
        }
    }

    private void noteForced(PageFile file, int blocks) {
        if (!forcedBlocks.containsKey(file.pageId(0))) {
            directoryChanged = true; // its creator may not have got as far as saying so
        }
        forcedBlocks.merge(file.pageId(0), blocks, Math::max);
        if (file.isDropped()) {
            forcedBlocks.remove(file.pageId(0)); // drop may have been here before
        }
    }

    /**
     * How long files are on disk at least, durably, in blocks, by the page id of their block 0: after {@link #forceFiles}, all that it
     * ever forced and that weren't dropped. Whoever opens the database adds what is known from before.
     */
    public Map<Long, Integer> forcedBlocks() {
        return forcedBlocks;
    }

    /** Pages that may be in memory at once. */
    public int frameCount() {
        return clock.capacity();
    }

    public BufferMetrics metrics() {
        return metrics;
    }

    Scheduler scheduler() {
        return scheduler;
    }

    FrameEvents events() {
        return events;
    }

    LogFlusher log() {
        return log;
    }

    // ---- frames for PageFile ----

    /** A claimed, empty frame. Waits for the page writer if no clean one is left. */
    Frame takeFrame() {
        log.checkUsable();
        Frame frame = clock.take();
        if (frame == null) {
            frame = awaitFrame();
        }
        writer.handMoved();
        return frame;
    }

    private Frame awaitFrame() {
        metrics.victimWaits.increment();
        Frame[] taken = new Frame[1];
        boolean[] woken = new boolean[1];
        long[] hopelessSince = {scheduler.nanoTime()};
        events.unpinned()
                .await(
                        () -> {
                            log.checkUsable();
                            taken[0] = clock.take();
                            if (taken[0] == null && woken[0]) {
                                taken[0] = clock.takeAny();
                            }
                            woken[0] = true; // when asked again
                            if (taken[0] == null) {
                                checkHope(hopelessSince);
                            }
                            return taken[0] != null;
                        },
                        ALL_PINNED_NANOS / 4);
        return taken[0];
    }

    private void checkHope(long[] hopelessSince) {
        if (!writer.isRunning()) {
            throw new StoppedException(SqlState.ADMIN_SHUTDOWN, "the buffer pool is closed");
        }
        if (clock.anyUnpinned()) {
            hopelessSince[0] = scheduler.nanoTime();
            writer.wake();
        } else if (clock.anyInTransit()) {
            hopelessSince[0] = scheduler.nanoTime();
        } else if (scheduler.nanoTime() - hopelessSince[0] > ALL_PINNED_NANOS) {
            throw new StoppedException(
                    SqlState.INSUFFICIENT_RESOURCES,
                    "no unpinned buffers available",
                    "frames=" + clock.capacity(),
                    "Make the buffer pool larger.",
                    null);
        }
    }

    /** Fills the frame from the file and checks what came. */
    void read(RelationFile file, int block, Frame frame) {
        ByteBuffer page = frame.page;
        int bytes = file.read(page.duplicate(), (long) block * PageLayout.SIZE);
        for (int offset = bytes; offset < PageLayout.SIZE; offset++) {
            page.put(offset, (byte) 0); // past the end
        }
        metrics.loads.increment();
        String problem = problem(page, PageId.of(file.fileNumber(), file.fork(), block));
        if (problem != null) {
            throw new StoppedException(
                    SqlState.DATA_CORRUPTED,
                    "invalid page in block " + block + " of relation file " + file.path(),
                    bytes == PageLayout.SIZE ? problem : problem + " bytesRead=" + bytes);
        }
    }

    private static String problem(ByteBuffer page, long pageId) {
        if (PageLayout.isNew(page) && PageLayout.isAllZero(page)) {
            return null;
        }
        int expected = PageChecksum.compute(page, pageId);
        if (expected != PageChecksum.stored(page)) {
            return "checksum=0x" + Integer.toHexString(PageChecksum.stored(page)) + " expected=0x"
                    + Integer.toHexString(expected);
        }
        return PageLayout.headerProblem(page);
    }

    void loaded() {
        scheduler.step(Step.PAGE_LOADED);
    }

    /** Writes pages that follow each other. */
    void write(RelationFile file, int block, ByteBuffer pages) {
        metrics.writes.increment();
        if (file.write(pages, (long) block * PageLayout.SIZE)) {
            directoryChanged = true;
        }
    }
}
