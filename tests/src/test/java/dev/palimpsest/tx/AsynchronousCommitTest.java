package dev.palimpsest.tx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.IsolationLevel;
import dev.palimpsest.scheduler.Step;
import dev.palimpsest.sim.ForwardingScheduler;
import dev.palimpsest.sim.SeededScheduler;
import dev.palimpsest.sim.SimulatedDisk;
import dev.palimpsest.wal.WalOptions;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * A commit is in the publisher's queue before the log shows its end, so another asynchronous committer may publish it in between, and a
 * checkpoint may then ask for the force of an end that the log doesn't show yet. The three meet here in exactly this order.
 */
class AsynchronousCommitTest {
    private static final long LONG_NANOS = 1_000_000_000L;

    /** The log's own task stays out of it: it would publish as well. */
    private static final WalOptions QUIET = new WalOptions(64 << 10, 128 << 10, 1_000 * LONG_NANOS);

    /** Who stands where; the tasks of one seeded scheduler run one at a time. */
    private static final class Meeting extends ForwardingScheduler {
        final SeededScheduler seeded;
        final List<String> order = new ArrayList<>();
        private final List<Thread> waiting = new ArrayList<>();

        Meeting(SeededScheduler seeded) {
            super(seeded);
            this.seeded = seeded;
        }

        @Override
        public void step(Step step) {
            String task = Thread.currentThread().getName();
            switch (step) {
                case WAL_RECORD_APPENDED -> {
                    if (task.equals("first")) {
                        happened("in the queue");
                        stay(LONG_NANOS); // in the middle of the append, holding WAL_INSERT, until nobody else can
                        // go on
                        happened("append ends");
                    }
                }
                case COMMIT_APPENDED -> {
                    if (task.equals("second")) {
                        happened("other one appended");
                        await("in the queue");
                    }
                }
                case COMMIT_STATUS_STORED -> {
                    if (task.equals("second")) {
                        happened("published by the other");
                    }
                }
                case CHECKPOINT_REDO_CHOSEN -> {
                    happened("redo chosen");
                    await("published by the other");
                    happened("checkpoint goes on");
                }
                default -> seeded.step(step);
            }
        }

        void await(String event) {
            waiting.add(Thread.currentThread());
            seeded.awaitUninterruptibly(this, () -> order.contains(event));
        }

        private void happened(String event) {
            order.add(event);
            waiting.forEach(seeded::unpark);
        }

        private void stay(long nanos) {
            for (long end = nanoTime() + nanos; nanoTime() < end; ) {
                seeded.park(this, end - nanoTime());
            }
        }
    }

    @Test
    void shouldForceACommitThatIsPublishedBeforeItsAppendEnds() {
        for (long seed = 0; seed < 8; seed++) {
            Meeting meeting = new Meeting(new SeededScheduler(seed));
            SimulatedDisk disk = new SimulatedDisk(seed);
            meeting.seeded.run(() -> meet(meeting, disk));
            int published = meeting.order.indexOf("published by the other");
            assertTrue(published > meeting.order.indexOf("in the queue"), meeting.order::toString);
            assertTrue(
                    meeting.order.indexOf("checkpoint goes on") < meeting.order.indexOf("append ends"),
                    meeting.order::toString);
        }
    }

    private static void meet(Meeting meeting, SimulatedDisk disk) {
        SimulatedTransactions engine = new SimulatedTransactions(meeting, disk, QUIET);
        Transaction first = begin(engine);
        Transaction second = begin(engine);
        long firstXid = first.xid();
        Thread checkpoint = meeting.seeded.spawnSession("checkpoint", () -> engine.checkpoint(true));
        Thread secondCommit = meeting.seeded.spawnSession("second", () -> {
            meeting.await("redo chosen");
            engine.manager.commit(second, false);
        });
        Thread firstCommit = meeting.seeded.spawnSession("first", () -> {
            meeting.await("other one appended"); // nobody gets by this one's append
            engine.manager.commit(first, false);
        });
        meeting.join(checkpoint);
        meeting.join(secondCommit);
        meeting.join(firstCommit);
        assertFalse(engine.poison.isPoisoned());
        assertEquals(CommitLog.COMMITTED, engine.statuses.status(firstXid));
        assertTrue(engine.wal.durableLsn() >= engine.manager.commitCsn(firstXid), "not forced");
    }

    private static Transaction begin(SimulatedTransactions engine) {
        Transaction transaction = engine.manager.begin(IsolationLevel.READ_COMMITTED, false);
        engine.manager.assignXid(transaction);
        return transaction;
    }
}
