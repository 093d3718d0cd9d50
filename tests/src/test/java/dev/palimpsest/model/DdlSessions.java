package dev.palimpsest.model;

import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.EngineException;
import dev.palimpsest.api.IndexSchema;
import dev.palimpsest.api.IsolationLevel;
import dev.palimpsest.api.Row;
import dev.palimpsest.api.RowStream;
import dev.palimpsest.api.Scan;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.api.Table;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.TransactionOptions;
import dev.palimpsest.scheduler.Step;
import dev.palimpsest.sim.SeededScheduler;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.SplittableRandom;

/**
 * What the sessions of {@link DdlSimulationTest} do: transfers between rows, which keep the number of rows and the sum of {@code v};
 * reads that check both, and each index against the heap; definitions. Errors that a user retries end a transaction and count nothing.
 * Under the seeded scheduler, where one session runs at a time.
 */
final class DdlSessions {
    static final String TABLE = "t";

    /** Reading it takes a snapshot without locking {@link #TABLE}. */
    static final String OTHER_TABLE = "other";

    static final int ROWS = 24;
    static final long EACH = 100;
    static final int KINDS = 3;
    private static final int KEYS = 10;
    private static final int WRITER = 0;
    private static final int READER = 1;
    private static final int DEFINER = 2;

    private final Database db;
    private final Table table;
    private final SeededScheduler scheduler;
    private final int[] commits;

    /** @param commits counted up by kind of session */
    DdlSessions(Database db, SeededScheduler scheduler, int[] commits) {
        this.db = db;
        this.table = db.table(TABLE);
        this.scheduler = scheduler;
        this.commits = commits;
    }

    /** Nothing is shown by sessions that only fail. */
    static void requireWork(int[] commits) {
        for (int count : commits) {
            if (count < ROWS) {
                throw new AssertionError("too few transactions commit");
            }
        }
    }

    void write(SplittableRandom random, int transactions) {
        for (int i = 0; i < transactions; i++) {
            boolean repeatable = random.nextBoolean();
            TransactionOptions options = isolation(repeatable).withSynchronousCommit(random.nextInt(3) != 0);
            attempt(WRITER, options, tx -> {
                if (repeatable && random.nextBoolean()) {
                    verify(tx, null, random);
                }
                for (int left = 1 + random.nextInt(4); left > 0; left--) {
                    if (repeatable) {
                        transfer(tx, random);
                    } else {
                        update(tx, random, random.nextInt(3) == 0);
                    }
                    if (repeatable && random.nextInt(4) == 0) {
                        verify(tx, null, random);
                    }
                }
                return random.nextInt(5) != 0;
            });
        }
    }

    void read(SplittableRandom random, int transactions) {
        for (int i = 0; i < transactions; i++) {
            attempt(READER, TransactionOptions.READ_ONLY, tx -> {
                List<String> first = null;
                if (random.nextBoolean()) {
                    first = rows(table.scan(tx, Scan.all()));
                } else {
                    db.table(OTHER_TABLE).get(tx, 1L);
                }
                for (int left = 1 + random.nextInt(3); left > 0; left--) {
                    scheduler.step(Step.HEAP_WAIT_OVER);
                    if (random.nextBoolean()) {
                        scheduler.park(this, 100_000L * (1 + random.nextInt(50)));
                    }
                    verify(tx, first, random);
                }
                return true;
            });
        }
    }

    /** @param prefix of the names of the tables that it makes */
    void define(SplittableRandom random, int transactions, String prefix) {
        for (int i = 0; i < transactions; i++) {
            boolean repeatable = random.nextBoolean();
            String name = prefix + i;
            attempt(DEFINER, isolation(repeatable), tx -> {
                if (repeatable) {
                    transfers(tx, random);
                } else if (random.nextBoolean()) {
                    changeKeys(tx, random);
                }
                createOrDropIndex(tx, random);
                if (random.nextInt(4) == 0) {
                    createTable(tx, name, random.nextBoolean());
                }
                if (repeatable) {
                    verify(tx, null, random);
                    transfers(tx, random);
                    verify(tx, null, random);
                }
                return random.nextInt(4) != 0;
            });
        }
    }

    private static TransactionOptions isolation(boolean repeatable) {
        return TransactionOptions.DEFAULT.withIsolation(
                repeatable ? IsolationLevel.REPEATABLE_READ : IsolationLevel.READ_COMMITTED);
    }

    /** @return false to roll back */
    private interface Work {
        boolean run(Transaction tx);
    }

    /** Another session has deleted the row: the transaction is given up. */
    private static final class RowGone extends RuntimeException {
        private static final long serialVersionUID = 1L;
    }

    private void attempt(int kind, TransactionOptions options, Work work) {
        try (Transaction tx = db.begin(options)) {
            if (work.run(tx)) {
                tx.commit();
                commits[kind]++;
            } else {
                tx.rollback();
            }
        } catch (StoppedException e) {
            throw e;
        } catch (EngineException | RowGone e) {
            // lost against another session
        }
    }

