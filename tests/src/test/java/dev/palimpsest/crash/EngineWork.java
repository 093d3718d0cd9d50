package dev.palimpsest.crash;

import dev.palimpsest.api.CheckViolationException;
import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.ForeignKeyViolationException;
import dev.palimpsest.api.IndexSchema;
import dev.palimpsest.api.IsolationLevel;
import dev.palimpsest.api.OnConflict;
import dev.palimpsest.api.RetryException;
import dev.palimpsest.api.Row;
import dev.palimpsest.api.RowStream;
import dev.palimpsest.api.Scan;
import dev.palimpsest.api.SequenceSchema;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.api.Table;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.TransactionOptions;
import dev.palimpsest.api.UsageException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * Random transactions on a database, written down in a {@link Ledger}: rows with long keys in a unique and a secondary index (a split every
 * few inserts), changes by key and by predicate, batches, upserts, big values, tables with constraints and indexes made and dropped, a sequence,
 * synchronous and asynchronous commits, savepoints, rollbacks, checkpoints. Used by the sessions of one seeded scheduler: one runs at a time.
 */
final class EngineWork {
    private static final int KEYS = 60;
    private static final String SEQUENCE = "numbers";

    private static final Set<SqlState> EXPECTED = Set.of(
            SqlState.SERIALIZATION_FAILURE,
            SqlState.DEADLOCK_DETECTED,
            SqlState.UNIQUE_VIOLATION,
            SqlState.FOREIGN_KEY_VIOLATION,
            SqlState.CHECK_VIOLATION,
            SqlState.UNDEFINED_TABLE,
            SqlState.UNDEFINED_OBJECT,
            SqlState.DUPLICATE_TABLE);

    private final Database db;
    private final Ledger ledger;
    private final CutPoints cuts;
    private final Table marks;
    private final Table things;

    /** Tables that a committed transaction made and nobody is dropping. */
    private final List<String> extras;

    /** By the sequence, since the database was opened. */
    private final Set<Long> numbers = new HashSet<>();

    /** What the unique names are made of. */
    private long nextName;

    EngineWork(Database db, Ledger ledger, CutPoints cuts, Map<String, String> contents) {
        this.db = db;
        this.ledger = ledger;
        this.cuts = cuts;
        marks = db.table("ledger");
        things = db.table("things");
        extras = new ArrayList<>();
        contents.keySet().stream()
                .filter(thing -> thing.startsWith("table/extra"))
                .forEach(thing -> extras.add(thing.substring("table/".length())));
    }

    /** Makes the tables of a new database. */
    static void create(Database db, Ledger ledger) {
        Ledger.Entry entry = ledger.begin("table/things");
        try (Transaction tx = db.begin()) {
            tx.createTable(TableSchema.named("ledger")
                    .column("id", ColumnType.BIGINT)
                    .primaryKey("id")
                    .build());
            tx.createTable(TableSchema.named("things")
                    .column("id", ColumnType.BIGINT)
                    .column("name", ColumnType.TEXT)
                    .notNull()
                    .column("tag", ColumnType.BIGINT)
                    .column("big", ColumnType.BYTEA)
                    .primaryKey("id")
                    .unique("name")
                    .build());
            tx.createIndex(IndexSchema.on("things", "tag", "name").named("things_by_tag"));
            tx.createSequence(SequenceSchema.named(SEQUENCE));
            entry.wrote("sequence/" + SEQUENCE, "");
            entry.wrote("table/ledger", "");
            entry.wrote("table/things", "");
            entry.wrote("index/things_by_tag", "");
            entry.commits();
            tx.commit();
            entry.isAcknowledged();
        }
    }

