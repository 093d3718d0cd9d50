package dev.palimpsest.wal;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.api.UsageException;
import dev.palimpsest.id.Lsn;
import dev.palimpsest.latch.Latch;
import dev.palimpsest.latch.LatchRank;
import dev.palimpsest.scheduler.Scheduler;
import dev.palimpsest.scheduler.Step;
import dev.palimpsest.storage.Disk;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongConsumer;

/**
 * The write-ahead log: records go into a ring buffer in the order of their LSNs, one task writes and forces them.
 *
 * <p>Principal entry points: {@link #append(WalRecordBuilder)}, {@link #flush}. Life: made by {@link #create} or the constructor; in
 * recovery nothing can be appended and all that can be read counts as durable ({@link #forceForRecovery}); {@link #start} opens it for
 * appends; {@link #close}.
 *
 * <p>Thread-safe. Rules and why they are safe: README.md.
 */
public final class Wal {
    private final Disk disk;
    private final Scheduler scheduler;
    private final EnginePoison poison;
    private final WalOptions options;
    private final long databaseId;
    private final WalSegments segments;
    private final WalRing ring;
    private final Latch insertLatch;
    private final CopyOnWriteArrayList<LongConsumer> durableListeners = new CopyOnWriteArrayList<>();

    /** End of the last inserted record. Written under WAL_INSERT. */
    private volatile long inserted;

    /** Where redo would start after a crash: pages last changed before it need an image. Written under WAL_INSERT. */
    private volatile long redo;

    /** For statistics; guarded by WAL_INSERT. */
    private long recordCount;

    /** Null until {@link #start}. */
    private volatile WalWriter writer;

    private volatile boolean closed;

    public Wal(Disk disk, Scheduler scheduler, EnginePoison poison, WalOptions options, long databaseId) {
        this.disk = disk;
        this.scheduler = scheduler;
        this.poison = poison;
        this.options = options;
        this.databaseId = databaseId;
        this.segments = new WalSegments(disk, options.segmentBytes(), databaseId);
        this.ring = new WalRing(options.bufferBytes());
        this.insertLatch = new Latch(LatchRank.WAL_INSERT, scheduler);
    }

    /**
     * Makes room for the log of a new database, and throws away what a creation that didn't come to its end left; an engine task's. The
     * directory is durable when this returns, so that no later step can outlive it.
     *
     * @return the LSN to {@link #start} at
     */
    public long create() {
        disk.createDirectory(WalSegmentLayout.DIRECTORY);
        disk.forceDirectory("");
        segments.removeBefore(Long.MAX_VALUE);
        return WalSegmentLayout.FIRST_SEGMENT * options.segmentBytes();
    }

    /** Before redo, an engine task's: what is read from {@code redoLsn} on becomes durable, since pages are written on the strength of it. */
    public void forceForRecovery(long redoLsn) {
        segments.forceFrom(redoLsn);
    }

    /** Opens the log for appends behind its last valid record; an engine task's. Nothing older can ever be read behind {@code end}. */
    public void start(long end) {
        assert writer == null : "started twice";
        segments.cutOffAt(end);
        inserted = end;
        redo = end;
        writer = new WalWriter(segments, ring, scheduler, poison, options, end, this::insertLsn, durableListeners);
    }

    /** Reads from {@code from} to the end of what is in the files now. Close it. */
    public WalReader read(long from) {
        return new WalReader(disk, options.segmentBytes(), databaseId, from);
    }

    /** {@link #append(WalRecordBuilder, AppendHook)} without a hook. */
    public long append(WalRecordBuilder record) {
        return append(record, null);
    }

    /**
     * Adds a record at the end of the log, in memory, with an image of every block's page that wasn't changed since the last checkpoint
     * began; then sets these pages' LSNs. Caller holds the pages' latches and perhaps others of a rank before WAL_INSERT. May wait for
     * the WAL task to write (not to force) when the buffer is full.
     *
     * @param hook runs under WAL_INSERT, or null
     * @return the record's LSN: its end
     * @throws StoppedException if the engine is poisoned or the log closed; pages changed by the caller are then beyond saving
     */
    public long append(WalRecordBuilder record, AppendHook hook) {
        long redoSeen = redo;
        int length = assemble(record, redoSeen);
        WalWriter task = appendTo();
        for (; ; ) {
            insertLatch.acquireExclusive();
            boolean stale;
            long missing;
            long end = Lsn.NONE;
            try {
                checkUsable();
                stale = redo != redoSeen && record.hasBlocks();
                missing = missingSpace(task, length);
                if (!stale && missing == 0) {
                    end = insert(task, record, length, hook);
                }
            } finally {
                insertLatch.releaseExclusive();
            }
            if (end != Lsn.NONE) {
                record.setPageLsns(end);
                task.inserted(end);
                return end;
            }
            if (missing != 0) {
                task.awaitWritten(missing);
            }
            if (stale) {
                redoSeen = redo;
                length = assemble(record, redoSeen);
            }
        }
    }

    /**
     * Waits until everything up to {@code lsn} is durable and the listeners of {@link #onDurable} have heard of it. One force serves
     * all who wait. Interrupts don't end it. Caller holds no latch.
     *
     * @throws StoppedException if the engine stops before
     */
    public void flush(long lsn) {
        WalWriter task = writer;
        if (task == null || task.acknowledged() >= lsn) {
            return; // in recovery everything that can be read is durable
        }
        requestFlush(lsn);
        task.awaitFlush(lsn);
        if (task.acknowledged() < lsn) {
            poison.check();
            throw shutDown();
        }
    }

