package dev.palimpsest.table;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.EngineException;
import dev.palimpsest.api.ForeignKey;
import dev.palimpsest.api.ForeignKey.Action;
import dev.palimpsest.api.ForeignKeyViolationException;
import dev.palimpsest.api.IndexSchema;
import dev.palimpsest.api.IsolationLevel;
import dev.palimpsest.api.OnConflict;
import dev.palimpsest.api.RowStream;
import dev.palimpsest.api.Scan;
import dev.palimpsest.api.Table;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.TransactionOptions;
import dev.palimpsest.inspect.CheckProgress;
import dev.palimpsest.inspect.InspectableDatabase;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Foreign keys of one user: what is checked when, what cascades, each error with PostgreSQL's text. */
class ForeignKeyTest {
    @TempDir
    Path directory;

    private Database db;
    private Table p;
    private Table c;

    @BeforeEach
    void open() {
        db = Database.open(directory);
        p = db.table("p");
        c = db.table("c");
    }

    @AfterEach
    void checkAndClose() {
        assertEquals(List.of(), ((InspectableDatabase) db).check(CheckProgress.NONE));
        db.close();
    }

    private void run(Consumer<Transaction> work) {
        db.transact(tx -> {
            work.accept(tx);
            return null;
        });
    }

    private EngineException fails(String sqlState, Consumer<Transaction> work) {
        return Expect.error(sqlState, () -> run(work));
    }

    private static TableSchema.Builder parent() {
        return TableSchema.named("p")
                .column("id", ColumnType.INTEGER)
                .column("n", ColumnType.INTEGER)
                .primaryKey("id");
    }

    private static TableSchema.Builder child() {
        return TableSchema.named("c").column("id", ColumnType.INTEGER).column("p", ColumnType.INTEGER);
    }

    private static ForeignKey key(Action onDelete, Action onUpdate) {
        return new ForeignKey(null, List.of("p"), "p", List.of(), onDelete, onUpdate);
    }

    private void create(Action onDelete, Action onUpdate) {
        run(tx -> {
            tx.createTable(parent().build());
            tx.createTable(child().foreignKey(key(onDelete, onUpdate)).build());
            p.insertAll(
                    tx,
                    List.of(new Object[] {1, 0}, new Object[] {2, 0}, new Object[] {3, 0})
                            .iterator());
            c.insertAll(
                    tx,
                    List.of(new Object[] {10, 1}, new Object[] {11, 1}, new Object[] {20, 2})
                            .iterator());
        });
    }

    private List<String> rows(Table table) {
        return db.read(tx -> {
            List<String> rows = new ArrayList<>();
            try (RowStream stream = table.scan(tx, Scan.all())) {
                stream.forEachRemaining(row -> rows.add(row.toString()));
            }
            rows.sort(null);
            return rows;
        });
    }

    @Test
    void shouldWantTheReferencedRow() {
        create(Action.NO_ACTION, Action.NO_ACTION);
        run(tx -> c.insert(tx, 30, 3));
        run(tx -> c.insert(tx, 31, null));
        EngineException e = fails("23503", tx -> c.insert(tx, 50, 5));
        assertEquals("insert or update on table \"c\" violates foreign key constraint \"c_p_fkey\"", e.getMessage());
        assertEquals("Key (p)=(5) is not present in table \"p\".", e.detail());
        assertInstanceOf(ForeignKeyViolationException.class, e);
        assertEquals("c", e.subject().table());
        assertEquals("c_p_fkey", e.subject().constraint());
        assertEquals("(p)=(5)", e.subject().key());
        fails("23503", tx -> c.updateAll(tx, Scan.all(), change -> change.setLong("p", 5)));
        fails(
                "23503",
                tx -> c.insertAll(
                        tx, List.of(new Object[] {1, 1}, new Object[] {2, 7}).iterator()));
        run(tx -> c.updateAll(tx, Scan.all(), change -> change.set("p", null)));
        run(tx -> c.updateAll(tx, Scan.all(), change -> change.setLong("id", 9)));
    }

