package dev.palimpsest.tx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.IsolationLevel;
import dev.palimpsest.sim.SeededScheduler;
import dev.palimpsest.sim.Seeds;
import dev.palimpsest.sim.SimulatedDisk;
import dev.palimpsest.tx.TransactionManager.EndedBoundary;
import dev.palimpsest.wal.ResourceManagerId;
import dev.palimpsest.wal.WalOptions;
import dev.palimpsest.wal.WalReader;
import dev.palimpsest.wal.WalRecordBuilder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/**
 * The status log is cut off again and again while transactions commit and roll back, readers look and checkpoints run, under seeded schedules
 * and power cuts. A set of xids, logged, stands for the versions in a table, and a session that removes those of rolled-back transactions
 * for vacuum. At every look, and after every opening: no version of a rolled-back transaction is visible, and none of a committed one isn't.
 */
class StatusTruncationPowerCutTest {
    private static final WalOptions WAL = new WalOptions(64 << 10, 128 << 10, 5_000_000L);
    private static final int INSERT = 100;
    private static final int REMOVE = 101;
    private static final int LIVES = 6;

    private enum Fault {
        NONE,
        /** The table still has one of a rolled-back transaction. */
        ABORTED_LEFT,
        /** The control record has a point of before the statuses were written. */
        POINT_BEFORE_STATUSES,
        /** The status goes although a live snapshot is older than what ended, or than the removals. */
        READERS_NOT_ASKED
    }

    private int truncations;
    private int cuts;
    private int looks;

    @Test
    void shouldNeverShowARolledBackVersion() {
        Seeds.forEach(150, seed -> new Run(seed, Fault.NONE).live());
        String counts = "truncations=" + truncations + " cuts=" + cuts + " looks=" + looks;
        System.out.println("StatusTruncationPowerCutTest: " + counts);
        if (Long.getLong("palimpsest.seed") == null) {
            assertTrue(truncations > 100 && cuts > 150 && looks > 5000, counts);
        }
    }

    @Test
    void shouldNoticeAVersionThatIsLeft() {
        assertNoticed(Fault.ABORTED_LEFT);
    }

    @Test
    void shouldNoticeAPointOfBeforeTheStatuses() {
        assertNoticed(Fault.POINT_BEFORE_STATUSES);
    }

    @Test
    void shouldNoticeReadersThatAreNotAsked() {
        assertNoticed(Fault.READERS_NOT_ASKED);
    }

    private void assertNoticed(Fault fault) {
        assertThrows(AssertionError.class, () -> Seeds.forEach(1500, seed -> new Run(seed, fault).live()));
    }

    private final class Run {
        private final long seed;
        private final Fault fault;
        private final SplittableRandom random;
        private final SimulatedDisk disk;

        /** Xids whose versions are in the table, in this life. */
        private Set<Long> table = new TreeSet<>();

        private final Set<Long> aborted = new HashSet<>();
        private final Set<Long> durable = new HashSet<>();

        /** Of this life: when they were published. */
        private final Map<Long, Long> csns = new HashMap<>();

        Run(long seed, Fault fault) {
            this.seed = seed;
            this.fault = fault;
            random = new SplittableRandom(seed);
            disk = new SimulatedDisk(seed);
        }

        void live() {
            for (int life = 0; life < LIVES; life++) {
                SeededScheduler scheduler = new SeededScheduler(seed * LIVES + life);
                disk.requireEngineTasksOf(scheduler);
                boolean last = life == LIVES - 1;
                disk.crashAt(last ? Long.MAX_VALUE / 2 : 1 + random.nextInt(life == 0 ? 150 : 120));
                scheduler.run(() -> work(scheduler));
                cuts += disk.isOff() ? 1 : 0;
                if (!disk.isOff()) {
                    disk.powerCut(random.nextLong());
                }
                disk.reopenAfterCut();
            }
        }

        private void work(SeededScheduler scheduler) {
            // each life begins in a chunk of its own, some in a file of its own: so that the lives before can be cut
            // off
            long step = random.nextInt(10) == 0
                    ? (long) StatusLayout.CHUNKS_PER_FILE * StatusLayout.XIDS_PER_CHUNK
                    : StatusLayout.XIDS_PER_CHUNK;
            SimulatedTransactions engine = new SimulatedTransactions(scheduler, disk, WAL, step);
            readTable(engine);
            csns.clear();
            lookAtAll(engine);
            for (int i = 0; i < 2; i++) {
                scheduler.spawnSession("writer" + i, () -> {
                    for (int n = 0; n < 12; n++) {
                        write(scheduler, engine);
                    }
                });
            }
            scheduler.spawnSession("reader", () -> {
                for (int n = 0; n < 6; n++) {
                    read(scheduler, engine);
                }
            });
            scheduler.spawnSession("vacuum", () -> {
                for (int n = 0; n < 6; n++) {
                    vacuum(scheduler, engine);
                    scheduler.park(this, 1_000_000);
                }
            });
            scheduler.spawnSession("checkpoints", () -> {
                for (int n = 0; n < 4; n++) {
                    scheduler.park(this, 2_000_000);
                    engine.checkpoint(true, fault != Fault.POINT_BEFORE_STATUSES);
                }
            });
        }

