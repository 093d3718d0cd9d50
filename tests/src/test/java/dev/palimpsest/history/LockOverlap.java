package dev.palimpsest.history;

import dev.palimpsest.api.RowLockMode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Locks of rows, explicit ones and those of changes: nobody may have one while another transaction has one that conflicts, and who gets it
 * after another sees what that one committed in all statements that he calls from then on.
 *
 * <p>In force for certain from the return of the statement that took it to the call of the transaction's end.
 */
final class LockOverlap {
    /** How far back a lock's forerunners are looked for: enough, since those of one row nearly all conflict. */
    private static final int MOST_BEFORE = 6;

    private record Held(HistoryTransaction by, RowLockMode mode, int key, long from, String what) {}

    /** Told of each "by then this transaction's commit must be visible". */
    interface Handover {
        void after(HistoryTransaction first, HistoryTransaction second, long moment);
    }

    private final History history;
    private final HistoryReport report;
    private final Map<Integer, List<Held>> locks = new HashMap<>();

    LockOverlap(History history, HistoryReport report) {
        this.history = history;
        this.report = report;
    }

    void check(Handover handover) {
        for (HistoryTransaction transaction : history.transactions) {
            collect(transaction);
        }
        for (List<Held> ofKey : locks.values()) {
            ofKey.sort(Comparator.comparingLong(Held::from));
            for (int i = 1; i < ofKey.size(); i++) {
                for (int j = i - 1; j >= Math.max(0, i - MOST_BEFORE); j--) {
                    compare(ofKey.get(j), ofKey.get(i), handover);
                }
            }
        }
    }

    private void collect(HistoryTransaction transaction) {
        for (Write write : transaction.writes) {
            if (write.kind != Write.Kind.INSERT && !write.isUndone()) {
                RowLockMode mode = write.kind == Write.Kind.DELETE ? RowLockMode.UPDATE : RowLockMode.NO_KEY_UPDATE;
                add(new Held(transaction, mode, write.key, write.returned, write.toString()));
            }
        }
        for (Read read : transaction.reads) {
            if (read.lock() != null && !transaction.isUndone(read.position())) {
                read.rows().forEach(row -> {
                    String what = read.lock().sql() + " of " + row;
                    add(new Held(transaction, read.lock(), row.key(), read.returned(), what));
                });
            }
        }
    }

    private void add(Held held) {
        locks.computeIfAbsent(held.key(), key -> new ArrayList<>()).add(held);
    }

    private void compare(Held first, Held second, Handover handover) {
        if (first.by() == second.by() || !first.mode().conflictsWith(second.mode())) {
            return;
        }
        if (second.from() < first.by().endCalled()) {
            report.violation(
                    Anomaly.LOCKS_OVERLAP,
                    second.by() + " had " + second.what() + " from " + second.from() + " on, though " + first.by()
                            + " had " + first.what() + " from " + first.from() + " to "
                            + first.by().endCalled());
        }
        if (first.by().isCommitted()) {
            handover.after(first.by(), second.by(), second.from());
        }
    }
}