    @Test
    void shouldSeeWhatItsOwnTransactionDid() {
        create(Action.NO_ACTION, Action.NO_ACTION);
        run(tx -> {
            p.insert(tx, 5, 0);
            c.insert(tx, 50, 5);
        });
        fails("23503", tx -> {
            p.delete(tx, 3);
            c.insert(tx, 30, 3);
        });
        run(tx -> {
            c.insert(tx, 31, 3);
            c.deleteAll(tx, Scan.all().where(row -> row.longValue("id") == 31));
            p.delete(tx, 3);
        });
    }

    @Test
    void shouldKeepReferencedRows() {
        create(Action.NO_ACTION, Action.NO_ACTION);
        EngineException e = fails("23503", tx -> p.delete(tx, 1));
        assertEquals(
                "update or delete on table \"p\" violates foreign key constraint \"c_p_fkey\" on table \"c\"",
                e.getMessage());
        assertEquals("Key (id)=(1) is still referenced from table \"c\".", e.detail());
        assertEquals("c", e.subject().table());
        fails("23503", tx -> p.update(tx, 1, change -> change.setLong("id", 7)));
        run(tx -> p.update(tx, 1, change -> change.setLong("n", 7).setLong("id", 1)));
        run(tx -> assertTrue(p.delete(tx, 3)));
        run(tx -> {
            c.deleteAll(tx, Scan.all());
            p.deleteAll(tx, Scan.all());
        });
    }

    @Test
    void shouldAskAtTheEndOfEachStatement() {
        create(Action.NO_ACTION, Action.NO_ACTION);
        run(tx -> {
            p.insert(tx, 0, 0);
            c.updateAll(tx, Scan.all(), change -> change.setLong("p", 0));
            p.delete(tx, 1);
            p.insert(tx, 1, 5);
        });
        fails("23503", tx -> {
            p.delete(tx, 0);
            p.insert(tx, 0, 0);
        });
    }

    @Test
    void shouldLetAnotherRowTakeTheKeyOver() {
        run(tx -> {
            tx.createTable(TableSchema.named("p")
                    .column("id", ColumnType.INTEGER)
                    .column("n", ColumnType.INTEGER)
                    .build());
            tx.createIndex(new IndexSchema("p_id", "p", List.of("id"), List.of(), true));
            tx.createTable(child().foreignKey(
                            new ForeignKey(null, List.of("p"), "p", List.of("id"), Action.NO_ACTION, Action.NO_ACTION))
                    .build());
            p.insert(tx, 1, 1);
            p.insert(tx, 2, 2);
            c.insert(tx, 10, 2);
        });
        // 2 becomes 3, 1 becomes 2: in this order no key is there twice
        run(tx -> p.updateAll(
                tx,
                Scan.index("p_id").reversed(),
                change -> change.setLong("id", change.row().longValue("id") + 1)));
        assertEquals(List.of("(2, 1)", "(3, 2)"), rows(p));
        EngineException e = fails("2BP01", tx -> tx.dropIndex("p_id"));
        assertEquals("cannot drop index p_id because other objects depend on it", e.getMessage());
        assertEquals("constraint c_p_fkey on table c depends on index p_id", e.detail());
    }

    @Test
    void shouldRestrictEvenSo() {
        run(tx -> {
            tx.createTable(TableSchema.named("p")
                    .column("id", ColumnType.INTEGER)
                    .column("n", ColumnType.INTEGER)
                    .unique("id")
                    .build());
            tx.createTable(child().foreignKey(
                            new ForeignKey(null, List.of("p"), "p", List.of("id"), Action.RESTRICT, Action.RESTRICT))
                    .build());
            p.insert(tx, 1, 1);
            p.insert(tx, 2, 2);
            c.insert(tx, 10, 2);
        });
        fails(
                "23503",
                tx -> p.updateAll(
                        tx,
                        Scan.index("p_id_key").reversed(),
                        change -> change.setLong("id", change.row().longValue("id") + 1)));
        fails("23503", tx -> p.deleteAll(tx, Scan.all()));
    }

