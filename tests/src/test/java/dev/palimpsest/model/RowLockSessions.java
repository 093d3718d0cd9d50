package dev.palimpsest.model;

import dev.palimpsest.api.CanceledException;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.IsolationLevel;
import dev.palimpsest.api.RetryException;
import dev.palimpsest.api.Row;
import dev.palimpsest.api.RowLockMode;
import dev.palimpsest.api.RowStream;
import dev.palimpsest.api.Scan;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.Table;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.TransactionOptions;
import dev.palimpsest.api.UsageException;
import dev.palimpsest.api.WaitPolicy;
import dev.palimpsest.scheduler.Step;
import dev.palimpsest.sim.SeededScheduler;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * What the sessions of {@link RowLockSimulationTest} do: transactions that lock, change, delete and insert rows, with savepoints. Each says
 * to {@link RowLockOracle} what it is about to get and what it has got. Under the seeded scheduler, where one session runs at a time.
 */
final class RowLockSessions {
    static final String TABLE = "t";

    /** These are never deleted and keep their keys. */
    static final int STABLE_ROWS = 4;

    static final int ROWS = 7;

    /** What was done, for the test to see that all of it was. */
    static final class Counts {
        int commits;
        int skipped;
        int refused;
        int deadlocks;
        int serializationFailures;
        int rollbacksToSavepoints;

        @Override
        public String toString() {
            return "commits=" + commits + " skipped=" + skipped + " refused=" + refused + " deadlocks=" + deadlocks
                    + " 40001=" + serializationFailures + " rolled back to savepoints=" + rollbacksToSavepoints;
        }
    }

    private final Database db;
    private final Table table;
    private final SeededScheduler scheduler;
    private final RowLockOracle oracle;
    private final Counts counts;

    /** What committed transactions added to each row that stays. */
    final long[] added = new long[STABLE_ROWS];

    RowLockSessions(Database db, SeededScheduler scheduler, RowLockOracle oracle, Counts counts) {
        this.db = db;
        this.table = db.table(TABLE);
        this.scheduler = scheduler;
        this.oracle = oracle;
        this.counts = counts;
    }

    /** One session's transactions, one after the other. */
    final class Session {
        private final RowLockOracle.Party party = oracle.newParty();
        private final SplittableRandom random;
        private Transaction tx;
        private boolean repeatable;

        /** What this transaction added, by row; one map a savepoint. */
        private final List<Map<Integer, Long>> adds = new ArrayList<>();

        /** What others have made of the rows that this transaction has locked against updates. */
        private final Map<Integer, Long> lockedValues = new HashMap<>();

        Session(SplittableRandom random) {
            this.random = random;
        }

        void run(int transactions) {
            for (int i = 0; i < transactions; i++) {
                repeatable = random.nextInt(3) == 0;
                IsolationLevel level = repeatable ? IsolationLevel.REPEATABLE_READ : IsolationLevel.READ_COMMITTED;
                tx = db.begin(
                        TransactionOptions.DEFAULT.withIsolation(level).withSynchronousCommit(random.nextInt(4) == 0));
                adds.clear();
                adds.add(new HashMap<>());
                lockedValues.clear();
                statements();
                scheduler.step(Step.STATEMENT);
            }
        }

        private void statements() {
            boolean wantsCommit = random.nextInt(5) != 0;
            for (int left = 1 + random.nextInt(6); left > 0; left--) {
                if (!statement()) {
                    if (adds.size() > 1 && random.nextInt(3) != 0) {
                        rollbackTo(1 + random.nextInt(adds.size() - 1));
                    } else {
                        wantsCommit = false;
                        break;
                    }
                }
                scheduler.step(Step.STATEMENT);
                if (random.nextInt(4) == 0) {
                    scheduler.park(this, 50_000L * (1 + random.nextInt(20)));
                }
            }
            party.letGo(0);
            if (wantsCommit) {
                tx.commit();
                counts.commits++;
                adds.forEach(level -> level.forEach((row, value) -> added[row] += value));
            } else {
                tx.rollback();
            }
            party.over(0);
        }

        /** @return false if it failed */
        private boolean statement() {
            party.enter();
            boolean failed = true;
            try {
                switch (random.nextInt(12)) {
                    case 0, 1, 2 -> lock(random.nextInt(ROWS), anyMode(), WaitPolicy.BLOCK);
                    case 3 -> lock(random.nextInt(STABLE_ROWS), anyMode(), WaitPolicy.NOWAIT);
                    case 4 -> lock(random.nextInt(STABLE_ROWS), anyMode(), WaitPolicy.SKIP_LOCKED);
                    case 5 -> lockSome();
                    case 6, 7 -> update(random.nextInt(ROWS));
                    case 8 -> deleteOrInsert(STABLE_ROWS + random.nextInt(ROWS - STABLE_ROWS));
                    case 9 -> changeKey(STABLE_ROWS + random.nextInt(ROWS - STABLE_ROWS));
                    case 10 -> savepoint();
                    default -> readBack();
                }
                failed = false;
            } catch (RetryException e) {
                counts.deadlocks += e.sqlState() == SqlState.DEADLOCK_DETECTED ? 1 : 0;
                counts.serializationFailures += e.sqlState() == SqlState.SERIALIZATION_FAILURE ? 1 : 0;
                if (e.sqlState() == SqlState.SERIALIZATION_FAILURE && !repeatable) {
                    throw new AssertionError("40001 at READ COMMITTED", e);
                }
            } catch (CanceledException e) {
                counts.refused++;
                party.refused(e);
            } catch (UsageException e) {
                if (e.sqlState() != SqlState.UNIQUE_VIOLATION) {
                    throw e;
                }
            } finally {
                party.leave(failed);
            }
            return !failed;
        }

