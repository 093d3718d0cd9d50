package dev.palimpsest.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.DeadlockException;
import dev.palimpsest.api.IndexSchema;
import dev.palimpsest.api.IsolationLevel;
import dev.palimpsest.api.OnConflict;
import dev.palimpsest.api.RetryException;
import dev.palimpsest.api.Row;
import dev.palimpsest.api.RowStream;
import dev.palimpsest.api.Scan;
import dev.palimpsest.api.Table;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.TransactionOptions;
import dev.palimpsest.api.UniqueViolationException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * What the sessions of {@link UpsertSimulationTest} do, and what must be there afterwards: for each id the sum of the amounts that
 * committed transactions put in, less what they took out with the row. Under the seeded scheduler, where one session runs at a time.
 */
final class UpsertSessions {
    static final int COMMITTED = 0;
    static final int LOST = 1;
    static final int WAITS = 2;
    static final int DEADLOCKS = 3;
    static final int COUNTS = 4;

    private static final String TABLE = "amounts";
    private static final int IDS = 5;
    private static final int OTHERS = 6;

    private static final OnConflict ADD = OnConflict.doUpdate(List.of("id"), (change, excluded) -> {
        change.setLong("n", change.row().longValue("n") + excluded.longValue("n"));
        if (excluded.longValue("n") % 7 == 0) {
            change.set("k", excluded.value(1)); // to another key, or to 23505
        }
    });

    private final Table table;
    private final Database db;
    private final int[] counts;
    private final boolean twoIndexes;
    private final Map<Long, Long> expected = new TreeMap<>();

    UpsertSessions(Database db, int[] counts, boolean twoIndexes) {
        this.db = db;
        this.table = db.table(TABLE);
        this.counts = counts;
        this.twoIndexes = twoIndexes;
    }

    /** After another opening. */
    UpsertSessions(Database db, int[] counts, boolean twoIndexes, UpsertSessions before) {
        this(db, counts, twoIndexes);
        expected.putAll(before.expected);
    }

    static void create(Database db, boolean twoIndexes) {
        db.transact(tx -> {
            TableSchema.Builder schema = TableSchema.named(TABLE)
                    .column("id", ColumnType.BIGINT)
                    .column("k", ColumnType.BIGINT)
                    .column("n", ColumnType.BIGINT)
                    .column("pad", ColumnType.TEXT)
                    .primaryKey("id");
            tx.createTable((twoIndexes ? schema.unique("k") : schema).build());
            tx.createIndex(IndexSchema.on(TABLE, "n").named("by_n"));
            return null;
        });
    }

    void mixed(SplittableRandom random, int transactions) {
        for (int i = 0; i < transactions; i++) {
            IsolationLevel level =
                    random.nextInt(4) == 0 ? IsolationLevel.REPEATABLE_READ : IsolationLevel.READ_COMMITTED;
            transaction(TransactionOptions.DEFAULT.withIsolation(level), random.nextInt(6) != 0, (tx, amounts) -> {
                for (int n = 1 + random.nextInt(3); n > 0; n--) {
                    statement(random, tx, amounts);
                }
            });
        }
    }

    void oneRowEach(SplittableRandom random, int transactions) {
        for (int i = 0; i < transactions; i++) {
            transaction(TransactionOptions.DEFAULT, random.nextInt(6) != 0, (tx, amounts) -> {
                insert(
                        tx,
                        amounts,
                        random.nextBoolean() ? ADD : OnConflict.doNothing(),
                        List.<Object[]>of(row(random)));
            });
        }
    }

    /** One statement each, rows in order of both keys. */
    void inOrder(SplittableRandom random, int transactions) {
        for (int i = 0; i < transactions; i++) {
            List<Object[]> rows = new ArrayList<>();
            for (long id = random.nextInt(2); id < 3 * IDS; id += 1 + random.nextInt(3)) {
                rows.add(new Object[] {id, id, 1L + random.nextInt(6), null});
            }
            OnConflict conflict = random.nextBoolean() ? ADD : OnConflict.doNothing();
            transaction(TransactionOptions.DEFAULT, random.nextInt(3) != 0, (tx, amounts) -> {
                insert(tx, amounts, conflict, rows);
            });
        }
    }