    @Test
    void shouldCascade() {
        create(Action.CASCADE, Action.CASCADE);
        run(tx -> p.update(tx, 1, change -> change.setLong("id", 100)));
        assertEquals(List.of("(10, 100)", "(11, 100)", "(20, 2)"), rows(c));
        run(tx -> p.delete(tx, 100));
        assertEquals(List.of("(20, 2)"), rows(c));
        run(tx -> p.deleteAll(tx, Scan.all()));
        assertEquals(List.of(), rows(c));
    }

    @Test
    void shouldSetNull() {
        create(Action.SET_NULL, Action.SET_NULL);
        run(tx -> p.delete(tx, 1));
        run(tx -> p.update(tx, 2, change -> change.setLong("id", 200)));
        assertEquals(List.of("(10, null)", "(11, null)", "(20, null)"), rows(c));
    }

    @Test
    void shouldCheckWhatACascadeDoes() {
        run(tx -> {
            tx.createTable(parent().build());
            tx.createTable(TableSchema.named("c")
                    .column("id", ColumnType.INTEGER)
                    .column("p", ColumnType.INTEGER)
                    .notNull()
                    .foreignKey(key(Action.SET_NULL, Action.CASCADE))
                    .build());
            p.insert(tx, 1, 0);
            c.insert(tx, 10, 1);
        });
        fails("23502", tx -> p.delete(tx, 1));
        run(tx -> p.update(tx, 1, change -> change.setLong("id", 2)));
        assertEquals(List.of("(10, 2)"), rows(c));
    }

    @Test
    void shouldCascadeThroughSeveralTables() {
        Table g = db.table("g");
        run(tx -> {
            tx.createTable(parent().build());
            tx.createTable(child().primaryKey("id")
                    .foreignKey(key(Action.CASCADE, Action.CASCADE))
                    .build());
            tx.createTable(TableSchema.named("g")
                    .column("c", ColumnType.INTEGER)
                    .foreignKey(new ForeignKey("stop", List.of("c"), "c", List.of(), Action.RESTRICT, Action.CASCADE))
                    .build());
            p.insert(tx, 1, 0);
            p.insert(tx, 2, 0);
            c.insert(tx, 10, 1);
            c.insert(tx, 20, 2);
            g.insert(tx, 20);
        });
        run(tx -> p.delete(tx, 1));
        EngineException e = fails("23503", tx -> p.delete(tx, 2));
        assertEquals(
                "update or delete on table \"c\" violates foreign key constraint \"stop\" on table \"g\"",
                e.getMessage());
        assertEquals(List.of("(20, 2)"), rows(c));
    }

    private static TableSchema tree(Action action) {
        return TableSchema.named("p")
                .column("id", ColumnType.INTEGER)
                .column("up", ColumnType.INTEGER)
                .primaryKey("id")
                .foreignKey(new ForeignKey(null, List.of("up"), "p", List.of("id"), action, action))
                .build();
    }

    @Test
    void shouldReferenceItself() {
        run(tx -> tx.createTable(tree(Action.NO_ACTION)));
        run(tx -> p.insert(tx, 1, 1));
        run(tx -> p.insertAll(
                tx, List.of(new Object[] {3, 2}, new Object[] {2, 1}).iterator()));
        fails("23503", tx -> p.insert(tx, 4, 5));
        fails("23503", tx -> p.delete(tx, 2));
        run(tx -> assertEquals(3, p.deleteAll(tx, Scan.all())));
    }

    @Test
    void shouldCascadeDownATree() {
        run(tx -> {
            tx.createTable(tree(Action.CASCADE));
            p.insert(tx, 1, null);
            for (int i = 2; i <= 200; i++) {
                p.insert(tx, i, i / 2);
            }
        });
        run(tx -> p.updateAll(
                tx,
                Scan.all(),
                change -> change.setLong("id", 1000 + change.row().longValue("id"))));
        assertTrue(rows(p).contains("(1200, 1100)"), () -> rows(p).toString());
        run(tx -> p.delete(tx, 1002));
        assertEquals(
                List.of("(1001, null)", "(1003, 1001)"),
                rows(p).stream()
                        .filter(row -> row.startsWith("(100"))
                        .filter(row -> row.compareTo("(1004") < 0)
                        .toList());
        run(tx -> p.delete(tx, 1001));
        assertEquals(List.of(), rows(p));
    }

