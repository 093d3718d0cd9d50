package dev.palimpsest.history;

import dev.palimpsest.api.CanceledException;
import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.EngineException;
import dev.palimpsest.api.IsolationLevel;
import dev.palimpsest.api.OnConflict;
import dev.palimpsest.api.RetryException;
import dev.palimpsest.api.Row;
import dev.palimpsest.api.RowChange;
import dev.palimpsest.api.RowLockMode;
import dev.palimpsest.api.RowStream;
import dev.palimpsest.api.Scan;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.Table;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.TransactionOptions;
import dev.palimpsest.api.UsageException;
import dev.palimpsest.api.WaitPolicy;
import dev.palimpsest.history.Read.Seen;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/** Random transactions on the table of one window, written down. Used by any number of threads. */
final class HistoryWork {
    /**
     * @param keys of so many keys rows come and go
     * @param lists list-append, else registers
     * @param paddingBytes in each row, so that pages fill up
     * @param repeatableReadOf100 how many of a hundred transactions are REPEATABLE READ
     * @param asynchronousOf100 how many of a hundred commits don't wait for the disk
     * @param marks whether each transaction leaves a mark, by which it is known after a crash
     */
    record Settings(
            int keys, boolean lists, int paddingBytes, int repeatableReadOf100, int asynchronousOf100, boolean marks) {}

    private static final String MARKS = "marks";
    private static final int GROUPS = 3;
    private static final int LONGEST_LIST = 20;

    private final Settings settings;
    private final Recorder recorder;
    private final Database db;
    private final String tableName;
    private final Table table;
    private final String padding;

    HistoryWork(Settings settings, Recorder recorder, Database db, String tableName) {
        this.settings = settings;
        this.recorder = recorder;
        this.db = db;
        this.tableName = tableName;
        table = db.table(tableName);
        padding = "p".repeat(settings.paddingBytes());
    }

    /** Makes the table with rows of most keys. */
    void load() {
        HistoryTransaction record = recorder.begin("the loader", false, true);
        try (Transaction tx = db.begin()) {
            HistoryTable.create(tx, tableName);
            if (settings.marks() && tx.tableSchema(MARKS) == null) {
                tx.createTable(TableSchema.named(MARKS)
                        .column("number", ColumnType.BIGINT)
                        .primaryKey("number")
                        .build());
            }
            Statements statements = new Statements(new SplittableRandom(settings.keys()), tx, record);
            for (int key = 0; key < settings.keys(); key++) {
                if (key % 5 != 4) {
                    statements.insert(key);
                }
            }
            mark(tx, record);
            record.commits();
            tx.commit();
            record.committed();
        }
    }

    void drop() {
        db.transact(tx -> {
            tx.dropTable(tableName);
            return null;
        });
    }

    private void mark(Transaction tx, HistoryTransaction record) {
        if (settings.marks() && record.hasWrites()) {
            db.table(MARKS).insert(tx, record.number);
        }
    }

    /**
     * Reads everything and ends the window.
     *
     * @param goesOn whether the next window is about the same table
     */
    History endWindow(boolean afterCrash, boolean goesOn) {
        HistoryTransaction record = recorder.reader();
        List<Integer> groups = new ArrayList<>();
        Set<Long> survivors = afterCrash ? new HashSet<>() : null;
        try (Transaction tx = db.begin(TransactionOptions.READ_ONLY)) {
            List<Seen> rows = new ArrayList<>();
            record.calls();
            try (RowStream stream = table.scan(tx, Scan.all())) {
                stream.forEachRemaining(row -> {
                    rows.add(HistoryTable.seen(row));
                    groups.add(HistoryTable.group(row));
                });
            }
            record.found(Read.Kind.SNAPSHOT, null, 0, Integer.MAX_VALUE, Read.ANY_GROUP, true, rows);
            if (afterCrash) {
                try (RowStream stream = db.table(MARKS).scan(tx, Scan.all())) {
                    stream.forEachRemaining(row -> survivors.add(row.longValue(0)));
                }
            }
            record.commits();
            tx.commit();
            record.committed();
        }
        int[] groupOf = groups.stream().mapToInt(Integer::intValue).toArray();
        return recorder.endWindow(record, groupOf, survivors, goesOn);
    }

