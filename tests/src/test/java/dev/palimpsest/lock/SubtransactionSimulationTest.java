package dev.palimpsest.lock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.CanceledException;
import dev.palimpsest.api.RetryException;
import dev.palimpsest.api.WaitPolicy;
import dev.palimpsest.scheduler.Step;
import dev.palimpsest.sim.SeededScheduler;
import dev.palimpsest.sim.Seeds;
import dev.palimpsest.wal.EnginePoison;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

/**
 * Sessions that lock rows and relations within savepoints, roll back to them and release them. Whoever waits for a row goes on when its
 * locker's subtransaction is over, not before and not never (then the scheduler reports that all wait); what a rollback gives back is
 * exactly what was first locked since.
 */
class SubtransactionSimulationTest {
    private static final int SESSIONS = 4;
    private static final int ROWS = 3;
    private static final int RELATIONS = 3;
    private static final LockMode[] MODES = LockMode.values();

    /** Who has locked a row, as the bits of row locks would say. */
    private record RowLock(Owner owner, long number, int subId, int row) {}

    /** A relation's mode, and the subtransaction that took it first. */
    private record Held(int relation, LockMode mode, int subId) {}

    private static final class Owner extends LockOwner {
        final int id;
        final List<Held> held = new ArrayList<>();

        /** Subtransactions of the open savepoints. */
        final List<Integer> savepoints = new ArrayList<>();

        Owner(int id) {
            this.id = id;
        }

        @Override
        public long processId() {
            return id;
        }

        void savepoint() {
            savepoints.add(openSub());
        }

        private int subBefore(int index) {
            return index == 0 ? 0 : savepoints.get(index - 1);
        }

        void release(int index) {
            savepoints.subList(index, savepoints.size()).clear();
            leaveSub(subBefore(index));
        }

        void rolledBackTo(int index) {
            int firstSub = savepoints.get(index);
            held.removeIf(lock -> lock.subId >= firstSub);
            release(index);
            savepoints.add(openSub());
        }
    }

    private static final class Run implements RowLockHook {
        final SeededScheduler scheduler;
        final List<Owner> owners = new ArrayList<>();
        final List<RowLock> rows = new ArrayList<>();
        final LockTable table;
        int waits;
        int rollbacks;
        int deadlocks;

        Run(long seed) {
            scheduler = new SeededScheduler(seed);
            table = new LockTable(
                    scheduler, new EnginePoison(), action -> List.copyOf(owners).forEach(action));
            table.onRelease(this);
            scheduler.run(() -> {
                for (int i = 0; i < SESSIONS; i++) {
                    Owner owner = new Owner(i + 1);
                    owners.add(owner);
                    scheduler.spawnSession("s" + i, () -> session(owner));
                }
            });
        }

        @Override
        public void rolledBackTo(LockOwner owner, int subId) {
            rows.removeIf(lock -> lock.owner == owner && lock.subId >= subId);
        }

        @Override
        public void ended(LockOwner owner) {
            rows.removeIf(lock -> lock.owner == owner);
        }

        private void session(Owner owner) {
            for (int i = 0; i < 6; i++) {
                try {
                    transaction(owner);
                } catch (RetryException e) {
                    deadlocks++;
                } catch (CanceledException e) {
                    owner.clearCancel();
                }
                owner.held.clear();
                owner.savepoints.clear();
                table.releaseAll(owner);
                scheduler.step(Step.STATEMENT);
            }
        }

        private void transaction(Owner owner) {
            RandomGenerator random = scheduler.random();
            for (int i = random.nextInt(10); i >= 0; i--) {
                int depth = owner.savepoints.size();
                switch (random.nextInt(depth == 0 ? 7 : 10)) {
                    case 0, 1, 2 -> lockRow(owner, random.nextInt(ROWS));
                    case 3, 4 -> lockRelation(owner, random);
                    case 5, 6 -> owner.savepoint();
                    case 7 -> owner.release(random.nextInt(depth));
                    default -> rollBackTo(owner, random.nextInt(depth));
                }
                scheduler.step(Step.STATEMENT);
            }
        }

        private void lockRow(Owner owner, int row) {
            for (RowLock other = conflict(owner, row); other != null; other = conflict(owner, row)) {
                waits++;
                scheduler.step(Step.LOCK_REQUESTED); // it may be over by now
                table.waitForSub(owner, other.owner, other.number, other.subId, WaitContext.NONE);
                assertFalse(rows.contains(other), "went on before it was over, or would spin: " + other);
            }
            owner.noteRowLocks();
            rows.add(new RowLock(owner, owner.beginNumber(), owner.currentSubId(), row));
        }

        private RowLock conflict(Owner owner, int row) {
            return rows.stream()
                    .filter(lock -> lock.row == row && lock.owner != owner)
                    .findFirst()
                    .orElse(null);
        }

        private void lockRelation(Owner owner, RandomGenerator random) {
            int relation = 1 + random.nextInt(RELATIONS);
            LockMode mode = MODES[random.nextInt(3) == 0 ? random.nextInt(MODES.length) : random.nextInt(3)];
            WaitPolicy wait = random.nextInt(6) == 0 ? WaitPolicy.SKIP_LOCKED : WaitPolicy.BLOCK;
            if (!table.lockRelation(owner, relation, mode, wait, "r")) {
                return;
            }
            for (Owner other : owners) {
                for (Held held : other.held) {
                    assertFalse(
                            other != owner && held.relation == relation && held.mode.conflictsWith(mode),
                            () -> mode + " granted while another holds " + held);
                }
            }
            if (owner.held.stream().noneMatch(held -> held.relation == relation && held.mode == mode)) {
                owner.held.add(new Held(relation, mode, owner.currentSubId()));
            }
            compare(owner);
        }

        private void rollBackTo(Owner owner, int index) {
            rollbacks++;
            table.rollbackToSub(owner, owner.savepoints.get(index));
            owner.rolledBackTo(index);
            compare(owner);
        }

        /** The table holds what the model says, no more and no less. */
        private void compare(Owner owner) {
            TreeSet<String> expected = new TreeSet<>();
            owner.held.forEach(held -> expected.add(held.relation + " " + held.mode));
            TreeSet<String> actual = new TreeSet<>();
            for (LockEntry entry : table.entries()) {
                if (entry.granted()
                        && entry.processId() == owner.id
                        && entry.tag().kind() == LockTag.Kind.RELATION) {
                    actual.add(entry.tag().first() + " " + entry.mode());
                }
            }
            assertEquals(expected, actual);
        }
    }

    @Test
    void shouldWakeWhoeverWaitsAndGiveBackWhatWasLockedSince() {
        int[] counts = new int[3];
        Seeds.forEach(600, seed -> {
            Run run = new Run(seed);
            assertEquals(List.of(), run.table.entries());
            assertEquals(List.of(), run.rows);
            counts[0] += run.waits;
            counts[1] += run.rollbacks;
            counts[2] += run.deadlocks;
        });
        if (Long.getLong("palimpsest.seed") == null) {
            assertTrue(
                    counts[0] > 1000 && counts[1] > 1000 && counts[2] > 50,
                    "waits=" + counts[0] + " rollbacks=" + counts[1] + " deadlocks=" + counts[2]);
        }
    }
}