    @Test
    void shouldTakeKeysOfSeveralColumns() {
        run(tx -> {
            tx.createTable(TableSchema.named("p")
                    .column("a", ColumnType.INTEGER)
                    .column("b", ColumnType.TEXT)
                    .primaryKey("b", "a")
                    .build());
            tx.createTable(TableSchema.named("c")
                    .column("x", ColumnType.BIGINT)
                    .column("y", ColumnType.varchar(5))
                    .foreignKey(new ForeignKey(
                            null, List.of("x", "y"), "p", List.of("a", "b"), Action.CASCADE, Action.CASCADE))
                    .build());
            tx.createIndex(new IndexSchema(null, "c", List.of("y", "x"), List.of(), false));
            p.insert(tx, 1, "one");
            c.insert(tx, 1L, "one");
            c.insert(tx, 9L, null); // MATCH SIMPLE
        });
        EngineException e = fails("23503", tx -> c.insert(tx, 1L, "two"));
        assertEquals("Key (x, y)=(1, two) is not present in table \"p\".", e.detail());
        assertEquals("c_x_y_fkey", e.subject().constraint());
        fails("23503", tx -> c.insert(tx, 1L << 40, "one"));
        run(tx -> p.update(tx, change -> change.set("b", "uno"), "one", 1));
        assertEquals(List.of("(1, uno)", "(9, null)"), rows(c));
        fails("22001", tx -> p.update(tx, change -> change.set("b", "too long"), "uno", 1));
        run(tx -> p.delete(tx, "uno", 1));
        assertEquals(List.of("(9, null)"), rows(c));
    }

    @Test
    void shouldCompareNumbersOfDifferentTypes() {
        run(tx -> {
            tx.createTable(TableSchema.named("p")
                    .column("id", ColumnType.numeric(6, 2))
                    .primaryKey("id")
                    .build());
            tx.createTable(child().references("p", "p").build());
            p.insert(tx, new BigDecimal("5.00"));
            p.insert(tx, new BigDecimal("5.25"));
            c.insert(tx, 1, 5);
        });
        fails("23503", tx -> c.insert(tx, 1, 6));
        fails("23503", tx -> c.insert(tx, 1, 1_000_000));
        fails("23503", tx -> p.delete(tx, new BigDecimal("5")));
        run(tx -> p.delete(tx, new BigDecimal("5.25")));
    }

    @Test
    void shouldCheckUpserts() {
        create(Action.CASCADE, Action.CASCADE);
        Table d = db.table("d");
        run(tx -> tx.createTable(TableSchema.named("d")
                .column("id", ColumnType.INTEGER)
                .column("p", ColumnType.INTEGER)
                .primaryKey("id")
                .foreignKey(key(Action.NO_ACTION, Action.NO_ACTION))
                .build()));
        OnConflict update =
                OnConflict.doUpdate(List.of("id"), (change, excluded) -> change.setLong("p", excluded.longValue("p")));
        run(tx -> d.insert(tx, update, new Object[] {1, 1}));
        run(tx -> d.insert(tx, update, new Object[] {1, 2}));
        fails("23503", tx -> d.insert(tx, update, new Object[] {1, 9}));
        fails("23503", tx -> d.insert(tx, update, new Object[] {2, 9}));
        fails(
                "23503",
                tx -> p.insert(
                        tx,
                        OnConflict.doUpdate(List.of("id"), (change, excluded) -> change.setLong("id", 77)),
                        new Object[] {2, 0}));
        assertEquals(List.of("(1, 2)"), rows(d));
    }