    void transaction(SplittableRandom random, String name) {
        boolean repeatableRead = random.nextInt(100) < settings.repeatableReadOf100();
        boolean synchronous = random.nextInt(100) >= settings.asynchronousOf100();
        TransactionOptions options = TransactionOptions.DEFAULT
                .withIsolation(repeatableRead ? IsolationLevel.REPEATABLE_READ : IsolationLevel.READ_COMMITTED)
                .withSynchronousCommit(synchronous);
        Transaction tx = db.begin(options);
        HistoryTransaction record = recorder.begin(name, repeatableRead, synchronous);
        try {
            Statements statements = new Statements(random, tx, record);
            for (int i = 1 + random.nextInt(5); i > 0; i--) {
                statements.oneOrBack();
            }
            if (random.nextInt(12) == 0) {
                tx.rollback();
                record.rolledBack();
            } else {
                mark(tx, record);
                record.commits();
                tx.commit();
                record.committed();
            }
        } catch (RetryException | UsageException | CanceledException e) {
            tx.rollback();
            record.rolledBack();
            requireExpected(e);
        }
    }

    private static void requireExpected(EngineException e) {
        boolean expected = e instanceof RetryException
                || e.sqlState() == SqlState.UNIQUE_VIOLATION
                || e.sqlState() == SqlState.LOCK_NOT_AVAILABLE;
        if (!expected) {
            throw e;
        }
    }

    /** What a statement did to one row, when it was shown it last. */
    private record Change(Seen before, long id, int group, boolean restarts) {}

    /** The statements of one transaction. */
    private final class Statements {
        private final SplittableRandom random;
        private final Transaction tx;
        private final HistoryTransaction record;

        /** Where in the record each savepoint was set; its name is its depth. */
        private final List<Integer> savepoints = new ArrayList<>(0);

        Statements(SplittableRandom random, Transaction tx, HistoryTransaction record) {
            this.random = random;
            this.tx = tx;
            this.record = record;
        }

        /** One statement; if it fails within a savepoint, the transaction goes on from one. */
        void oneOrBack() {
            try {
                one();
            } catch (RetryException | UsageException | CanceledException e) {
                requireExpected(e);
                if (savepoints.isEmpty() || random.nextInt(4) == 0) {
                    throw e;
                }
                rollbackTo();
            }
        }

        private void one() {
            int key = key();
            switch (random.nextInt(26)) {
                case 0, 1, 2, 3, 4 -> get(key);
                case 5 -> scan(key, Math.min(settings.keys() - 1, key + random.nextInt(6)), Read.ANY_GROUP, false);
                case 6 -> scan(0, settings.keys() - 1, random.nextInt(GROUPS), false);
                case 7 -> scan(0, settings.keys() - 1, random.nextInt(GROUPS), true);
                case 8, 9, 10, 11, 12, 13 -> update(key);
                case 14 -> updateAll(key, Math.min(settings.keys() - 1, key + random.nextInt(3)), Read.ANY_GROUP);
                case 15 -> updateAll(0, settings.keys() - 1, random.nextInt(GROUPS));
                case 16, 17 -> delete(key);
                case 18 -> insertIfAbsent(key);
                case 19 -> insertOrUpdate(key);
                case 20 -> lock(key);
                case 21 -> lockAll(key, Math.min(settings.keys() - 1, key + random.nextInt(4)));
                case 22, 23 -> savepoint();
                case 24 -> {
                    if (!savepoints.isEmpty()) {
                        rollbackTo();
                    }
                }
                default -> {
                    if (!savepoints.isEmpty()) {
                        release();
                    }
                }
            }
        }

        // ---- savepoints

