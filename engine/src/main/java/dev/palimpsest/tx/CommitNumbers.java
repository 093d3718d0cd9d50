package dev.palimpsest.tx;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * From xid to commit number (CSN), in memory only: no snapshot survives a restart, so numbers needn't either.
 *
 * <pre>
 *   window of chunks of 4096 xids      null       older than every live snapshot (or nothing stored yet)
 *   [ null null C C C C E C E E ]      C          one number, shared by neighbours, for chunks that no live snapshot separates
 *                                      E          exact: long[4096], 0 = no number
 * </pre>
 *
 * <p>Look-ups are lock-free: status first, number second. {@link #store} and {@link #trim} are for the publisher under PUBLISH.
 * Why collapsing changes no answer: README.md, "Commit numbers".
 */
public final class CommitNumbers {
    static final int CHUNK_BITS = 12;
    static final int CHUNK_XIDS = 1 << CHUNK_BITS;

    /** Object header, fields and array header of an exact chunk, and one of a shared number. For {@link #estimatedBytes}. */
    private static final int EXACT_BYTES = 8 * CHUNK_XIDS + 16 + 40;

    private static final int COLLAPSED_BYTES = 40;
    private static final VarHandle NUMBER = MethodHandles.arrayElementVarHandle(long[].class);
    private static final VarHandle CHUNK = MethodHandles.arrayElementVarHandle(Chunk[].class);

    /** Exact while {@link #numbers} isn't null, else collapsed into {@link #highest}. */
    private static final class Chunk {
        /** Release/acquire by element. */
        final long[] numbers;

        /** Guarded by PUBLISH; final in a collapsed chunk. Known once ended: the range of its numbers. */
        long lowest = Long.MAX_VALUE;

        long highest;
        boolean ended;

        Chunk(long[] numbers) {
            this.numbers = numbers;
        }

        Chunk(long lowest, long highest) {
            this.numbers = null;
            this.lowest = lowest;
            this.highest = highest;
            this.ended = true;
        }
    }

    /** Chunks from {@code first} on. Elements: release/acquire. */
    private record Window(long first, Chunk[] chunks) {}

    /** Tells which xids have ended. */
    interface EndedXids {
        /** True if all of {@code count} xids from {@code from} on have a final status. */
        boolean allEnded(long from, int count);
    }

    /** Replaced under PUBLISH when it grows or slides. */
    private volatile Window window;

    CommitNumbers(long firstXid) {
        startRun(firstXid);
    }

    /** @param firstXid the lowest xid that can get a number. Caller holds PUBLISH. */
    void startRun(long firstXid) {
        window = new Window(firstXid >>> CHUNK_BITS, new Chunk[4]);
    }

    /**
     * The commit number of a xid whose status was seen as committed before this call; 0 if it is older than every live snapshot.
     * Of ended xids that no live snapshot separates it may be the highest.
     */
    public long number(long xid) {
        Window current = window;
        long index = (xid >>> CHUNK_BITS) - current.first;
        if (index < 0 || index >= current.chunks.length) {
            return 0;
        }
        Chunk chunk = (Chunk) CHUNK.getAcquire(current.chunks, (int) index);
        if (chunk == null) {
            return 0;
        }
        return chunk.numbers == null
                ? chunk.highest
                : (long) NUMBER.getAcquire(chunk.numbers, (int) xid & CHUNK_XIDS - 1);
    }

    /** Older xids have no number any more. */
    long firstXid() {
        return window.first << CHUNK_BITS;
    }

    /** True only if no xid of this chunk has a number above one that a live snapshot stands at. */
    boolean isSeen(long firstXidOfChunk, long csn) {
        Window current = window;
        long index = (firstXidOfChunk >>> CHUNK_BITS) - current.first;
        if (index < 0 || index >= current.chunks.length) {
            return index < 0;
        }
        Chunk chunk = (Chunk) CHUNK.getAcquire(current.chunks, (int) index);
        return chunk != null && chunk.numbers == null && chunk.highest <= csn;
    }

    /** Before the xid's status is stored. Caller holds PUBLISH. */
    void store(long xid, long csn) {
        Window current = window;
        long index = (xid >>> CHUNK_BITS) - current.first;
        assert index >= 0 : "number for a removed chunk, xid=" + xid;
        if (index >= current.chunks.length) {
            current = resized(current.first, (int) Math.max(index + 1, current.chunks.length * 2L));
        }
        Chunk chunk = current.chunks[(int) index];
        if (chunk == null) {
            chunk = new Chunk(new long[CHUNK_XIDS]);
            CHUNK.setRelease(current.chunks, (int) index, chunk);
        }
        assert chunk.numbers != null : "number for a collapsed chunk, xid=" + xid;
        NUMBER.setRelease(chunk.numbers, (int) xid & CHUNK_XIDS - 1, csn);
    }

    /**
     * Collapses and removes what live snapshots don't tell apart. Caller holds PUBLISH.
     *
     * @param nextXid chunks that reach it are still being filled
     * @param durableLsn a number that isn't durable yet is never removed: "no number" also means "durably committed"
     */
    void trim(Horizon horizon, EndedXids ended, long nextXid, long durableLsn) {
        Window current = window;
        long removable = Math.min(horizon.oldest(), durableLsn);
        int full = (int) Math.min(current.chunks.length, Math.max(0, (nextXid >>> CHUNK_BITS) - current.first));
        for (int i = 0; i < full; i++) {
            Chunk chunk = current.chunks[i];
            if (chunk != null
                    && hasEnded(chunk, current.first + i << CHUNK_BITS, ended)
                    && chunk.highest <= removable) {
                CHUNK.setRelease(current.chunks, i, (Chunk) null);
            }
        }
        collapseRuns(current.chunks, full, horizon);
        int leading = 0;
        while (leading < full
                && current.chunks[leading] == null
                && ended.allEnded(current.first + leading << CHUNK_BITS, CHUNK_XIDS)) {
            leading++;
        }
        if (leading > 0) {
            resized(current.first + leading, Math.max(4, current.chunks.length - leading));
        }
    }

    /** What this takes on the heap, about. Caller holds PUBLISH. */
    long estimatedBytes() {
        Chunk[] chunks = window.chunks;
        long bytes = 16 + 4L * chunks.length;
        Chunk previous = null;
        for (Chunk chunk : chunks) {
            if (chunk != null && chunk != previous) {
                bytes += chunk.numbers == null ? COLLAPSED_BYTES : EXACT_BYTES;
            }
            previous = chunk;
        }
        return bytes;
    }

    /** Lets neighbours that no live snapshot separates share one number, runs as long as possible. */
    private static void collapseRuns(Chunk[] chunks, int full, Horizon horizon) {
        int start = 0;
        long lowest = Long.MAX_VALUE;
        long highest = 0;
        for (int i = 0; i < full; i++) {
            Chunk chunk = chunks[i];
            if (chunk == null) {
                continue; // removed, or all aborted: parts no run
            }
            long low = Math.min(lowest, chunk.lowest);
            long high = Math.max(highest, chunk.highest);
            boolean collapses =
                    chunk.ended && chunk.highest <= horizon.limit() && !horizon.separates(chunk.lowest, chunk.highest);
            if (collapses && !horizon.separates(low, high)) {
                lowest = low;
                highest = high;
                continue;
            }
            share(chunks, start, i, lowest, highest);
            start = collapses ? i : i + 1;
            lowest = collapses ? chunk.lowest : Long.MAX_VALUE;
            highest = collapses ? chunk.highest : 0;
        }
        share(chunks, start, full, lowest, highest);
    }

    /** One number for all chunks of a run, unless they share one already. */
    private static void share(Chunk[] chunks, int from, int to, long lowest, long highest) {
        Chunk shared = null;
        for (int i = from; i < to; i++) {
            Chunk chunk = chunks[i];
            if (chunk == null || chunk == shared) {
                continue;
            }
            if (shared == null) {
                boolean same = chunk.numbers == null && chunk.lowest == lowest && chunk.highest == highest;
                shared = same ? chunk : new Chunk(lowest, highest);
            }
            if (chunk != shared) {
                CHUNK.setRelease(chunks, i, shared);
            }
        }
    }

    private static boolean hasEnded(Chunk chunk, long firstXid, EndedXids endedXids) {
        if (!chunk.ended && endedXids.allEnded(firstXid, CHUNK_XIDS)) {
            measure(chunk);
        }
        return chunk.ended;
    }

    private static void measure(Chunk chunk) {
        for (long number : chunk.numbers) {
            if (number != 0) {
                chunk.lowest = Math.min(chunk.lowest, number);
                chunk.highest = Math.max(chunk.highest, number);
            }
        }
        chunk.ended = true;
    }

    private Window resized(long first, int length) {
        Window before = window;
        Chunk[] chunks = new Chunk[length];
        int skip = (int) (first - before.first);
        System.arraycopy(before.chunks, skip, chunks, 0, Math.min(length, before.chunks.length - skip));
        Window after = new Window(first, chunks);
        window = after;
        return after;
    }
}
