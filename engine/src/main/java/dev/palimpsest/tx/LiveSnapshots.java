package dev.palimpsest.tx;

import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The live snapshots at one moment, for views: who they are, and who of them needs a version. What {@link Horizon} says with one bit, this says
 * by name. Immutable.
 */
public final class LiveSnapshots {
    /**
     * One of them.
     *
     * @param pending its number is being read: it needs everything that ended after {@code csn}
     * @param relation of an open one: the file number of the only relation that it is open in, 0 for all
     * @param holder took it, may have ended; null in tests
     * @param sessionId the holder's
     * @param openedMicros when it was taken, about
     * @param origin where: see {@link Transaction#origin}
     */
    public record Entry(
            long csn,
            SnapshotKind kind,
            boolean pending,
            int relation,
            Transaction holder,
            long sessionId,
            long openedMicros,
            Object origin) {}

    private final long published;
    private final List<Entry> entries;

    LiveSnapshots(long published, List<Entry> entries) {
        this.published = published;
        this.entries =
                entries.stream().sorted(Comparator.comparingLong(Entry::csn)).toList();
    }

    /** The published number before the first was looked at: what ended later isn't dead yet, for these. */
    public long published() {
        return published;
    }

    /** Ascending by number. */
    public List<Entry> entries() {
        return entries;
    }

    /** Who needs what in one relation. */
    public Needs inRelation(int relation) {
        return new Needs(relation);
    }

    /** For one relation. Not thread-safe. */
    public final class Needs {
        private final BitSet open = new BitSet();
        private final Map<Long, BitSet> known = new HashMap<>();

        private Needs(int relation) {
            for (int i = 0; i < entries.size(); i++) {
                Entry entry = entries.get(i);
                if (entry.kind() == SnapshotKind.OPEN && (entry.relation() == 0 || entry.relation() == relation)) {
                    open.set(i);
                }
            }
        }

        /**
         * Indices into {@link #entries} of the snapshots that need a version. The same object for the same snapshots; not to be changed.
         *
         * @param endCsn at most {@link #published}
         */
        public BitSet of(long beginCsn, long endCsn) {
            int low = firstFrom(beginCsn);
            int high = firstFrom(endCsn);
            return known.computeIfAbsent((long) low << 32 | high, key -> find(low, high));
        }

        /** Point ones from low to before high, open ones before high. */
        private BitSet find(int low, int high) {
            BitSet found = open.get(0, high);
            for (int i = low; i < high; i++) {
                if (entries.get(i).kind() == SnapshotKind.POINT) {
                    found.set(i);
                }
            }
            return found;
        }
    }

    /** The first entry with this number or a higher one. */
    private int firstFrom(long csn) {
        int low = 0;
        int high = entries.size();
        while (low < high) {
            int middle = low + high >>> 1;
            if (entries.get(middle).csn() < csn) {
                low = middle + 1;
            } else {
                high = middle;
            }
        }
        return low;
    }
}