        private void savepoint() {
            String name = "s" + savepoints.size();
            tx.savepoint(name);
            savepoints.add(record.mark());
        }

        private void rollbackTo() {
            int place = random.nextInt(savepoints.size());
            tx.rollbackTo("s" + place);
            record.undoneSince(savepoints.get(place));
            savepoints.subList(place + 1, savepoints.size()).clear();
            savepoints.set(place, record.mark());
        }

        private void release() {
            int place = random.nextInt(savepoints.size());
            tx.release("s" + place);
            savepoints.subList(place, savepoints.size()).clear();
        }

        // ---- locks

        private WaitPolicy policy() {
            return switch (random.nextInt(6)) {
                case 0 -> WaitPolicy.NOWAIT;
                case 1 -> WaitPolicy.SKIP_LOCKED;
                default -> WaitPolicy.BLOCK;
            };
        }

        private RowLockMode mode() {
            return RowLockMode.values()[random.nextInt(RowLockMode.values().length)];
        }

        private void lock(int key) {
            WaitPolicy policy = policy();
            RowLockMode mode = mode();
            record.calls();
            Row row = table.lock(tx, mode, policy, key);
            Read.Kind kind = policy == WaitPolicy.SKIP_LOCKED ? Read.Kind.LOCK_SOME : Read.Kind.LOCK;
            List<Seen> rows = row == null ? List.of() : List.of(HistoryTable.seen(row));
            record.found(kind, mode, key, key, Read.ANY_GROUP, false, rows);
        }

        private void lockAll(int from, int to) {
            WaitPolicy policy = policy();
            RowLockMode mode = mode();
            List<Seen> rows = new ArrayList<>();
            record.calls();
            try (RowStream stream = table.scan(tx, byKey(from, to).lock(mode, policy))) {
                stream.forEachRemaining(row -> rows.add(HistoryTable.seen(row)));
            }
            Read.Kind kind = policy == WaitPolicy.SKIP_LOCKED ? Read.Kind.LOCK_SOME : Read.Kind.LOCK;
            record.found(kind, mode, from, to, Read.ANY_GROUP, true, rows);
        }

        // ---- reading and writing

        /** Some keys more often than others. */
        private int key() {
            int bound = random.nextInt(3) == 0 ? Math.max(2, settings.keys() / 4) : settings.keys();
            return random.nextInt(bound);
        }

        private boolean get(int key) {
            record.calls();
            Row row = table.get(tx, key);
            List<Seen> rows = row == null ? List.of() : List.of(HistoryTable.seen(row));
            record.found(Read.Kind.SNAPSHOT, null, key, key, Read.ANY_GROUP, false, rows);
            return row != null;
        }

        private void scan(int from, int to, int group, boolean wholeTable) {
            Scan scan = wholeTable
                    ? Scan.all().where(row -> HistoryTable.group(row) == group)
                    : group == Read.ANY_GROUP ? byKey(from, to) : byGroup(group);
            List<Seen> rows = new ArrayList<>();
            record.calls();
            try (RowStream stream = table.scan(tx, scan)) {
                while (stream.hasNext()) {
                    rows.add(HistoryTable.seen(stream.next()));
                }
            }
            record.found(Read.Kind.SNAPSHOT, null, from, to, group, true, rows);
        }

        private Scan byKey(int from, int to) {
            return Scan.index(tableName + "_pkey").from(from).to(to);
        }

        private Scan byGroup(int group) {
            return Scan.index(tableName + "_by_group").equalTo(group);
        }

        void insertIfAbsent(int key) {
            if (!get(key)) {
                insert(key);
            }
        }

        void insert(int key) {
            long id = recorder.newVersion();
            int group = random.nextInt(GROUPS);
            record.calls();
            table.insert(tx, row(key, id, group));
            record.wrote(Write.Kind.INSERT, key, id, 0, group, new long[0]);
        }

        private void update(int key) {
            Map<Integer, Change> changes = new LinkedHashMap<>();
            record.calls();
            boolean found = table.update(tx, key, changing(changes));
            changed(key, key, Read.ANY_GROUP, false, found ? changes : Map.of());
        }