        /** What the log makes of it: it is never cut off here. */
        private void readTable(SimulatedTransactions engine) {
            table = new TreeSet<>();
            engine.onEngineTask(() -> {
                try (WalReader reader = engine.wal.read(engine.firstLsn())) {
                    while (reader.next()) {
                        if (reader.record().rmgr() == ResourceManagerId.HEAP) {
                            long xid = reader.record().payloadLong(0);
                            if (reader.record().info() == INSERT) {
                                table.add(xid);
                            } else {
                                table.remove(xid);
                            }
                        }
                    }
                }
            });
        }

        private void log(SimulatedTransactions engine, int info, long xid) {
            engine.wal.append(new WalRecordBuilder()
                    .begin(ResourceManagerId.HEAP, info, info == INSERT ? xid : 0)
                    .putLong(xid));
        }

        private void write(SeededScheduler scheduler, SimulatedTransactions engine) {
            TransactionManager manager = engine.manager;
            Transaction transaction = manager.begin(IsolationLevel.READ_COMMITTED, false);
            long xid = manager.assignXid(transaction);
            table.add(xid);
            log(engine, INSERT, xid);
            if (scheduler.random().nextInt(3) == 0) {
                scheduler.park(this, 500_000);
            }
            if (scheduler.random().nextInt(3) == 0) {
                aborted.add(xid); // before: others may see it
                manager.abort(transaction);
                return;
            }
            boolean synchronous = scheduler.random().nextInt(4) != 0;
            manager.commit(transaction, synchronous);
            csns.put(xid, manager.published());
            if (synchronous) {
                durable.add(xid);
            }
        }

        /** A snapshot that stays open for a while sees the same all the time. */
        private void read(SeededScheduler scheduler, SimulatedTransactions engine) {
            Transaction reader = engine.manager.begin(IsolationLevel.REPEATABLE_READ, true);
            reader.beginStatement();
            Set<Long> before = visible(engine, reader.snapshotCsn());
            scheduler.park(this, 2_000_000);
            Set<Long> after = visible(engine, reader.snapshotCsn());
            assertEquals(before, after, "a snapshot sees something else than before");
            engine.manager.abort(reader);
        }

        private Set<Long> visible(SimulatedTransactions engine, long csn) {
            Set<Long> visible = new TreeSet<>();
            for (long xid : table) {
                long number = engine.manager.commitCsn(xid);
                if (number >= 0 && number <= csn) {
                    assertTrue(!aborted.contains(xid), () -> "rolled back and visible: " + xid);
                    visible.add(xid);
                }
                looks++;
            }
            return visible;
        }

        /** After an opening: what was acknowledged is there. */
        private void lookAtAll(SimulatedTransactions engine) {
            Set<Long> visible = visible(engine, engine.manager.published());
            for (long xid : table) {
                assertTrue(!durable.contains(xid) || visible.contains(xid), () -> "committed and not visible: " + xid);
                if (!visible.contains(xid)) {
                    aborted.add(xid); // a crash made it so, for ever
                }
            }
        }

        private void vacuum(SeededScheduler scheduler, SimulatedTransactions engine) {
            EndedBoundary ended = engine.manager.endedBoundary();
            boolean leaves = fault == Fault.ABORTED_LEFT;
            List<Long> found = new ArrayList<>(table);
            for (long xid : found) {
                if (engine.manager.commitCsn(xid) == TransactionManager.ABORTED) {
                    if (leaves) {
                        leaves = false;
                        continue;
                    }
                    log(engine, REMOVE, xid);
                    table.remove(xid);
                }
            }
            EndedBoundary asked = fault == Fault.READERS_NOT_ASKED ? new EndedBoundary(ended.xid(), 0) : ended;
            long established = fault == Fault.READERS_NOT_ASKED ? -1 : engine.manager.published();
            truncations += engine.manager.truncateStatus(ended.xid(), asked, established) ? 1 : 0;
        }
    }
}
