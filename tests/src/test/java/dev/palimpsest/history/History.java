package dev.palimpsest.history;

import dev.palimpsest.history.HistoryTransaction.Fate;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One window of a run: the rows at its beginning, all transactions, and the rows at its end, read after all of them had ended, or after a
 * crash. Bounded, so that any number of windows can be checked one after the other. Filled by one thread.
 *
 * <p>A key lives from the first transaction that names it; all windows of a run number their versions from one counter.
 */
final class History {
    final List<HistoryTransaction> transactions = new ArrayList<>();

    /** Every version that was ever written, by its number. */
    final Map<Long, Write> writes = new HashMap<>();

    private HistoryTransaction endReader;
    private Set<Long> marks;

    /** A row that is there at the beginning. */
    void startsWith(int key, long id, int group, long[] list) {
        writes.put(id, new Write(null, Write.Kind.INSERT, key, id, 0, group, list, -1, 0));
    }

    void add(HistoryTransaction transaction) {
        transactions.add(transaction);
    }

    /**
     * The last transaction of the window, which read all rows.
     *
     * @param survivors after a crash: the numbers of those whose marks are there; null if there was none
     */
    void endsWith(HistoryTransaction reader, Set<Long> survivors) {
        endReader = reader;
        marks = survivors;
        transactions.add(reader);
    }

    /** Numbers the writes and settles who committed. */
    void settle(HistoryReport report) {
        for (HistoryTransaction transaction : transactions) {
            for (Write write : transaction.writes) {
                if (writes.put(write.id, write) != null) {
                    throw new IllegalStateException("two writes have one number: " + write);
                }
            }
        }
        if (marks != null) {
            settleCrash(report);
        }
        for (HistoryTransaction transaction : transactions) {
            if (transaction.fate == Fate.RUNNING || transaction.fate == Fate.COMMITTING) {
                transaction.fate = Fate.ROLLED_BACK;
            }
        }
    }

    /** Who survived its marks tell; who wrote nothing has none and needs none. */
    private void settleCrash(HistoryReport report) {
        for (HistoryTransaction transaction : transactions) {
            boolean called = transaction.fate == Fate.COMMITTED || transaction.fate == Fate.COMMITTING;
            boolean survived = marks.contains(transaction.number);
            if (survived && !called) {
                report.violation(
                        Anomaly.G1A, "after the crash there is " + transaction + ", which never called commit");
            } else if (transaction.hasWrites() && called) {
                if (!survived && transaction.fate == Fate.COMMITTED && transaction.synchronous) {
                    report.violation(
                            Anomaly.LOST_COMMIT, transaction + " was acknowledged and isn't there after the crash");
                }
                transaction.fate = survived ? Fate.COMMITTED : Fate.LOST;
            }
        }
        checkOrderOfLosses(report);
    }

    /** Asynchronous commits may be missing from the end only. */
    private void checkOrderOfLosses(HistoryReport report) {
        HistoryTransaction firstLost = null;
        for (HistoryTransaction lost : transactions) {
            if (lost.fate == Fate.LOST && (firstLost == null || lost.commitReturned < firstLost.commitReturned)) {
                firstLost = lost;
            }
        }
        for (HistoryTransaction later : transactions) {
            if (firstLost != null
                    && later != endReader
                    && later.isCommitted()
                    && later.hasWrites()
                    && later.commitCalled > firstLost.commitReturned) {
                report.violation(
                        Anomaly.LOST_COMMIT,
                        later + " is there, but " + firstLost + " isn't, whose commit had returned before");
            }
        }
    }

    /** From when on somebody may have seen an asynchronous commit that was lost. */
    long firstLoss() {
        long first = Long.MAX_VALUE;
        for (HistoryTransaction transaction : transactions) {
            if (transaction.fate == Fate.LOST && !transaction.synchronous) {
                first = Math.min(first, transaction.commitCalled);
            }
        }
        return first;
    }

    HistoryTransaction endReader() {
        return endReader;
    }
}
