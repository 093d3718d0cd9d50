package dev.palimpsest.history;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The versions of one key that committed, in their order. Every write names the version that it replaced, so within a row's life there is
 * nothing to guess; lives of one key follow each other in the order of their inserts, since a unique key is free only once its last row's
 * delete has committed. Before the first insert and after each delete stands an absent version.
 */
final class VersionOrder {
    /** @param by null for what was there at the beginning */
    static final class Version {
        final VersionOrder order;
        final HistoryTransaction by;
        final long id;
        final boolean absent;
        final int group;

        /** The insert that began its life, or its stamp; 0 for what was there. */
        final long insertReturned;

        /** The version of another transaction that it replaced; 0 if none. */
        final long replaced;

        /** Its writer deleted the row and inserted another one: who followed the old one finds it gone. */
        final boolean isAnotherRow;

        int index;

        Version(
                VersionOrder order,
                HistoryTransaction by,
                long id,
                boolean absent,
                int group,
                long replaced,
                long insertReturned,
                boolean isAnotherRow) {
            this.order = order;
            this.by = by;
            this.id = id;
            this.absent = absent;
            this.group = group;
            this.replaced = replaced;
            this.insertReturned = insertReturned;
            this.isAnotherRow = isAnotherRow;
        }

        Version next() {
            return index + 1 < order.versions.size() ? order.versions.get(index + 1) : null;
        }

        long commitCalled() {
            return by == null ? Long.MIN_VALUE : by.commitCalled;
        }

        long commitReturned() {
            return by == null ? Long.MIN_VALUE : by.commitReturned;
        }

        @Override
        public String toString() {
            String what = absent ? "absence of key " + order.key : "version " + id + " of key " + order.key;
            return by == null ? what + " (from the beginning)" : what;
        }
    }

    final int key;
    final List<Version> versions = new ArrayList<>();

    private final Map<Long, Version> unordered = new HashMap<>();
    private Version initial;

    VersionOrder(int key) {
        this.key = key;
    }

    void startsWith(Write row) {
        initial = new Version(this, null, row.id, false, row.group, 0, 0, false);
    }

    /**
     * What one committed transaction made of the key: its first and last write of it, which may be the same.
     *
     * @param insertsAgain whether one of its writes but the first is an insert
     */
    void add(Write first, Write last, boolean insertsAgain) {
        boolean inserts = first.kind == Write.Kind.INSERT;
        boolean deletes = last.kind == Write.Kind.DELETE;
        if (inserts && deletes) {
            return;
        }
        long replaced = first.previous;
        unordered.put(
                last.id,
                new Version(
                        this,
                        last.by,
                        last.id,
                        deletes,
                        last.group,
                        replaced,
                        inserts ? first.returned : -1,
                        insertsAgain));
    }

    /** Puts them in order and reports what can't be. */
    void arrange(HistoryReport report) {
        Map<Long, Version> successors = new HashMap<>();
        List<Version> heads = new ArrayList<>();
        for (Version version : unordered.values()) {
            if (version.insertReturned >= 0) {
                heads.add(version);
                continue;
            }
            Version other = successors.putIfAbsent(version.replaced, version);
            if (other != null) {
                report.violation(
                        Anomaly.LOST_UPDATE,
                        "both " + other.by + " and " + version.by + " replaced version " + version.replaced + " of key "
                                + key + ", by " + other.id + " and " + version.id);
                successors.put(other.id, version); // some order
            }
        }
        heads.sort((a, b) -> Long.compare(a.insertReturned, b.insertReturned));
        if (initial != null) {
            heads.add(0, initial);
        } else {
            put(absent());
        }
        for (Version head : heads) {
            if (!versions.isEmpty() && !versions.get(versions.size() - 1).absent) {
                report.violation(
                        Anomaly.DUPLICATE_KEY,
                        head.by + " inserted version " + head.id + " of key " + key + ", but "
                                + versions.get(versions.size() - 1) + " was never deleted");
            }
            for (Version version = head; version != null; version = successors.remove(version.id)) {
                put(version);
            }
        }
        // the rest replaced versions that never committed: their transactions' reads say so
        unordered.clear();
    }

    /** Before everything. */
    Version absent() {
        return new Version(this, null, 0, true, 0, 0, 0, false);
    }

    private void put(Version version) {
        version.index = versions.size();
        versions.add(version);
    }

    /**
     * The last version that could be read before a moment: its commit had been called.
     *
     * @return its place
     */
    int lastBefore(long moment) {
        int low = 0;
        int high = versions.size() - 1;
        while (low < high) {
            int middle = low + high + 1 >>> 1;
            if (versions.get(middle).commitCalled() < moment) {
                low = middle;
            } else {
                high = middle - 1;
            }
        }
        return low;
    }
}