    /** Each pair is an id and a k: a statement of its own, all in one transaction. */
    void insertOrNothing(long... pairs) {
        transaction(TransactionOptions.DEFAULT, true, (tx, amounts) -> {
            for (int i = 0; i < pairs.length; i += 2) {
                Object[] row = {pairs[i], pairs[i + 1], 1L, null};
                insert(tx, amounts, OnConflict.doNothing(), List.<Object[]>of(row));
            }
        });
    }

    private interface Work {
        void run(Transaction tx, Map<Long, Long> amounts);
    }

    private void transaction(TransactionOptions options, boolean commits, Work work) {
        Map<Long, Long> amounts = new TreeMap<>();
        Transaction tx = db.begin(options);
        try {
            work.run(tx, amounts);
            counts[WAITS] += (int) tx.waitCount();
            if (commits) {
                tx.commit();
                amounts.forEach((id, amount) -> expected.merge(id, amount, Long::sum));
                counts[COMMITTED]++;
            }
        } catch (RetryException | UniqueViolationException e) {
            counts[LOST]++;
            counts[DEADLOCKS] += e instanceof DeadlockException ? 1 : 0;
        } finally {
            tx.close();
        }
    }

    private void statement(SplittableRandom random, Transaction tx, Map<Long, Long> amounts) {
        switch (random.nextInt(8)) {
            case 0 -> delete(tx, amounts, random.nextInt(IDS));
            case 1, 2 -> insert(tx, amounts, OnConflict.doNothing(), rows(random));
            case 3 -> insert(tx, amounts, OnConflict.doNothing("id"), rows(random));
            default -> insert(tx, amounts, ADD, rows(random));
        }
    }

    private void insert(Transaction tx, Map<Long, Long> amounts, OnConflict conflict, List<Object[]> rows) {
        Map<Long, Long> wanted = new TreeMap<>();
        rows.forEach(row -> wanted.put((Long) row[0], (Long) row[2]));
        List<Long> told = new ArrayList<>();
        Iterator<Object[]> given = rows.iterator();
        long count = table.insertAll(tx, given, conflict, row -> told.add(row.longValue("id")));
        assertEquals(told.size(), count);
        if (conflict == ADD) {
            assertEquals(rows.size(), count, "DO UPDATE inserts or changes");
        }
        told.forEach(id -> amounts.merge(id, wanted.get(id), Long::sum));
    }

    private void delete(Transaction tx, Map<Long, Long> amounts, long id) {
        table.deleteAll(
                tx, Scan.index(TABLE + "_pkey").equalTo(id), row -> amounts.merge(id, -row.longValue("n"), Long::sum));
    }

    /** One to four, of different ids, in no order. */
    private List<Object[]> rows(SplittableRandom random) {
        List<Object[]> rows = new ArrayList<>();
        Set<Object> ids = new HashSet<>();
        for (int n = 1 + random.nextInt(4); n > 0; n--) {
            Object[] row = row(random);
            if (ids.add(row[0])) {
                rows.add(row);
            }
        }
        return rows;
    }

    private Object[] row(SplittableRandom random) {
        long id = random.nextInt(IDS);
        Long other = random.nextInt(5) == 0 ? null : (Long) (long) random.nextInt(OTHERS);
        long amount = 1 + random.nextInt(20);
        return new Object[] {id, other, amount, "x".repeat(random.nextInt(300))};
    }

    void verify() {
        db.read(tx -> {
            Map<Long, Long> found = new TreeMap<>();
            Set<Object> others = new HashSet<>();
            try (RowStream rows = table.scan(tx, Scan.all())) {
                while (rows.hasNext()) {
                    Row row = rows.next();
                    long id = row.longValue("id");
                    assertEquals(null, found.put(id, row.longValue("n")), () -> "two rows with id " + id);
                    assertTrue(
                            !twoIndexes || row.isNull("k") || others.add(row.value(1)),
                            () -> "two rows with k " + row.value(1));
                }
            }
            expected.forEach((id, sum) -> assertEquals(sum, found.getOrDefault(id, 0L), () -> "sum of id " + id));
            found.keySet().forEach(id -> assertTrue(expected.containsKey(id), () -> "nobody inserted id " + id));
            return null;
        });
    }
}