    void transaction(SplittableRandom random) {
        if (random.nextInt(12) == 0) {
            takeNumber();
            return;
        }
        boolean synchronous = random.nextInt(3) != 0;
        TransactionOptions options = TransactionOptions.DEFAULT
                .withSynchronousCommit(synchronous)
                .withIsolation(random.nextBoolean() ? IsolationLevel.READ_COMMITTED : IsolationLevel.REPEATABLE_READ);
        Ledger.Entry entry = ledger.begin(synchronous);
        Transaction tx = db.begin(options);
        Steps steps = new Steps(random, tx, entry);
        try {
            boolean markFirst = random.nextBoolean();
            if (markFirst) {
                mark(tx, entry);
            }
            for (int i = 1 + random.nextInt(5); i > 0; i--) {
                steps.oneOrSeveral(0);
                cuts.statementEnded();
            }
            if (!markFirst) {
                mark(tx, entry);
            }
            if (random.nextInt(7) == 0) {
                tx.rollback();
                entry.rolledBack();
            } else {
                entry.commits();
                tx.commit();
                entry.isAcknowledged();
                if (synchronous) {
                    steps.numbers.forEach(ledger::tookNumber);
                }
                extras.addAll(steps.made);
            }
        } catch (RetryException | UsageException e) {
            tx.rollback();
            entry.rolledBack();
            if (!EXPECTED.contains(e.sqlState())) {
                throw e;
            }
        } catch (StoppedException e) {
            tx.close(); // if the commit was under way it is recovery that knows
            throw e;
        }
        if (tx.isActive()) {
            throw new AssertionError("still active: " + entry);
        }
    }

    /** Writes nothing, and yet: once its commit is acknowledged the number never comes again. */
    private void takeNumber() {
        try (Transaction tx = db.begin()) {
            long number = number(tx);
            tx.commit();
            ledger.tookNumber(number);
        }
    }

    private long number(Transaction tx) {
        long number = tx.nextValue(SEQUENCE);
        if (!numbers.add(number) || ledger.isNumberTaken(number)) {
            throw new AssertionError("the sequence gives " + number + " again");
        }
        return number;
    }

    private void mark(Transaction tx, Ledger.Entry entry) {
        marks.insert(tx, entry.number);
        entry.wrote(Contents.thing("ledger", entry.number), String.valueOf(entry.number));
    }

    /** The statements of one transaction. */
    private final class Steps {
        private final SplittableRandom random;
        private final Transaction tx;
        private final Ledger.Entry entry;
        private final List<String> made = new ArrayList<>();
        private final List<Long> numbers = new ArrayList<>();
        private int savepoints;

        Steps(SplittableRandom random, Transaction tx, Ledger.Entry entry) {
            this.random = random;
            this.tx = tx;
            this.entry = entry;
        }

        /** One statement, or some within a savepoint. */
        void oneOrSeveral(int depth) {
            if (depth < 3 && random.nextInt(4) == 0) {
                withinSavepoint(depth);
            } else {
                one();
            }
        }

        /** Then it is rolled back to, released, or left; after an error it is rolled back to. */
        private void withinSavepoint(int depth) {
            String name = "s" + ++savepoints;
            tx.savepoint(name);
            Map<String, String> before = entry.savepoint();
            int madeBefore = made.size();
            boolean undone = random.nextInt(3) == 0;
            try {
                for (int i = random.nextInt(4); i > 0; i--) {
                    oneOrSeveral(depth + 1);
                }
            } catch (RetryException | UsageException e) {
                if (!EXPECTED.contains(e.sqlState())) {
                    throw e;
                }
                undone = true;
            }
            if (undone) {
                entry.rolledBackTo(before);
                tx.rollbackTo(name);
                made.subList(madeBefore, made.size()).clear();
            } else if (random.nextBoolean()) {
                tx.release(name);
            }
        }

        void one() {
            switch (random.nextInt(25)) {
                case 0, 1, 2, 3, 4 -> insert();
                case 5, 6, 7, 8 -> update();
                case 9, 10 -> delete();
                case 11, 12 -> insertAll();
                case 13, 14 -> updateAll();
                case 15 -> deleteAll();
                case 16 -> bigValue();
                case 17 -> define();
                case 18 -> db.checkpoint();
                case 19 -> numbers.add(number(tx));
                case 20 -> violate();
                case 21, 22, 23 -> upsert();
                default -> read();
            }
        }

        private void insert() {
            long id = random.nextInt(KEYS);
            if (things.get(tx, id) == null) {
                things.insert(tx, id, name(), tag(), null);
                note(id);
            }
        }

