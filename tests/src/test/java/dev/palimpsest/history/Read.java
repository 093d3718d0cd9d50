package dev.palimpsest.history;

import dev.palimpsest.api.RowLockMode;
import java.util.Arrays;
import java.util.List;

/**
 * What one statement found: of the keys from {@link #from} to {@link #to} with the group {@link #group}, exactly {@link #rows}.
 *
 * @param kind what the statement did with them
 * @param lock of a LOCK, else null
 * @param position its place among its transaction's reads and writes
 * @param group {@link #ANY_GROUP} for all
 * @param predicate false if it asked for one key
 */
record Read(
        Kind kind,
        RowLockMode lock,
        int position,
        long called,
        long returned,
        int from,
        int to,
        int group,
        boolean predicate,
        List<Seen> rows) {
    enum Kind {
        /** Reads as of its snapshot. */
        SNAPSHOT,
        /** Changes what it finds: at READ COMMITTED the newest versions. */
        CHANGE,
        /** Locks what it finds: at READ COMMITTED the newest versions. */
        LOCK,
        /** Like LOCK, but left out what others had locked: that a row isn't there says nothing. */
        LOCK_SOME
    }

    static final int ANY_GROUP = -1;

    /** @param list the row's list, null if it wasn't read */
    record Seen(int key, long id, long[] list) {
        @Override
        public String toString() {
            return key + "=" + id + (list == null ? "" : Arrays.toString(list));
        }
    }

    boolean asksFor(int key, int rowGroup) {
        return key >= from && key <= to && (group == ANY_GROUP || group == rowGroup);
    }

    Seen seen(int key) {
        for (int i = 0; i < rows.size(); i++) {
            if (rows.get(i).key() == key) {
                return rows.get(i);
            }
        }
        return null;
    }

    @Override
    public String toString() {
        String what = from == to && !predicate ? "key " + from : "keys " + from + " to " + to;
        return kind + (lock == null ? "" : " " + lock.sql()) + " of " + what
                + (group == ANY_GROUP ? "" : " in group " + group) + " between " + called + " and " + returned
                + ", found " + rows;
    }
}