    @Test
    void shouldNotMindUnseenRowsAtRepeatableReadButNotChangeThem() {
        create(Action.CASCADE, Action.CASCADE);
        TransactionOptions repeatable = TransactionOptions.DEFAULT.withIsolation(IsolationLevel.REPEATABLE_READ);
        try (Transaction tx = db.begin(repeatable)) {
            assertEquals(0, p.get(tx, 3).longValue("n"));
            run(other -> c.insert(other, 30, 3));
            EngineException e = Expect.error("40001", () -> p.delete(tx, 3));
            assertEquals("could not serialize access due to concurrent update", e.getMessage());
        }
        try (Transaction tx = db.begin(repeatable)) {
            p.get(tx, 3);
            run(other -> p.insert(other, 4, 0));
            Expect.error("23503", () -> c.insert(tx, 40, 4)); // the snapshot doesn't have it
        }
        try (Transaction tx = db.begin(repeatable)) {
            c.insert(tx, 41, 4);
            p.delete(tx, 4);
            tx.commit();
        }
        assertEquals(List.of("(10, 1)", "(11, 1)", "(20, 2)", "(30, 3)"), rows(c));
    }

    @Test
    void shouldCheckWithASnapshotThatIsOlderThanTheTables() {
        run(tx -> tx.createTable(
                TableSchema.named("other").column("id", ColumnType.INTEGER).build()));
        TransactionOptions repeatable = TransactionOptions.DEFAULT.withIsolation(IsolationLevel.REPEATABLE_READ);
        try (Transaction tx = db.begin(repeatable)) {
            db.table("other").insert(tx, 1);
            create(Action.NO_ACTION, Action.CASCADE);
            tx.savepoint("s");
            Expect.error("23503", () -> c.insert(tx, 30, 3)); // which it doesn't see
            tx.rollbackTo("s");
            p.insert(tx, 4, 0);
            c.insert(tx, 40, 4);
            p.update(tx, 4, change -> change.setLong("id", 5));
            tx.savepoint("s");
            Expect.error("23503", () -> p.delete(tx, 5));
            tx.rollbackTo("s");
            tx.commit();
        }
        assertEquals(List.of("(10, 1)", "(11, 1)", "(20, 2)", "(40, 5)"), rows(c));
    }

    @Test
    void shouldFindCommittedChildrenAtRepeatableRead() {
        create(Action.NO_ACTION, Action.NO_ACTION);
        TransactionOptions repeatable = TransactionOptions.DEFAULT.withIsolation(IsolationLevel.REPEATABLE_READ);
        try (Transaction tx = db.begin(repeatable)) {
            p.get(tx, 3);
            run(other -> c.insert(other, 30, 3));
            Expect.error("23503", () -> p.delete(tx, 3));
        }
    }

    @Test
    void shouldKeepDefinitionsOverReopening() {
        create(Action.SET_NULL, Action.CASCADE);
        db.close();
        db = Database.open(directory);
        p = db.table("p");
        c = db.table("c");
        ForeignKey key = db.read(tx -> tx.tableSchema("c")).foreignKeys().get(0);
        assertEquals(
                new ForeignKey("c_p_fkey", List.of("p"), "p", List.of("id"), Action.SET_NULL, Action.CASCADE), key);
        fails("23503", tx -> c.insert(tx, 1, 99));
        run(tx -> p.update(tx, 1, change -> change.setLong("id", 5)));
        run(tx -> p.delete(tx, 2));
        assertEquals(List.of("(10, 5)", "(11, 5)", "(20, null)"), rows(c));
    }