        private void update() {
            long id = random.nextInt(KEYS);
            boolean renames = random.nextInt(3) == 0;
            String name = name();
            long tag = tag();
            if (things.update(tx, id, change -> {
                change.setLong("tag", tag);
                if (renames) {
                    change.set("name", name);
                }
            })) {
                note(id);
            }
        }

        private void delete() {
            long id = random.nextInt(KEYS);
            if (things.delete(tx, id)) {
                entry.wrote(Contents.thing("things", id), null);
            }
        }

        private void insertAll() {
            List<Object[]> rows = new ArrayList<>();
            long first = KEYS + random.nextInt(1_000_000);
            int count = 1 + random.nextInt(30);
            for (int i = 0; i < count; i++) {
                rows.add(new Object[] {first + i, name(), tag(), null});
            }
            things.insertAll(tx, rows.iterator());
            for (int i = 0; i < count; i++) {
                note(first + i);
            }
        }

        /** Not at REPEATABLE READ: a row inserted in the place of one deleted since would be seen beside it. */
        private void upsert() {
            if (tx.options().isolation() != IsolationLevel.READ_COMMITTED) {
                return;
            }
            Map<Long, Object[]> rows = new TreeMap<>();
            for (int i = 1 + random.nextInt(3); i > 0; i--) {
                long id = random.nextInt(KEYS);
                rows.put(id, new Object[] {id, name(), tag(), null});
            }
            boolean renames = random.nextInt(3) == 0;
            OnConflict conflict = random.nextInt(3) == 0
                    ? OnConflict.doNothing()
                    : OnConflict.doUpdate(List.of("id"), (change, excluded) -> {
                        change.set("tag", excluded.value(2));
                        if (renames) {
                            change.set("name", excluded.value(1));
                        }
                    });
            List<Long> ids = new ArrayList<>();
            things.insertAll(tx, rows.values().iterator(), conflict, row -> ids.add(row.longValue("id")));
            ids.forEach(this::note);
        }

        /** Tags what it changes, so that reading the tag tells which rows those were. */
        private List<Long> updateAll() {
            long from = random.nextInt(10);
            long tag = 1_000 + entry.number * 10 + random.nextInt(10);
            Scan which = random.nextBoolean()
                    ? Scan.index("things_by_tag").from(from).to(from + 1)
                    : Scan.all().where(row -> !row.isNull("tag") && row.longValue("tag") / 2 == from / 2);
            things.updateAll(tx, which, change -> change.setLong("tag", tag));
            List<Long> ids = new ArrayList<>();
            try (RowStream rows = things.scan(tx, Scan.index("things_by_tag").equalTo(tag))) {
                rows.forEachRemaining(row -> ids.add(row.longValue("id")));
            }
            ids.forEach(this::note);
            return ids;
        }

        private void deleteAll() {
            List<Long> ids = updateAll();
            if (ids.isEmpty()) {
                return;
            }
            long tag = things.get(tx, ids.get(0)).longValue("tag");
            long count = things.deleteAll(tx, Scan.index("things_by_tag").equalTo(tag));
            if (count != ids.size()) {
                throw new AssertionError("deleted " + count + " rows instead of " + ids);
            }
            ids.forEach(id -> entry.wrote(Contents.thing("things", id), null));
        }

        private void bigValue() {
            long id = random.nextInt(KEYS);
            byte[] big = new byte[2_500 + random.nextInt(40_000)];
            random.nextBytes(big);
            cuts.bigValueBegins();
            try {
                if (things.update(tx, id, change -> change.set("big", big))) {
                    note(id);
                } else {
                    things.insert(tx, id, name(), tag(), big);
                    note(id);
                }
            } finally {
                cuts.bigValueEnds();
            }
        }

        private void define() {
            switch (random.nextInt(4)) {
                case 0, 1 -> createTable();
                case 2 -> dropTable();
                default -> toggleIndex();
            }
        }