        private void updateAll(int from, int to, int group) {
            Map<Integer, Change> changes = new LinkedHashMap<>();
            Map<Integer, Change> happened = new LinkedHashMap<>();
            record.calls();
            Scan scan = group == Read.ANY_GROUP ? byKey(from, to) : byGroup(group);
            table.updateAll(tx, scan, changing(changes), row -> {
                Seen after = HistoryTable.seen(row);
                Change change = changes.get(after.key());
                if (after.id() != change.id()) {
                    throw new AssertionError("returned " + after + " for " + change);
                }
                happened.put(after.key(), change);
            });
            changed(from, to, group, true, happened);
        }

        private Consumer<RowChange> changing(Map<Integer, Change> changes) {
            long[] ids = new long[settings.keys()]; // one a row, however often it is asked
            return change -> {
                Row row = change.row();
                Seen before = HistoryTable.seen(row);
                if (ids[before.key()] == 0) {
                    ids[before.key()] = recorder.newVersion();
                }
                long id = ids[before.key()];
                int group = random.nextInt(2) == 0 ? HistoryTable.group(row) : random.nextInt(GROUPS);
                boolean restarts = !settings.lists() || before.list().length >= LONGEST_LIST;
                change.setLong(HistoryTable.VERSION, id);
                change.setLong(HistoryTable.GROUP, group);
                if (settings.lists()) {
                    String list = HistoryTable.format(new long[] {id});
                    change.set(HistoryTable.LIST, restarts ? list : row.stringValue(HistoryTable.LIST) + list);
                }
                changes.put(before.key(), new Change(before, id, group, restarts));
            };
        }

        private void changed(int from, int to, int group, boolean predicate, Map<Integer, Change> changes) {
            List<Seen> rows = new ArrayList<>();
            changes.values().forEach(change -> rows.add(change.before()));
            record.found(Read.Kind.CHANGE, null, from, to, group, predicate, rows);
            changes.forEach((key, change) -> record.wrote(
                    Write.Kind.UPDATE,
                    key,
                    change.id(),
                    change.before().id(),
                    change.group(),
                    change.restarts() ? new long[0] : null));
        }

        private void delete(int key) {
            List<Seen> rows = new ArrayList<>(1);
            record.calls();
            table.deleteAll(tx, byKey(key, key), row -> rows.add(HistoryTable.seen(row)));
            record.found(Read.Kind.CHANGE, null, key, key, Read.ANY_GROUP, false, rows);
            for (Seen row : rows) {
                record.wrote(Write.Kind.DELETE, key, recorder.newVersion(), row.id(), 0, new long[0]);
            }
        }

        /** The row that it meets may be newer than a READ COMMITTED statement's snapshot. */
        private void insertOrUpdate(int key) {
            long id = recorder.newVersion();
            int group = random.nextInt(GROUPS);
            Map<Integer, Change> changes = new LinkedHashMap<>();
            Consumer<RowChange> change = changing(changes);
            OnConflict conflict = random.nextInt(4) == 0
                    ? OnConflict.doNothing("id")
                    : OnConflict.doUpdate(List.of("id"), (row, proposed) -> change.accept(row));
            long[] written = new long[1];
            record.calls();
            table.insertAll(
                    tx,
                    List.<Object[]>of(row(key, id, group)).iterator(),
                    conflict,
                    row -> written[0] = row.longValue(HistoryTable.VERSION));
            if (written[0] == id) {
                record.wrote(Write.Kind.INSERT, key, id, 0, group, new long[0]);
            } else if (written[0] != 0) {
                changed(key, key, Read.ANY_GROUP, false, changes);
            } else {
                record.returnedNothing();
            }
        }

        private Object[] row(int key, long id, int group) {
            String list = settings.lists() ? HistoryTable.format(new long[] {id}) : null;
            return new Object[] {key, id, group, list, padding};
        }
    }
}
