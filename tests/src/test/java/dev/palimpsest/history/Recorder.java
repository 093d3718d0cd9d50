package dev.palimpsest.history;

import dev.palimpsest.history.Read.Seen;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;

/** Writes windows down: one clock and one counter of versions for a whole run, a {@link History} a window. Thread-safe as members say. */
final class Recorder {
    private final AtomicLong clock = new AtomicLong();
    private final AtomicLong versions = new AtomicLong();

    /** Guarded by this. */
    private History current = new History();

    /** Any thread. */
    long newVersion() {
        return versions.incrementAndGet();
    }

    /** A transaction of any thread, which alone uses it from here on. */
    HistoryTransaction begin(String name, boolean repeatableRead, boolean synchronous) {
        HistoryTransaction transaction =
                new HistoryTransaction(newVersion(), name, repeatableRead, synchronous, clock::incrementAndGet);
        synchronized (this) {
            current.add(transaction);
        }
        return transaction;
    }

    /**
     * Ends the window and begins the next one with the rows that are there. When all transactions have ended, or died.
     *
     * @param reader has read all rows in its first statement, and was not begun here
     * @param groups of its rows, in their order
     * @param survivors see {@link History#endsWith}
     * @param goesOn whether the next window is about the same rows
     */
    synchronized History endWindow(HistoryTransaction reader, int[] groups, Set<Long> survivors, boolean goesOn) {
        History ended = current;
        ended.endsWith(reader, survivors);
        current = new History();
        List<Seen> rows = reader.reads.get(0).rows();
        for (int i = 0; goesOn && i < rows.size(); i++) {
            current.startsWith(
                    rows.get(i).key(),
                    rows.get(i).id(),
                    groups[i],
                    withoutLast(rows.get(i).list()));
        }
        return ended;
    }

    /** For the reader of {@link #endWindow}. */
    HistoryTransaction reader() {
        return new HistoryTransaction(0, "the reader at the end", true, true, clock::incrementAndGet);
    }

    private static long[] withoutLast(long[] list) {
        return list == null ? new long[0] : java.util.Arrays.copyOf(list, list.length - 1);
    }
}