        private void createTable() {
            String name = "extra" + entry.number + "n" + made.size();
            tx.createTable(TableSchema.named(name)
                    .column("id", ColumnType.BIGINT)
                    .column("name", ColumnType.TEXT)
                    .column("up", ColumnType.BIGINT)
                    .column("number", ColumnType.BIGINT)
                    .serial()
                    .primaryKey("id")
                    .check("id <> 7")
                    .references(name, "up")
                    .build());
            entry.wrote("table/" + name, "");
            for (String thing : ofTable(name)) {
                entry.wrote(thing, "");
            }
            Table table = db.table(name);
            for (long id = 0; id < 3; id++) {
                table.insert(tx, id, name(), id / 2, Table.DEFAULT);
                entry.wrote(Contents.thing(name, id), Contents.content(table.get(tx, id)));
            }
            made.add(name);
        }

        private void dropTable() {
            if (extras.isEmpty()) {
                return;
            }
            String name = extras.remove(
                    random.nextInt(extras.size())); // for good: a rolled back drop leaves it alone from now on
            tx.dropTable(name);
            entry.wrote("table/" + name, null);
            for (String thing : ofTable(name)) {
                entry.wrote(thing, null);
            }
            for (long id = 0; id < 3; id++) {
                entry.wrote(Contents.thing(name, id), null);
            }
        }

        /** What {@link Contents} finds with it. */
        private List<String> ofTable(String name) {
            return List.of(
                    "constraint/" + name + "_id_check",
                    "constraint/" + name + "_up_fkey",
                    "sequence/" + name + "_number_seq");
        }

        /** A constraint holds whatever happened since it was made. */
        private void violate() {
            if (extras.isEmpty()) {
                return;
            }
            Table table = db.table(extras.get(random.nextInt(extras.size())));
            tx.savepoint("violate");
            try {
                switch (random.nextInt(3)) {
                    case 0 -> table.insert(tx, 7L, null, null, Table.DEFAULT);
                    case 1 -> table.insert(tx, 8L, null, 9L, Table.DEFAULT);
                    default -> {
                        if (!table.delete(tx, 0L)) {
                            return; // the table is younger than the snapshot
                        }
                    }
                }
                throw new AssertionError(table.name() + " takes a row that violates a constraint");
            } catch (CheckViolationException | ForeignKeyViolationException e) {
                tx.rollbackTo("violate");
            }
        }

        private void toggleIndex() {
            boolean exists =
                    things.indexes(tx).stream().anyMatch(index -> index.name().equals("things_by_name"));
            if (exists) {
                tx.dropIndex("things_by_name");
            } else {
                tx.createIndex(IndexSchema.on("things", "name", "tag").named("things_by_name"));
            }
            entry.wrote("index/things_by_name", exists ? null : "");
        }

        private void read() {
            Map<String, Row> byKey = new TreeMap<>();
            Scan scan = random.nextBoolean()
                    ? Scan.index("things_pkey")
                    : Scan.index("things_pkey").reversed();
            long last = scan.reverse() ? Long.MAX_VALUE : -1;
            try (RowStream rows = things.scan(tx, scan)) {
                while (rows.hasNext()) {
                    Row row = rows.next();
                    long id = row.longValue("id");
                    if (scan.reverse() ? id >= last : id <= last) {
                        throw new AssertionError("out of order: " + id + " after " + last);
                    }
                    last = id;
                    byKey.put(row.stringValue("name"), row);
                }
            }
            if (random.nextInt(3) == 0) {
                return;
            }
            for (Row row : byKey.values()) {
                things.get(tx, row.longValue("id"));
            }
        }

        private void note(long id) {
            Row row = things.get(tx, id);
            if (row == null) {
                throw new AssertionError("doesn't see its own row, id=" + id + " " + entry);
            }
            entry.wrote(Contents.thing("things", id), Contents.content(row));
        }

        /** Unique, in no order, and up to 700 bytes long: few fit on a page. */
        private String name() {
            String start = String.format("%08x", ++nextName * 0x9E3779B9L & 0xFFFFFFFFL);
            return random.nextInt(40) == 0 ? "same" : entry.number + start + "x".repeat(random.nextInt(690));
        }

        private Long tag() {
            return (long) random.nextInt(10);
        }
    }
}