    /** Asks for what {@link #flush} waits for. */
    public void requestFlush(long lsn) {
        WalWriter task = writer;
        if (task != null && task.durable() < lsn) {
            checkUsable();
            if (lsn > inserted && lsn > settledInsertLsn()) {
                throw new StoppedException(
                        SqlState.DATA_CORRUPTED,
                        "flush request beyond the end of the log",
                        "requested=" + Lsn.toString(lsn) + " end=" + Lsn.toString(inserted));
            }
            task.request(lsn);
        }
    }

    /** A record's hook runs before its end is shown: who heard of the end from there may be early, and waits for the append here. */
    private long settledInsertLsn() {
        insertLatch.acquireExclusive();
        try {
            return inserted;
        } finally {
            insertLatch.releaseExclusive();
        }
    }

    /** Up to here the log is durable; everything, in recovery. */
    public long durableLsn() {
        WalWriter task = writer;
        return task == null ? Lsn.INFINITE : task.durable();
    }

    /** The end of the last record. */
    public long insertLsn() {
        return inserted;
    }

    /** A page whose LSN is at most this gets a full image with its next change. */
    public long redoLsn() {
        return redo;
    }

    /**
     * A checkpoint begins: from here on every page's first change carries an image.
     *
     * @return the redo position, where redo starts once the checkpoint is done
     */
    public long moveRedo() {
        insertLatch.acquireExclusive();
        try {
            redo = inserted;
            return inserted;
        } finally {
            insertLatch.releaseExclusive();
        }
    }

    /** Called on the WAL task after each force with the durable LSN, before {@link #flush} returns to anybody who waits for it. Never throws. */
    public void onDurable(LongConsumer listener) {
        durableListeners.add(listener);
    }

    /** Deletes the segments that end before {@code lsn}; an engine task's. @return how many */
    public int removeBefore(long lsn) {
        return segments.removeBefore(lsn);
    }

    public int maxRecordBytes() {
        return options.maxRecordBytes();
    }

    public WalOptions options() {
        return options;
    }

    /** Forces of log files since {@link #start}. */
    public long forceCount() {
        WalWriter task = writer;
        return task == null ? 0 : task.forceCount();
    }

    /** Records appended since {@link #start}. */
    public long recordCount() {
        insertLatch.acquireExclusive();
        try {
            return recordCount;
        } finally {
            insertLatch.releaseExclusive();
        }
    }

    public EnginePoison poison() {
        return poison;
    }

    /** Stops the engine: see {@link EnginePoison}. */
    public void poison(Throwable cause) {
        poison.poison(cause);
    }

    /** @throws StoppedException if the engine is poisoned or the log closed */
    public void checkUsable() {
        poison.check();
        if (closed) {
            throw shutDown();
        }
    }

    /** Makes durable what was appended (unless the engine is poisoned), and ends the tasks. */
    public void close() {
        insertLatch.acquireExclusive();
        closed = true;
        insertLatch.releaseExclusive();
        WalWriter task = writer;
        if (task != null) {
            task.close();
        }
    }

    private int assemble(WalRecordBuilder record, long redoSeen) {
        int length = record.assemble(options.fullPageImages() ? redoSeen : -1);
        if (length > options.maxRecordBytes()) {
            UsageException tooBig = new UsageException(
                    SqlState.PROGRAM_LIMIT_EXCEEDED,
                    "WAL record too large",
                    "bytes=" + length + " max=" + options.maxRecordBytes() + " " + record);
            if (record.hasBlocks()) {
                poison.poison(tooBig); // its pages are changed already
            }
            throw tooBig;
        }
        return length;
    }

    /** Where a record of this length starts. Caller holds WAL_INSERT. */
    private long place(int length) {
        int segmentBytes = options.segmentBytes();
        long start = WalSegmentLayout.skipHeader(inserted, segmentBytes);
        long segmentEnd = (start / segmentBytes + 1) * segmentBytes;
        return length <= segmentEnd - start ? start : segmentEnd + WalSegmentLayout.HEADER_BYTES;
    }

    /** @return 0 if the record fits into the ring, else up to where must be written first. Caller holds WAL_INSERT. */
    private long missingSpace(WalWriter task, int length) {
        long needed = place(length) + length - ring.size();
        return task.written() >= needed ? 0 : needed;
    }

    /** Caller holds WAL_INSERT and knows that there is space. @return the record's end */
    private long insert(WalWriter task, WalRecordBuilder record, int length, AppendHook hook) {
        long durable = task.durable();
        long start = place(length);
        fillGap(start, durable);
        record.copyTo(ring, start, durable);
        long end = start + length;
        recordCount++;
        if (hook != null) {
            runHook(
                    hook,
                    end); // before the WAL task can see the record: the hook's queue is never behind the durable LSN
            scheduler.step(Step.WAL_RECORD_APPENDED);
        }
        inserted = end;
        return end;
    }

    private void runHook(AppendHook hook, long end) {
        try {
            hook.appended(end);
        } catch (RuntimeException | Error e) {
            poison.poison(e);
            throw e;
        }
    }

    private void fillGap(long start, long durable) {
        int segmentBytes = options.segmentBytes();
        long from = WalSegmentLayout.skipHeader(inserted, segmentBytes);
        if (from == start) {
            return;
        }
        long to = start - WalSegmentLayout.HEADER_BYTES;
        ring.zero(from, to);
        if (to - from >= WalRecordLayout.HEADER_BYTES) {
            ring.putFiller(from, durable);
        }
    }

    private WalWriter appendTo() {
        WalWriter task = writer;
        if (task == null) {
            throw new IllegalStateException("append before the log was started");
        }
        return task;
    }

    private static StoppedException shutDown() {
        return new StoppedException(SqlState.ADMIN_SHUTDOWN, "the database is closed");
    }
}
