package dev.palimpsest.tx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Collapsing and removing numbers changes no answer for a live snapshot or one to come, and keeps memory small. */
class CommitNumbersTest {
    private static final int CHUNK = CommitNumbers.CHUNK_XIDS;

    /** Random transactions, snapshots and trims against the exact map. */
    @Test
    void shouldAnswerLikeExactNumbersForEveryLiveSnapshot() {
        for (int seed = 0; seed < 12; seed++) {
            Random random = new Random(seed);
            Model model = new Model(3 + random.nextInt(2 * CHUNK), random);
            for (int step = 0; step < 25; step++) {
                model.run(200 + random.nextInt(2 * CHUNK));
                model.changeSnapshots();
                model.trim();
                model.check();
            }
        }
    }

    @Test
    void shouldNotGrowWithCommits() {
        CommitNumbers numbers = new CommitNumbers(3);
        List<Long> pinned = new ArrayList<>();
        long open = 1_000_000; // never ends
        long most = 0;
        long csn = 8;
        for (long xid = 3; xid < 5_000_000; xid++) {
            if (xid != open) {
                csn += 8;
                numbers.store(xid, csn);
            }
            if (xid == 10_000 || xid == 2_000_000 || xid == 3_500_000) {
                pinned.add(csn);
            }
            if (xid % CHUNK == 0) {
                HorizonBuilder horizon = new HorizonBuilder(csn);
                pinned.forEach(horizon::point);
                long next = xid + 1;
                numbers.trim(
                        horizon.build(),
                        (from, count) -> from + count <= next && (open < from || open >= from + count || open >= next),
                        next,
                        csn);
                most = Math.max(most, numbers.estimatedBytes());
            }
        }
        // exact: a chunk for each pinned snapshot, one for the open transaction, the newest ones; the rest is 4 bytes
        // for 4096 xids
        assertTrue(most < 8 * 33_000 + 2 * 4 * (5_000_000 / CHUNK) + 2_000, "bytes=" + most);
        assertEquals(0, numbers.number(100), "older than every snapshot");
        assertTrue(numbers.number(20_000) > pinned.get(0) && numbers.number(20_000) <= pinned.get(1));
        assertTrue(numbers.number(4_999_999) > pinned.get(2));
        // all pins gone but for the open transaction: nothing is left but its chunk and the newest
        long end = csn;
        numbers.trim(
                new HorizonBuilder(end).build(), (from, count) -> open < from || open >= from + count, 5_000_000, end);
        assertTrue(
                numbers.estimatedBytes() < 3 * 33_000 + 8 * (5_000_000 / CHUNK), "bytes=" + numbers.estimatedBytes());
    }

    @Test
    void shouldKeepNumberUntilItIsDurable() {
        CommitNumbers numbers = new CommitNumbers(CHUNK);
        for (int i = 0; i < CHUNK; i++) {
            numbers.store(CHUNK + i, 1000 + i);
        }
        Horizon nobody = new HorizonBuilder(9000).build();
        numbers.trim(nobody, (from, count) -> true, 2 * CHUNK, 2000);
        assertEquals(999 + CHUNK, numbers.number(CHUNK), "collapsed, not removed: no number would mean durable");
        numbers.trim(nobody, (from, count) -> true, 2 * CHUNK, 1000 + CHUNK);
        assertEquals(0, numbers.number(CHUNK));
    }

    @Test
    void shouldNotCollapseAbovePendingSlot() {
        CommitNumbers numbers = new CommitNumbers(CHUNK);
        for (int i = 0; i < CHUNK; i++) {
            numbers.store(CHUNK + i, 1000 + i);
        }
        HorizonBuilder horizon = new HorizonBuilder(9000);
        horizon.pending(1500);
        numbers.trim(horizon.build(), (from, count) -> true, 2 * CHUNK, 9000);
        assertEquals(1000, numbers.number(CHUNK), "the pending snapshot may become any number from 1500 on");
    }

    /** Transactions that end in random order, some never, with their exact numbers. */
    private static final class Model {
        private final Random random;
        private final CommitNumbers numbers;
        private final Map<Long, Long> exact = new HashMap<>();
        private final List<Long> open = new ArrayList<>();
        private final List<Long> snapshots = new ArrayList<>();
        private long nextXid;
        private long csn = 8;

        Model(long firstXid, Random random) {
            this.random = random;
            this.nextXid = firstXid;
            this.numbers = new CommitNumbers(firstXid);
        }

        void run(int count) {
            int mostOpen = 1 + random.nextInt(50);
            for (int i = 0; i < count; i++) {
                open.add(nextXid++);
                while (open.size() > mostOpen) {
                    long xid = open.remove(random.nextInt(open.size()));
                    if (random.nextInt(10) != 0) {
                        csn += 8;
                        numbers.store(xid, csn);
                        exact.put(xid, csn);
                    }
                }
                if (random.nextInt(1000) == 0) {
                    snapshots.add(csn);
                }
            }
        }

        void changeSnapshots() {
            while (snapshots.size() > 5 || !snapshots.isEmpty() && random.nextBoolean()) {
                snapshots.remove(random.nextInt(snapshots.size()));
            }
        }

        void trim() {
            HorizonBuilder horizon = new HorizonBuilder(csn);
            for (long snapshot : snapshots) {
                if (random.nextBoolean()) {
                    horizon.point(snapshot);
                } else {
                    horizon.open(snapshot, random.nextInt(2));
                }
            }
            numbers.trim(
                    horizon.build(),
                    (from, count) -> from + count <= nextXid
                            && open.stream().noneMatch(xid -> xid >= from && xid < from + count),
                    nextXid,
                    csn);
        }

        void check() {
            for (Map.Entry<Long, Long> one : exact.entrySet()) {
                long number = numbers.number(one.getKey());
                for (long snapshot : snapshots) {
                    assertEquals(one.getValue() <= snapshot, number <= snapshot, "xid=" + one.getKey());
                }
                assertTrue(number <= csn, "visible to the next snapshot");
            }
        }
    }
}
