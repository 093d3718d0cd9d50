package dev.palimpsest.model;

import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.EngineException;
import dev.palimpsest.api.ForeignKey;
import dev.palimpsest.api.IndexSchema;
import dev.palimpsest.api.IsolationLevel;
import dev.palimpsest.api.Row;
import dev.palimpsest.api.RowLockMode;
import dev.palimpsest.api.RowStream;
import dev.palimpsest.api.Scan;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.api.Table;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.TransactionOptions;
import dev.palimpsest.api.WaitPolicy;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;

/**
 * What the sessions of {@link ForeignKeySimulationTest} do. Parents have a line that stays when their key changes; neither keys nor lines
 * are used twice. A child remembers the line of its parent, which was locked when the child came. So in every snapshot each child's
 * parent is there and of its line; and at the end it is known which children have to be there, from what was committed.
 *
 * <p>Under the seeded scheduler, where one session runs at a time.
 */
final class ForeignKeySessions {
    private static final String PARENTS = "parent";

    /** Tables of children by what happens to them. */
    private enum Kind {
        KEPT(ForeignKey.Action.NO_ACTION),
        CASCADED(ForeignKey.Action.CASCADE),
        SET_NULL(ForeignKey.Action.SET_NULL);

        final ForeignKey.Action action;

        Kind(ForeignKey.Action action) {
            this.action = action;
        }
    }

    private record Child(Kind kind, long id, long line) {}

    private final Database db;
    private final Table parents;

    /** Never used twice. */
    private long nextNumber = 1;

    /** Committed. */
    private final Set<Child> inserted = new HashSet<>();

    private final Set<Child> deleted = new HashSet<>();
    private final Set<Long> bornLines = new HashSet<>();
    private final Set<Long> deadLines = new HashSet<>();

    /** How often transactions ended how: {@code commit}, {@code rollback}, or by SQLSTATE. */
    private final Map<String, Integer> outcomes;

    ForeignKeySessions(Database db, Map<String, Integer> outcomes) {
        this.db = db;
        this.parents = db.table(PARENTS);
        this.outcomes = outcomes;
    }

    void create(SplittableRandom random) {
        db.transact(tx -> {
            tx.createTable(TableSchema.named(PARENTS)
                    .column("id", ColumnType.BIGINT)
                    .column("line", ColumnType.BIGINT)
                    .column("pad", ColumnType.TEXT)
                    .primaryKey("id")
                    .build());
            for (Kind kind : Kind.values()) {
                tx.createTable(TableSchema.named(kind.name())
                        .column("id", ColumnType.BIGINT)
                        .column("parent", ColumnType.BIGINT)
                        .column("line", ColumnType.BIGINT)
                        .primaryKey("id")
                        .foreignKey(new ForeignKey(
                                null,
                                List.of("parent"),
                                PARENTS,
                                List.of(),
                                kind.action,
                                kind == Kind.SET_NULL ? ForeignKey.Action.CASCADE : kind.action))
                        .build());
                if (random.nextBoolean()) {
                    tx.createIndex(IndexSchema.on(kind.name(), "parent"));
                }
            }
            return null;
        });
        for (int i = 0; i < 5; i++) {
            transaction(TransactionOptions.DEFAULT, work -> insertParent(work, random));
        }
    }

    /** What a transaction did, to be remembered if it commits. */
    private static final class Work {
        final Transaction tx;
        final List<Runnable> done = new ArrayList<>();

        Work(Transaction tx) {
            this.tx = tx;
        }
    }

    private interface Steps {
        void run(Work work);
    }

    void change(SplittableRandom random, int transactions) {
        for (int i = 0; i < transactions; i++) {
            TransactionOptions options = TransactionOptions.DEFAULT
                    .withIsolation(
                            random.nextBoolean() ? IsolationLevel.REPEATABLE_READ : IsolationLevel.READ_COMMITTED)
                    .withSynchronousCommit(random.nextInt(3) != 0);
            transaction(options, work -> {
                for (int left = 1 + random.nextInt(3); left > 0; left--) {
                    if (random.nextInt(4) == 0) {
                        inSavepoint(work, random);
                    } else {
                        step(work, random);
                    }
                }
            });
        }
    }

    void read(SplittableRandom random, int transactions) {
        for (int i = 0; i < transactions; i++) {
            transaction(TransactionOptions.READ_ONLY, work -> {
                verify(work.tx);
                if (random.nextBoolean()) {
                    verify(work.tx);
                }
            });
        }
    }

    private void transaction(TransactionOptions options, Steps steps) {
        try (Transaction tx = db.begin(options)) {
            Work work = new Work(tx);
            steps.run(work);
            tx.commit();
            work.done.forEach(Runnable::run);
            count("commit");
        } catch (StoppedException e) {
            throw e;
        } catch (EngineException e) {
            count(e.sqlState().code());
        }
    }

    private void count(String outcome) {
        outcomes.merge(outcome, 1, Integer::sum);
    }

    private void inSavepoint(Work work, SplittableRandom random) {
        work.tx.savepoint("s");
        int before = work.done.size();
        boolean keep = false;
        try {
            step(work, random);
            keep = random.nextBoolean();
        } catch (StoppedException e) {
            throw e;
        } catch (EngineException e) {
            count("savepoint " + e.sqlState().code());
        }
        if (keep) {
            work.tx.release("s");
        } else {
            work.tx.rollbackTo("s");
            work.done.subList(before, work.done.size()).clear();
        }
    }

    private void step(Work work, SplittableRandom random) {
        switch (random.nextInt(10)) {
            case 0 -> insertParent(work, random);
            case 1 -> deleteParents(work, random);
            case 2 -> changeKey(work, random);
            case 3 -> parents.update(work.tx, c -> c.set("pad", padding(random)), someParent(work.tx, random));
            case 4 -> deleteChild(work, random);
            case 5 -> moveChild(work, random);
            default -> insertChild(work, random);
        }
    }

