package dev.palimpsest.tx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.IsolationLevel;
import dev.palimpsest.api.WaitPolicy;
import dev.palimpsest.id.Lsn;
import dev.palimpsest.lock.LockMode;
import dev.palimpsest.lock.LockTag;
import dev.palimpsest.lock.WaitContext;
import dev.palimpsest.scheduler.Step;
import dev.palimpsest.sim.SeededScheduler;
import dev.palimpsest.sim.Seeds;
import dev.palimpsest.sim.SimulatedDisk;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * One row with its versions in a list: writers make new ones, a reclaimer drops by the horizon, readers of every kind look. At every
 * interleaving each snapshot finds exactly the version that it must see, as often as it looks.
 */
class SnapshotReclaimSimulationTest {
    private static final int RELATION = 9;
    private static final LockTag ROW = LockTag.tuple(RELATION, 1);

    private static final class Version {
        final long xmin;
        final int value;
        long xmax;
        boolean dropped;

        Version(long xmin, int value) {
            this.xmin = xmin;
            this.value = value;
        }
    }

    private static final class Run {
        final SeededScheduler scheduler;
        final List<Version> versions = new ArrayList<>();
        SimulatedTransactions engine;
        int dropped;
        int looks;
        boolean writersDone;

        Run(long seed) {
            scheduler = new SeededScheduler(seed);
            SimulatedDisk disk = new SimulatedDisk(seed);
            disk.requireEngineTasksOf(scheduler);
            scheduler.run(() -> root(disk));
        }

        private void root(SimulatedDisk disk) {
            engine = new SimulatedTransactions(scheduler, disk);
            versions.add(new Version(1, 0));
            List<Thread> writers = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                int number = i;
                writers.add(scheduler.spawnSession("writer" + i, () -> write(number)));
            }
            scheduler.spawnSession("rr", () -> read(IsolationLevel.REPEATABLE_READ));
            scheduler.spawnSession("rc", () -> read(IsolationLevel.READ_COMMITTED));
            scheduler.spawnSession("reclaim", this::reclaim);
            writers.forEach(scheduler::join);
            writersDone = true;
        }

        private void write(int number) {
            Transaction t = null;
            for (int i = 0; i < 6; i++) {
                t = engine.manager.begin(t, IsolationLevel.READ_COMMITTED, false);
                t.beginStatement(SnapshotKind.OPEN, RELATION);
                engine.manager.locks().lock(t, ROW, LockMode.EXCLUSIVE, WaitPolicy.BLOCK, new WaitContext("t", 1));
                long xid = engine.manager.assignXid(t);
                Version newest = newestCommitted();
                assertFalse(newest.dropped, "an open snapshot's chain");
                newest.xmax = xid;
                Version mine = new Version(xid, newest.value + 1);
                versions.add(mine);
                scheduler.step(Step.HEAP_CHANGED);
                t.endStatement();
                if (scheduler.random().nextInt(5) == 0) {
                    engine.manager.abort(t);
                } else {
                    engine.manager.commit(t, scheduler.random().nextBoolean());
                    t = engine.manager.begin(t, IsolationLevel.READ_COMMITTED, true);
                    assertTrue(look(t, t.beginStatement()) >= mine.value, "sees its own last commit");
                    t.endStatement();
                    engine.manager.commit(t, true);
                }
            }
        }

        private Version newestCommitted() {
            Version newest = null;
            for (Version version : versions) {
                long csn = csn(version.xmin);
                if (csn != TransactionManager.ABORTED && csn != Lsn.INFINITE) {
                    newest = version;
                }
            }
            return newest;
        }

        private void read(IsolationLevel isolation) {
            while (!writersDone) {
                Transaction t = engine.manager.begin(isolation, true);
                int first = look(t, t.beginStatement());
                SnapshotHandle cursor = scheduler.random().nextInt(3) == 0 ? t.retainSnapshot() : null;
                for (int i = scheduler.random().nextInt(4); i >= 0; i--) {
                    scheduler.step(Step.STATEMENT);
                    assertEquals(first, look(t, t.snapshot()));
                }
                t.endStatement();
                if (cursor != null) {
                    int later = look(t, t.beginStatement());
                    assertEquals(first, look(t, cursor.snapshot()));
                    assertTrue(isolation == IsolationLevel.READ_COMMITTED ? later >= first : later == first);
                    cursor.close();
                    t.endStatement();
                }
                engine.manager.commit(t, true);
                scheduler.park(this, 1_000_000);
            }
        }

        /** The value of the one version that a snapshot sees. */
        private int look(Transaction t, Snapshot snapshot) {
            looks++;
            Version seen = null;
            for (Version version : new ArrayList<>(versions)) {
                scheduler.step(Step.PAGE_READ_OPTIMISTIC);
                if (sees(snapshot, version.xmin) && !(version.xmax != 0 && sees(snapshot, version.xmax))) {
                    assertFalse(version.dropped, "dropped but visible, value=" + version.value);
                    assertEquals(null, seen, "two versions visible");
                    seen = version;
                }
            }
            assertNotNull(seen, "no version visible");
            return seen.value;
        }

        private boolean sees(Snapshot snapshot, long xid) {
            long csn = csn(xid);
            return csn >= 0 && csn <= snapshot.csn();
        }

        private long csn(long xid) {
            return xid == 1 ? 0 : engine.manager.commitCsn(xid);
        }

        private void reclaim() {
            while (!writersDone) {
                Horizon horizon = engine.manager.captureHorizon();
                scheduler.step(Step.HEAP_BEFORE_LATCH);
                for (Version version : new ArrayList<>(versions)) {
                    long begin = csn(version.xmin);
                    long end = version.xmax == 0 ? Lsn.INFINITE : csn(version.xmax);
                    boolean dead = begin == TransactionManager.ABORTED
                            || end >= 0 && begin != Lsn.INFINITE && !horizon.needed(begin, end, RELATION);
                    if (dead && !version.dropped) {
                        version.dropped = true;
                        dropped++;
                    }
                    scheduler.step(Step.HEAP_PRUNED);
                }
                scheduler.park(this, 100_000);
            }
        }
    }

    @Test
    void shouldShowEachSnapshotItsVersionAtEveryInterleaving() {
        int[] dropped = new int[1];
        int[] looks = new int[1];
        Seeds.forEach(150, seed -> {
            Run run = new Run(seed);
            dropped[0] += run.dropped;
            looks[0] += run.looks;
        });
        assertTrue(dropped[0] > 100 && looks[0] > 1000, "dropped=" + dropped[0] + " looks=" + looks[0]);
    }

    @Test
    void shouldTakeTheSameWayForTheSameSeed() {
        for (long seed = 0; seed < 10; seed++) {
            assertEquals(new Run(seed).scheduler.traceHash(), new Run(seed).scheduler.traceHash(), "seed=" + seed);
        }
    }
}