        private RowLockMode anyMode() {
            return RowLockMode.values()[random.nextInt(4)];
        }

        private int level() {
            return adds.size() - 1;
        }

        private void lock(int row, RowLockMode mode, WaitPolicy policy) {
            party.wants(row, mode, level(), policy != WaitPolicy.BLOCK);
            Row locked = table.lock(tx, mode, policy, (long) row);
            if (locked != null) {
                party.has(row, mode, level());
                checkValue(row, mode, locked);
            } else if (row < STABLE_ROWS) {
                counts.skipped++;
                party.skipped(row, policy);
            }
        }

        /** Locks the first few that are free, in index order. */
        private void lockSome() {
            RowLockMode mode = anyMode();
            int limit = 1 + random.nextInt(3);
            for (int row = 0; row < ROWS; row++) {
                party.wants(row, mode, level(), row < STABLE_ROWS);
            }
            int got = 0;
            int expected = 0;
            Scan scan = Scan.index(TABLE + "_pkey")
                    .lock(mode, WaitPolicy.SKIP_LOCKED)
                    .limit(limit);
            try (RowStream rows = table.scan(tx, scan)) {
                while (rows.hasNext()) {
                    int row = (int) rows.next().longValue(0);
                    for (; expected < row && expected < STABLE_ROWS; expected++) {
                        party.skipped(expected, WaitPolicy.SKIP_LOCKED);
                    }
                    expected = row + 1;
                    if (row < ROWS) {
                        party.has(row, mode, level());
                    }
                    got++;
                }
            }
            if (got > limit) {
                throw new AssertionError("locks more than its limit: " + got);
            }
            for (; got < limit && expected < STABLE_ROWS; expected++) {
                party.skipped(expected, WaitPolicy.SKIP_LOCKED);
            }
        }

        private void update(int row) {
            long amount = 1 + random.nextInt(5);
            boolean otherIndexKey = random.nextInt(4) == 0;
            String filler = "x".repeat(random.nextInt(8) == 0 ? 900 : 20 + random.nextInt(40));
            party.wants(row, RowLockMode.NO_KEY_UPDATE, level(), false);
            boolean done = table.update(tx, row, change -> {
                change.setLong(2, change.row().longValue(2) + amount).set(3, filler);
                if (otherIndexKey) {
                    change.setLong(1, change.row().longValue(1) + 1);
                }
            });
            if (done) {
                party.has(row, RowLockMode.NO_KEY_UPDATE, level());
                if (row < STABLE_ROWS) {
                    adds.get(level()).merge(row, amount, Long::sum);
                }
            } else if (row < STABLE_ROWS) {
                throw new AssertionError("an update missed a row that is always there, row=" + row);
            }
        }

        private void deleteOrInsert(int row) {
            party.wants(row, RowLockMode.UPDATE, level(), false);
            if (table.delete(tx, (long) row)) {
                party.has(row, RowLockMode.UPDATE, level());
            } else {
                table.insert(tx, (long) row, 0L, 0L, "new");
                party.has(row, RowLockMode.UPDATE, level());
            }
        }

        /** There and back in two statements, so that the row's chain leads over a key that nobody else uses. */
        private void changeKey(int row) {
            party.wants(row, RowLockMode.UPDATE, level(), false);
            long parkedAt = 100 + row;
            if (table.update(tx, row, change -> change.setLong(0, parkedAt))) {
                party.has(row, RowLockMode.UPDATE, level());
                if (random.nextInt(4) != 0) {
                    table.update(tx, parkedAt, change -> change.setLong(0, row));
                } else {
                    table.delete(tx, parkedAt);
                }
            }
        }

        private void savepoint() {
            if (adds.size() > 1 && random.nextInt(3) == 0) {
                rollbackTo(1 + random.nextInt(adds.size() - 1));
                return;
            }
            tx.savepoint("s" + adds.size());
            adds.add(new HashMap<>());
        }

        /** @param savepoint the first level that goes */
        private void rollbackTo(int savepoint) {
            party.letGo(savepoint);
            lockedValues.keySet().removeIf(row -> {
                RowLockMode mode = party.strongest(row);
                return mode == null || mode == RowLockMode.KEY_SHARE;
            });
            tx.rollbackTo("s" + savepoint);
            party.over(savepoint);
            while (adds.size() > savepoint) {
                adds.remove(adds.size() - 1);
            }
            adds.add(new HashMap<>());
            counts.rollbacksToSavepoints++;
        }

        /** What is locked against updates has the value that it had, and what is locked at all is there. */
        private void readBack() {
            for (int row = 0; row < ROWS; row++) {
                RowLockMode mode = party.strongest(row);
                if (mode != null && !repeatable) {
                    Row now = table.get(tx, row);
                    if (now == null) {
                        if (row < STABLE_ROWS || mode != RowLockMode.UPDATE) {
                            throw new AssertionError("a locked row is gone, row=" + row);
                        }
                    } else {
                        checkValue(row, mode, now);
                    }
                }
            }
        }

        private void checkValue(int row, RowLockMode mode, Row now) {
            if (row >= STABLE_ROWS || mode == RowLockMode.KEY_SHARE || repeatable) {
                return;
            }
            long own = adds.stream()
                    .mapToLong(level -> level.getOrDefault(row, 0L))
                    .sum();
            long others = now.longValue(2) - own;
            Long before = lockedValues.putIfAbsent(row, others);
            if (before != null && before != others) {
                throw new AssertionError("row " + row + " was locked with " + before + " and has " + others
                        + " by others now; " + oracle.describe(row));
            }
        }
    }
}