    private void transfers(Transaction tx, SplittableRandom random) {
        for (int left = random.nextInt(3); left > 0; left--) {
            transfer(tx, random);
        }
    }

    /** Of any kind; reads before it writes, so only where the snapshot stays. */
    private void transfer(Transaction tx, SplittableRandom random) {
        switch (random.nextInt(5)) {
            case 0 -> replace(tx, random);
            case 1 -> update(tx, random, true);
            default -> update(tx, random, false);
        }
    }

    private void replace(Transaction tx, SplittableRandom random) {
        long id = random.nextInt(ROWS);
        Row row = table.get(tx, id);
        require(row != null && table.delete(tx, id));
        table.insert(tx, id, key(random), row.longValue(2), padding(random));
    }

    private void update(Transaction tx, SplittableRandom random, boolean keys) {
        long from = random.nextInt(ROWS);
        long to = random.nextInt(ROWS);
        long amount = 1 + random.nextInt(5);
        if (from != to) {
            add(tx, random, from, -amount, keys);
            add(tx, random, to, amount, keys);
        }
    }

    private void add(Transaction tx, SplittableRandom random, long id, long amount, boolean keys) {
        long key = key(random);
        String padding = random.nextInt(4) == 0 ? padding(random) : null;
        require(table.update(tx, id, change -> {
            if (keys) {
                change.setLong(1, key);
            }
            if (padding != null) {
                change.set(3, padding);
            }
            change.setLong(2, change.row().longValue(2) + amount);
        }));
    }

    private static void require(boolean found) {
        if (!found) {
            throw new RowGone();
        }
    }

    private static long key(SplittableRandom random) {
        return random.nextInt(KEYS);
    }

    /** Long enough now and then that an update leaves its page. */
    private static String padding(SplittableRandom random) {
        return "x".repeat(random.nextInt(4) == 0 ? 900 : 20 + random.nextInt(200));
    }

    private void changeKeys(Transaction tx, SplittableRandom random) {
        table.update(tx, 1L, change -> change.setLong(1, key(random)));
        table.updateAll(
                tx, Scan.all().where(row -> row.longValue(0) % 3 == 0), change -> change.setLong(1, key(random)));
    }

    private void createOrDropIndex(Transaction tx, SplittableRandom random) {
        List<IndexSchema> indexes = table.indexes(tx);
        if (indexes.size() < 2 || indexes.size() < 4 && random.nextBoolean()) {
            String[] columns = random.nextBoolean() ? new String[] {"k"} : new String[] {"v", "k"};
            tx.createIndex(IndexSchema.on(TABLE, columns));
        } else {
            tx.dropIndex(indexes.get(1 + random.nextInt(indexes.size() - 1)).name());
        }
    }

    private void createTable(Transaction tx, String name, boolean dropAgain) {
        tx.createTable(TableSchema.named(name)
                .column("a", ColumnType.BIGINT)
                .primaryKey("a")
                .build());
        db.table(name).insert(tx, 5L);
        if (dropAgain) {
            tx.dropTable(name);
        }
    }

    /** @param first what the transaction's snapshot showed before, or null */
    private void verify(Transaction tx, List<String> first, SplittableRandom random) {
        List<String> all = rows(table.scan(tx, Scan.all()));
        expect(ROWS, all.size(), "rows");
        expect(ROWS * EACH, all.stream().mapToLong(DdlSessions::amount).sum(), "sum");
        if (first != null) {
            expect(first, all, "the same snapshot later");
        }
        for (IndexSchema index : table.indexes(tx)) {
            Scan scan = Scan.index(index.name());
            expect(all, rows(table.scan(tx, random.nextBoolean() ? scan : scan.reversed())), index.toString());
        }
        for (int i = 0; i < 3; i++) {
            long id = random.nextInt(ROWS);
            Row row = table.get(tx, id);
            String found = all.stream()
                    .filter(text -> text.startsWith(id + ":"))
                    .findFirst()
                    .orElse(null);
            expect(found, row == null ? null : text(row), "get " + id);
        }
    }

    private static void expect(Object expected, Object found, String what) {
        if (!Objects.equals(expected, found)) {
            throw new AssertionError(what + "\nexpected " + expected + "\nfound    " + found);
        }
    }

    private static List<String> rows(RowStream stream) {
        List<String> rows = new ArrayList<>();
        try (stream) {
            while (stream.hasNext()) {
                rows.add(text(stream.next()));
            }
        }
        Collections.sort(rows);
        return rows;
    }

    private static String text(Row row) {
        return row.longValue(0) + ":" + row.longValue(1) + ":" + row.longValue(2);
    }

    private static long amount(String row) {
        return Long.parseLong(row.substring(row.lastIndexOf(':') + 1));
    }
}
