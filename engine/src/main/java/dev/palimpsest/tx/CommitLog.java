package dev.palimpsest.tx;

import static dev.palimpsest.tx.StatusLayout.*;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.id.Xid;
import dev.palimpsest.latch.Latch;
import dev.palimpsest.latch.LatchRank;
import dev.palimpsest.scheduler.Scheduler;
import dev.palimpsest.storage.Disk;
import dev.palimpsest.storage.DiskFile;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.LongSupplier;

/**
 * The status of every transaction, durable: two bits a xid. Chunks are loaded when first asked for and written by checkpoints; those
 * below the {@link #truncationPoint} are gone, and their xids read as committed.
 *
 * <p>Look-ups of loaded chunks are lock-free. A status goes from 0 to its final value once and never changes again, so replaying the
 * WAL gives the same. Thread-safe. Source of the idea: PostgreSQL, {@code clog.c}.
 */
public final class CommitLog {
    public static final int IN_PROGRESS = 0;
    public static final int COMMITTED = 1;
    public static final int ABORTED = 2;

    /** Chunks of ended xids kept in memory: 8 KiB each. */
    private static final int KEPT_CHUNKS = 512;

    private static final long LOW_BITS = 0x5555_5555_5555_5555L;
    private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);
    private static final VarHandle CHUNK = MethodHandles.arrayElementVarHandle(Chunk[].class);

    /** One chunk in memory. */
    private static final class Chunk {
        private static final VarHandle HIGHEST_LSN;

        static {
            try {
                HIGHEST_LSN = MethodHandles.lookup().findVarHandle(Chunk.class, "highestLsn", long.class);
            } catch (ReflectiveOperationException e) {
                throw new ExceptionInInitializerError(e);
            }
        }

        /** By atomic or; read by acquire. */
        final long[] words;

        /** The end of the last record that a status here came from; raised before the status is stored. CAS. */
        volatile long highestLsn;

        /** Set after a status was stored, cleared before the chunk is copied for writing. */
        volatile boolean dirty;

        /** The file has it with all xids ended: nobody stores into it any more. Guarded by STATUS. */
        boolean complete;

        Chunk(long[] words) {
            this.words = words;
        }

        void raiseHighestLsn(long lsn) {
            for (long now = highestLsn; now < lsn; now = highestLsn) {
                if (HIGHEST_LSN.compareAndSet(this, now, lsn)) {
                    return;
                }
            }
        }
    }

    /** What every chunk below the truncation point reads as. Never stored into. */
    private static final Chunk TRUNCATED = truncated();

    private final StatusFiles files;
    private final Latch latch;

    /** By chunk number; null if not in memory. Grown and filled under STATUS; elements release/acquire. */
    private volatile Chunk[] chunks = new Chunk[16];

    /** What began before this and has no status was cut off by a crash. Set once, before the first transaction. */
    private volatile long firstXidOfThisRun = Long.MAX_VALUE;

    /** Of the chunks before this one every sector was written. Set once, before the first look-up. */
    private volatile int chunksOnDisk;

    /** All below are committed, before every snapshot; a multiple of the chunk's size. Grows under STATUS. */
    private volatile long truncationPoint;

    /** Every lower xid has ended: where the last look for the first that hasn't left off. Any thread, a lower one only costs time. */
    private volatile long endedBelow;

    /** Chunks after this one have no xid of a former run and are new when first used. Guarded by STATUS. */
    private int newestChunk = Integer.MAX_VALUE;

    /** The next xid to be handed out: nobody may ask for this one or a later one. Set with {@link #firstXidOfThisRun}. */
    private volatile LongSupplier nextXid = () -> Long.MAX_VALUE;

    public CommitLog(Disk disk, Scheduler scheduler) {
        this.files = new StatusFiles(disk);
        this.latch = new Latch(LatchRank.STATUS, scheduler);
    }

    /**
     * {@link #IN_PROGRESS}, {@link #COMMITTED} or {@link #ABORTED}. A committed one may not be published yet: see
     * {@link TransactionManager#isInProgress}.
     *
     * @throws StoppedException XX001 if the log is damaged there
     */
    public int status(long xid) {
        long index = xid >>> XIDS_PER_CHUNK_BITS;
        Chunk[] current = chunks;
        Chunk chunk = index < current.length ? (Chunk) CHUNK.getAcquire(current, (int) index) : null;
        if (chunk == null) {
            chunk = loaded(xid);
        }
        int status = bits(chunk, xid);
        return status != IN_PROGRESS ? status : xid < firstXidOfThisRun ? endedBefore(xid) : IN_PROGRESS;
    }

    /**
     * Before anything is read: the last checkpoint has written the chunks of all xids below this one, so what is missing of them is lost.
     *
     * @param xid the checkpoint's next one
     */
    public void expectWritten(long xid) {
        chunksOnDisk = xid <= Xid.FIRST_NORMAL ? 0 : (int) (xid - 1 >>> XIDS_PER_CHUNK_BITS) + 1;
    }

    /** Recovery is over: xids from {@code first} on are new, those before without a status are aborted. */
    void startRun(long firstXid, LongSupplier nextXidNow) {
        latch.acquireExclusive();
        try {
            int index = (int) (firstXid >>> XIDS_PER_CHUNK_BITS);
            Chunk[] current = chunks;
            for (int i = index + 1; i < current.length; i++) {
                current[i] = null;
            }
            for (int i = Math.max(chunksOnDisk, (int) (truncationPoint >>> XIDS_PER_CHUNK_BITS)); i < index; i++) {
                load(i).dirty = true; // also one with no status at all is written by the next checkpoint
            }
            // a status of a xid that no durable record mentions is void: the xid will be handed out again
            Chunk chunk = load(index);
            int word = wordIndex(firstXid);
            chunk.words[word] &= (1L << shift(firstXid)) - 1;
            Arrays.fill(chunk.words, word + 1, WORDS_PER_CHUNK, 0);
            chunk.dirty = true;
            newestChunk = index;
        } finally {
            latch.releaseExclusive();
        }
        nextXid = nextXidNow;
        firstXidOfThisRun = firstXid;
    }

    /** What began before this run; every xid of it has a final status. */
    long firstXidOfThisRun() {
        return firstXidOfThisRun;
    }

    /** @param lsn the end of the commit record */
    void setCommitted(long xid, long lsn) {
        set(xid, COMMITTED, lsn);
    }

    /** @param lsn the end of the abort record */
    void setAborted(long xid, long lsn) {
        set(xid, ABORTED, lsn);
    }

    /** @return the point that {@link #truncate} moves to for this one: the first xid of its chunk */
    static long alignedPoint(long xid) {
        return xid & -XIDS_PER_CHUNK;
    }

    /** Lower xids read as committed, whatever they were: nobody has one that was rolled back. */
    public long truncationPoint() {
        return truncationPoint;
    }

    /**
     * Forgets all statuses below a point. The new point is durable, or comes from the log or the control record at open. What files there are
     * stay until {@link #removeFiles}.
     *
     * @param point a multiple of the chunk's size; no effect unless it is above the one so far
     */
    public void truncate(long point) {
        assert point == alignedPoint(point);
        latch.acquireExclusive();
        try {
            if (point > truncationPoint) {
                truncationPoint = point; // before the chunks go: who finds none looks here
                Chunk[] current = chunks;
                for (int i = 0; i < Math.min(current.length, (int) (point >>> XIDS_PER_CHUNK_BITS)); i++) {
                    CHUNK.setRelease(current, i, (Chunk) null);
                }
            }
        } finally {
            latch.releaseExclusive();
        }
    }

    /**
     * Removes files that have nothing but xids below a point. For the checkpointer's task.
     *
     * @param point at or below that of every control record that recovery may start from
     */
    public void removeFiles(long point) {
        latch.acquireExclusive();
        try {
            files.removeBefore((int) (point >>> XIDS_PER_CHUNK_BITS));
        } finally {
            latch.releaseExclusive();
        }
    }

    /** The lowest xid that hasn't ended, at most {@code next}, the next one to be handed out. */
    long firstUnended(long next) {
        long xid = Math.max(Math.max(endedBelow, truncationPoint), Math.min(firstXidOfThisRun, next)) & ~31L;
        while (xid < next && wordEnded((long) WORD.getAcquire(chunk(xid).words, wordIndex(xid)), xid)) {
            xid += 32;
        }
        endedBelow = Math.min(xid, next);
        while (xid < next && (xid < firstXidOfThisRun || bits(chunk(xid), xid) != IN_PROGRESS)) {
            xid++;
        }
        return Math.min(xid, next);
    }

    /** True if all of {@code count} xids from {@code from} on have ended; both multiples of 32. */
    boolean allEnded(long from, int count) {
        for (long xid = from; xid < from + count; xid += 32) {
            if (!wordEnded((long) WORD.getAcquire(chunk(xid).words, wordIndex(xid)), xid)) {
                return false;
            }
        }
        return true;
    }

    /**
     * Writes what changed since the last call, and forces it. For the checkpointer's task.
     *
     * @param wal made durable up to the highest record that a written status came from, before it is written
     */
    public void writeDirty(CommitWal wal) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(CHUNK_BYTES).order(ByteOrder.LITTLE_ENDIAN);
        long[] words = new long[WORDS_PER_CHUNK];
        Set<DiskFile> written = new LinkedHashSet<>();
        makeAllInUse();
        Chunk[] current = chunks;
        for (int i = 0; i < current.length; i++) {
            Chunk chunk = (Chunk) CHUNK.getAcquire(current, i);
            if (chunk == null || !chunk.dirty) {
                continue;
            }
            chunk.dirty = false; // volatile: a status stored after the copy marks it again
            for (int w = 0; w < WORDS_PER_CHUNK; w++) {
                words[w] = (long) WORD.getVolatile(chunk.words, w);
            }
            wal.flush(chunk.highestLsn); // read after the copy: it covers every status in it
            StatusFiles.form(words, i, buffer);
            DiskFile file = fileForWriting(i, chunk, words);
            files.write(file, i, buffer);
            written.add(file);
        }
        written.forEach(DiskFile::force);
        evict();
    }

    /** Each chunk that has an xid in use is written by the next checkpoint, statuses or not: so a missing one is known to be lost. */
    private void makeAllInUse() {
        long next = nextXid.getAsLong();
        if (next == Long.MAX_VALUE) {
            return;
        }
        latch.acquireExclusive();
        try {
            for (int index = newestChunk + 1; index <= next - 1 >>> XIDS_PER_CHUNK_BITS; index++) {
                load(index);
            }
        } finally {
            latch.releaseExclusive();
        }
    }

    /** Not for callers' threads. */
    public void close() {
        latch.acquireExclusive();
        try {
            files.close();
        } finally {
            latch.releaseExclusive();
        }
    }

    private void set(long xid, int status, long lsn) {
        if (xid < truncationPoint) {
            return; // redo starts before the point's record
        }
        Chunk chunk = chunk(xid);
        chunk.raiseHighestLsn(lsn);
        int before = (int) ((long) WORD.getAndBitwiseOr(chunk.words, wordIndex(xid), (long) status << shift(xid))
                        >>> shift(xid))
                & 3;
        assert before == IN_PROGRESS || before == status
                : "status of " + xid + " changes from " + before + " to " + status;
        if (!chunk.dirty) { // seen set after the atomic or: whoever clears it now copies the status
            chunk.dirty = true;
        }
    }

    private Chunk chunk(long xid) {
        long index = xid >>> XIDS_PER_CHUNK_BITS;
        Chunk[] current = chunks;
        Chunk chunk = index < current.length ? (Chunk) CHUNK.getAcquire(current, (int) index) : null;
        return chunk != null ? chunk : loaded(xid);
    }

    private Chunk loaded(long xid) {
        long index = xid >>> XIDS_PER_CHUNK_BITS;
        if (xid < truncationPoint && xid >= 0) {
            return TRUNCATED;
        }
        if (xid <= 0 || xid >= nextXid.getAsLong() || index > Integer.MAX_VALUE / 4) {
            throw new StoppedException(SqlState.DATA_CORRUPTED, "could not access status of transaction " + xid);
        }
        latch.acquireExclusive();
        try {
            return xid < truncationPoint ? TRUNCATED : load((int) index);
        } finally {
            latch.releaseExclusive();
        }
    }

    /** Caller holds STATUS. */
    private Chunk load(int index) {
        Chunk[] current = chunks;
        if (index >= current.length) {
            current = Arrays.copyOf(current, Math.max(index + 1, current.length * 2));
            chunks = current;
        }
        Chunk chunk = current[index];
        if (chunk == null) {
            boolean fresh = index > newestChunk;
            newestChunk = Math.max(index, newestChunk);
            chunk = new Chunk(fresh ? new long[WORDS_PER_CHUNK] : files.read(index, index < chunksOnDisk));
            chunk.dirty = fresh;
            chunk.complete = !fresh && allEnded(chunk.words, index);
            CHUNK.setRelease(current, index, chunk);
        }
        return chunk;
    }

    private DiskFile fileForWriting(int index, Chunk chunk, long[] copy) {
        latch.acquireExclusive();
        try {
            chunk.complete = allEnded(copy, index); // evicted only after the write
            return files.file(index, true);
        } finally {
            latch.releaseExclusive();
        }
    }

    /** Forgets the oldest chunks beyond the limit whose content is final and on disk. */
    private void evict() {
        latch.acquireExclusive();
        try {
            Chunk[] current = chunks;
            int loaded = 0;
            for (Chunk chunk : current) {
                loaded += chunk == null ? 0 : 1;
            }
            for (int i = 0; i < current.length && loaded > KEPT_CHUNKS; i++) {
                if (current[i] != null && current[i].complete && !current[i].dirty) {
                    CHUNK.setRelease(current, i, (Chunk) null);
                    loaded--;
                }
            }
        } finally {
            latch.releaseExclusive();
        }
    }

    private static Chunk truncated() {
        Chunk chunk = new Chunk(new long[WORDS_PER_CHUNK]);
        Arrays.fill(chunk.words, LOW_BITS * COMMITTED);
        return chunk;
    }

    private static int endedBefore(long xid) {
        return xid < Xid.FIRST_NORMAL && xid > 0 ? COMMITTED : ABORTED;
    }

    private boolean wordEnded(long word, long firstXid) {
        long before = firstXidOfThisRun - firstXid; // so many of its xids belong to former runs
        long needed = before >= 32 ? 0 : before <= 0 ? LOW_BITS : LOW_BITS & -1L << 2 * before;
        return ((word | word >>> 1) & needed) == needed;
    }

    private boolean allEnded(long[] words, int index) {
        long first = (long) index << XIDS_PER_CHUNK_BITS;
        for (int w = 0; w < words.length; w++) {
            if (!wordEnded(words[w], first + 32L * w)) {
                return false;
            }
        }
        return true;
    }

    private static int bits(Chunk chunk, long xid) {
        return (int) ((long) WORD.getAcquire(chunk.words, wordIndex(xid)) >>> shift(xid)) & 3;
    }

    private static int wordIndex(long xid) {
        return (int) (xid & XIDS_PER_CHUNK - 1) >>> 5;
    }

    private static int shift(long xid) {
        return (int) (xid & 31) * 2;
    }
}
