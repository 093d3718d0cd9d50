package dev.palimpsest.table;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** A session's {@link RowCounts}, and what its open transaction has touched. Owner's thread, except as said. */
final class SessionCounts {
    /** Of more tables than this a session keeps no counts of its own: they go to all sessions' common sums. */
    private static final int MOST = 64;

    /** What a table's counts of the open transaction were at a savepoint. */
    private record Mark(RowCounts counts, long inserts, long updates, long deletes) {}

    private final TableActivity activity;

    /** Replaced whole; read by any thread. */
    private volatile RowCounts[] tables = {};

    /** The one asked for last. */
    private RowCounts last;

    private final List<RowCounts> touched = new ArrayList<>(4);

    /** For each open savepoint, what was touched by then; null if there was none yet. */
    private List<List<Mark>> savepoints;

    SessionCounts(TableActivity activity) {
        this.activity = activity;
    }

    /** Of a table that the open transaction is about to change. */
    RowCounts of(int oid) {
        RowCounts counts = last;
        if (counts == null || counts.oid != oid) {
            counts = find(oid);
            last = counts;
        }
        if (!counts.isTouched()) {
            touched.add(counts);
        }
        return counts;
    }

    private RowCounts find(int oid) {
        for (RowCounts counts : tables) {
            if (counts.oid == oid) {
                return counts;
            }
        }
        if (tables.length >= MOST && touched.isEmpty()) {
            retire();
        }
        RowCounts counts = new RowCounts(oid);
        RowCounts[] more = Arrays.copyOf(tables, tables.length + 1);
        more[tables.length] = counts;
        tables = more;
        return counts;
    }

    /** All goes to the common sums. */
    void retire() {
        RowCounts[] all = tables;
        activity.add(all, () -> tables = new RowCounts[0]);
        last = null;
    }

    void ended(boolean committed) {
        for (int i = 0; i < touched.size(); i++) {
            if (committed) {
                touched.get(i).commit();
            } else {
                touched.get(i).abort();
            }
        }
        touched.clear();
        savepoints = null;
    }

    /** A savepoint is set. */
    void mark() {
        if (savepoints == null) {
            savepoints = new ArrayList<>();
        }
        savepoints.add(touched.stream()
                .map(counts -> new Mark(counts, counts.inserts, counts.updates, counts.deletes))
                .toList());
    }

    /** The savepoint with this number, from 0, and those set after it are gone. */
    void release(int savepoint) {
        if (savepoints != null) {
            savepoints.subList(savepoint, savepoints.size()).clear();
        }
    }

    /** What was done since the savepoint with this number is rolled back; it stays. */
    void rollbackTo(int savepoint) {
        if (savepoints == null) {
            return;
        }
        List<Mark> marks = savepoints.get(savepoint);
        for (RowCounts counts : touched) {
            Mark mark = marks.stream()
                    .filter(candidate -> candidate.counts == counts)
                    .findFirst()
                    .orElse(new Mark(counts, 0, 0, 0));
            counts.abortTo(mark.inserts, mark.updates, mark.deletes);
        }
        touched.removeIf(counts -> !counts.isTouched());
        savepoints.subList(savepoint + 1, savepoints.size()).clear();
    }

    /** Any thread. */
    void addTo(Map<Integer, long[]> sums) {
        for (RowCounts counts : tables) {
            counts.addTo(sums.computeIfAbsent(counts.oid, none -> new long[RowCounts.FIELDS]));
        }
    }
}