    private void insertParent(Work work, SplittableRandom random) {
        long number = nextNumber++;
        parents.insert(work.tx, number, number, padding(random));
        work.done.add(() -> bornLines.add(number));
    }

    /** With the lines that really went, as the statement itself saw them. */
    private void deleteParents(Work work, SplittableRandom random) {
        long from = someParent(work.tx, random);
        long to = from + random.nextInt(3);
        List<Long> lines = new ArrayList<>();
        parents.deleteAll(work.tx, Scan.index(PARENTS + "_pkey").from(from).to(to), row -> lines.add(row.longValue(1)));
        work.done.add(() -> deadLines.addAll(lines));
    }

    private void changeKey(Work work, SplittableRandom random) {
        long number = nextNumber++;
        parents.update(work.tx, c -> c.setLong("id", number), someParent(work.tx, random));
    }

    /** Half of them take the parent's line from a row that isn't locked yet, and so may not know it: those have none. */
    private void insertChild(Work work, SplittableRandom random) {
        Kind kind = Kind.values()[random.nextInt(Kind.values().length)];
        long parent = someParent(work.tx, random);
        long id = nextNumber++;
        if (random.nextBoolean()) {
            db.table(kind.name()).insert(work.tx, id, parent, null);
            return;
        }
        Row locked = parents.lock(work.tx, RowLockMode.KEY_SHARE, WaitPolicy.BLOCK, parent);
        if (locked != null) {
            long line = locked.longValue(1);
            db.table(kind.name()).insert(work.tx, id, parent, line);
            work.done.add(() -> inserted.add(new Child(kind, id, line)));
        }
    }

    private void deleteChild(Work work, SplittableRandom random) {
        Kind kind = Kind.values()[random.nextInt(Kind.values().length)];
        int[] left = {1 + random.nextInt(3)};
        db.table(kind.name()).deleteAll(work.tx, Scan.all().where(row -> left[0]-- > 0), row -> {
            if (!row.isNull(2)) {
                Child child = new Child(kind, row.longValue(0), row.longValue(2));
                work.done.add(() -> deleted.add(child));
            }
        });
    }

    /** To another parent, as one without a known line. */
    private void moveChild(Work work, SplittableRandom random) {
        Kind kind = Kind.values()[random.nextInt(Kind.values().length)];
        long parent = someParent(work.tx, random);
        db.table(kind.name())
                .updateAll(
                        work.tx,
                        Scan.all().where(row -> row.isNull(2) && row.longValue(0) % 4 == 0),
                        change -> change.setLong("parent", parent));
    }

    private long someParent(Transaction tx, SplittableRandom random) {
        List<Long> ids = new ArrayList<>();
        try (RowStream rows = parents.scan(tx, Scan.all())) {
            rows.forEachRemaining(row -> ids.add(row.longValue(0)));
        }
        return ids.isEmpty() || random.nextInt(20) == 0
                ? random.nextLong(nextNumber)
                : ids.get(random.nextInt(ids.size()));
    }

    private static String padding(SplittableRandom random) {
        return "x".repeat(random.nextInt(4) == 0 ? 900 : 20 + random.nextInt(200));
    }

    /** In one snapshot every child has a parent, of its line. */
    private void verify(Transaction tx) {
        Map<Long, Long> lines = lines(tx);
        for (Kind kind : Kind.values()) {
            for (Row row : rows(tx, kind)) {
                boolean orphan = !row.isNull(1)
                        && (!lines.containsKey(row.longValue(1))
                                || !row.isNull(2) && lines.get(row.longValue(1)) != row.longValue(2));
                boolean lost = row.isNull(1) && kind != Kind.SET_NULL;
                if (orphan || lost) {
                    throw new AssertionError(kind + " has " + row + " with parents " + lines);
                }
            }
        }
    }

    /** When all have ended: what was committed is there, and nothing else. */
    void verifyEnd() {
        db.read(tx -> {
            verify(tx);
            Set<Long> alive = new HashSet<>(lines(tx).values());
            Set<Long> expected = new HashSet<>(bornLines);
            expected.removeAll(deadLines);
            expect(expected, alive, "lines");
            for (Kind kind : Kind.values()) {
                Map<Long, Boolean> wanted = new TreeMap<>();
                for (Child child : inserted) {
                    boolean cascaded = kind == Kind.CASCADED && deadLines.contains(child.line());
                    if (child.kind() == kind && !deleted.contains(child) && !cascaded) {
                        wanted.put(child.id(), deadLines.contains(child.line()));
                    }
                }
                Map<Long, Boolean> found = new TreeMap<>();
                for (Row row : rows(tx, kind)) {
                    if (!row.isNull(2)) {
                        found.put(row.longValue(0), row.isNull(1));
                    }
                }
                expect(wanted, found, kind + ": ids of children and whether their parent is gone");
            }
            return null;
        });
    }

    private Map<Long, Long> lines(Transaction tx) {
        Map<Long, Long> lines = new HashMap<>();
        try (RowStream rows = parents.scan(tx, Scan.all())) {
            rows.forEachRemaining(row -> lines.put(row.longValue(0), row.longValue(1)));
        }
        return lines;
    }

    private List<Row> rows(Transaction tx, Kind kind) {
        List<Row> list = new ArrayList<>();
        try (RowStream rows = db.table(kind.name()).scan(tx, Scan.all())) {
            rows.forEachRemaining(list::add);
        }
        return list;
    }

    private static void expect(Object expected, Object found, String what) {
        if (!expected.equals(found)) {
            throw new AssertionError(what + "\nexpected " + expected + "\nfound    " + found);
        }
    }
}