    @Test
    void shouldRefuseBadDefinitions() {
        run(tx -> tx.createTable(parent().unique("n", "id").build()));
        run(tx -> tx.createTable(
                TableSchema.named("bare").column("a", ColumnType.INTEGER).build()));
        assertEquals(
                "relation \"nope\" does not exist",
                refused("42P01", List.of("p"), "nope", List.of()).getMessage());
        assertEquals(
                "column \"x\" referenced in foreign key constraint does not exist",
                refused("42703", List.of("x"), "p", List.of()).getMessage());
        assertEquals(
                "column \"x\" referenced in foreign key constraint does not exist",
                refused("42703", List.of("p"), "p", List.of("x")).getMessage());
        assertEquals(
                "there is no primary key for referenced table \"bare\"",
                refused("42704", List.of("p"), "bare", List.of()).getMessage());
        assertEquals(
                "there is no unique constraint matching given keys for referenced table \"p\"",
                refused("42830", List.of("p"), "p", List.of("n")).getMessage());
        assertEquals(
                "number of referencing and referenced columns for foreign key disagree",
                refused("42830", List.of("p", "id"), "p", List.of()).getMessage());
        assertEquals(
                "foreign key referenced-columns list must not contain duplicates",
                refused("42830", List.of("p", "id"), "p", List.of("id", "id")).getMessage());
        EngineException e = refused("42804", List.of("t"), "p", List.of());
        assertEquals("foreign key constraint \"c_t_fkey\" cannot be implemented", e.getMessage());
        assertEquals("Key columns \"t\" and \"id\" are of incompatible types: text and integer.", e.detail());
        refused("42809", List.of("p"), "pg_class", List.of());
        refused("42809", List.of("p"), "p_pkey", List.of());
        run(tx -> tx.createTable(child().foreignKey(new ForeignKey(
                        null, List.of("id", "p"), "p", List.of("id", "n"), Action.CASCADE, Action.CASCADE))
                .build()));
    }

    private EngineException refused(String sqlState, List<String> columns, String table, List<String> referenced) {
        ForeignKey key = new ForeignKey(null, columns, table, referenced, Action.NO_ACTION, Action.NO_ACTION);
        return fails(
                sqlState,
                tx -> tx.createTable(
                        child().column("t", ColumnType.TEXT).foreignKey(key).build()));
    }

    @Test
    void shouldRefuseToDropWhatIsReferenced() {
        create(Action.NO_ACTION, Action.NO_ACTION);
        EngineException e = fails("2BP01", tx -> tx.dropTable("p"));
        assertEquals("cannot drop table p because other objects depend on it", e.getMessage());
        assertEquals("constraint c_p_fkey on table c depends on table p", e.detail());
        assertEquals("Use DROP ... CASCADE to drop the dependent objects too.", e.hint());
        run(tx -> assertEquals(List.of("constraint c_p_fkey on table c"), tx.dropTables(List.of("p"), true)));
        run(tx -> c.insert(tx, 1, 99));
        run(tx -> tx.dropTable("c"));
        create(Action.NO_ACTION, Action.NO_ACTION);
        run(tx -> tx.dropTables(List.of("p", "c"), false));
        create(Action.NO_ACTION, Action.NO_ACTION);
        run(tx -> tx.dropTable("c"));
        run(tx -> p.deleteAll(tx, Scan.all()));
        run(tx -> tx.dropTable("p"));
    }

    @Test
    void shouldForgetAConstraintThatWasRolledBack() {
        run(tx -> {
            tx.createTable(parent().build());
            p.insert(tx, 1, 0);
        });
        try (Transaction tx = db.begin()) {
            tx.createTable(child().references("p", "p").build());
            c.insert(tx, 1, 1);
            Expect.error("23503", () -> p.delete(tx, 1));
        }
        run(tx -> p.delete(tx, 1));
    }

    @Test
    void shouldUndoWhatAFailedStatementCascaded() {
        create(Action.CASCADE, Action.CASCADE);
        try (Transaction tx = db.begin()) {
            tx.savepoint("s");
            Table d = db.table("d");
            tx.createTable(TableSchema.named("d")
                    .column("p", ColumnType.INTEGER)
                    .references("p", "p")
                    .build());
            d.insert(tx, 2);
            Expect.error("23503", () -> p.deleteAll(tx, Scan.all()));
            tx.rollbackTo("s");
            c.insert(tx, 12, 1);
            tx.commit();
        }
        assertEquals(List.of("(10, 1)", "(11, 1)", "(12, 1)", "(20, 2)"), rows(c));
        assertEquals(List.of("(1, 0)", "(2, 0)", "(3, 0)"), rows(p));
    }
}
