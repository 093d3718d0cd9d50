package dev.palimpsest.latch;

/** Per thread, the ranks held: only used by assertions, so production pays nothing for it. */
final class HeldLatches {
    private static final ThreadLocal<int[]> COUNTS = ThreadLocal.withInitial(() -> new int[LatchRank.values().length]);

    private HeldLatches() {}

    static boolean mayAcquire(LatchRank rank) {
        int[] counts = COUNTS.get();
        for (int r = rank.nests() ? rank.ordinal() + 1 : rank.ordinal(); r < counts.length; r++) {
            if (counts[r] != 0) {
                throw new AssertionError("latch order: acquiring " + rank + " while holding " + LatchRank.values()[r]);
            }
        }
        return true;
    }

    static boolean acquired(LatchRank rank) {
        COUNTS.get()[rank.ordinal()]++;
        return true;
    }

    static boolean released(LatchRank rank) {
        int left = --COUNTS.get()[rank.ordinal()];
        assert left >= 0 : "latch released twice, rank=" + rank;
        return true;
    }

    static boolean none() {
        for (int count : COUNTS.get()) {
            if (count != 0) {
                return false;
            }
        }
        return true;
    }
}
