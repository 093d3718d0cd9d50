package dev.palimpsest.sql.exec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.palimpsest.api.Check;
import dev.palimpsest.api.CheckViolationException;
import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.EngineException;
import dev.palimpsest.api.Scan;
import dev.palimpsest.api.Table;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.Transaction;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** CHECK constraints through the Java API: the engine asks the compiler that this module brings. */
class CheckConstraintTest {
    @TempDir
    Path directory;

    private Database db;
    private Table t;

    @BeforeEach
    void open() {
        db = Database.open(directory);
        t = db.table("t");
    }

    @AfterEach
    void close() {
        db.close();
    }

    private void run(Consumer<Transaction> work) {
        db.transact(tx -> {
            work.accept(tx);
            return null;
        });
    }

    private EngineException fails(String sqlState, Consumer<Transaction> work) {
        EngineException e = assertThrows(EngineException.class, () -> run(work));
        assertEquals(sqlState, e.sqlState().code(), e::toString);
        return e;
    }

    private static TableSchema.Builder schema() {
        return TableSchema.named("t")
                .column("a", ColumnType.INTEGER)
                .column("b", ColumnType.INTEGER)
                .column("c", ColumnType.TEXT);
    }

    private static Consumer<Transaction> create(String... conditions) {
        return tx -> {
            TableSchema.Builder builder = schema();
            List.of(conditions).forEach(builder::check);
            tx.createTable(builder.build());
        };
    }

    @Test
    void shouldRefuseRowsThatViolateIt() {
        run(create("a < b"));
        run(tx -> t.insert(tx, 1, 2, "x"));
        run(tx -> t.insert(tx, null, 2, null)); // NULL is no violation
        EngineException e = fails("23514", tx -> t.insert(tx, 1, -5, null));
        assertEquals("new row for relation \"t\" violates check constraint \"t_check\"", e.getMessage());
        assertEquals("Failing row contains (1, -5, null).", e.detail());
        assertInstanceOf(CheckViolationException.class, e);
        assertEquals("t", e.subject().table());
        assertEquals("t_check", e.subject().constraint());
        fails(
                "23514",
                tx -> t.insertAll(
                        tx,
                        List.of(new Object[] {1, 2, ""}, new Object[] {2, 2, ""})
                                .iterator()));
        fails("23514", tx -> t.updateAll(tx, Scan.all(), change -> change.setLong("b", 0)));
        fails(
                "23514",
                tx -> t.updateAll(tx, Scan.all(), change -> change.set("b", 0).set("c", "y")));
        run(tx -> assertEquals(2, t.updateAll(tx, Scan.all(), change -> change.setLong("b", 3))));
    }

    @Test
    void shouldChooseNamesAsPostgresDoes() {
        run(create("a > 0", "a < 10", "a < b", "b > a", "length(c) > 1", "true"));
        TableSchema found = db.read(tx -> tx.tableSchema("t"));
        assertEquals(
                List.of("t_a_check", "t_a_check1", "t_check", "t_check1", "t_c_check", "t_check2"),
                found.checks().stream().map(Check::name).toList());
        assertEquals("length(c) > 1", found.checks().get(4).condition());
        run(tx -> tx.createTable(TableSchema.named("u")
                .column("a", ColumnType.INTEGER)
                .check(new Check("u_a_check", "a > 0"))
                .check("a > 1")
                .build()));
        assertEquals(
                "u_a_check1", db.read(tx -> tx.tableSchema("u")).checks().get(1).name());
        EngineException e = fails(
                "42710",
                tx -> tx.createTable(TableSchema.named("v")
                        .column("a", ColumnType.INTEGER)
                        .check(new Check("same", "a > 0"))
                        .check(new Check("same", "a > 1"))
                        .build()));
        assertEquals("check constraint \"same\" already exists", e.getMessage());
    }

    @Test
    void shouldCheckInTheOrderOfTheNames() {
        run(tx -> tx.createTable(schema().check(new Check("z", "a > 0"))
                .check(new Check("y", "b > 0"))
                .build()));
        EngineException e = fails("23514", tx -> t.insert(tx, 0, 0, null));
        assertEquals("y", e.subject().constraint());
    }

    @Test
    void shouldKeepThemOverReopening() {
        run(create("a between 1 and 3 or c like 'x%'"));
        db.close();
        db = Database.open(directory);
        t = db.table("t");
        run(tx -> t.insert(tx, 3, null, null));
        run(tx -> t.insert(tx, 4, null, "xy"));
        fails("23514", tx -> t.insert(tx, 4, null, "y"));
        run(tx -> tx.dropTable("t"));
        run(create());
        run(tx -> t.insert(tx, 4, null, "y"));
    }

    @Test
    void shouldRefuseBadConditions() {
        assertEquals(
                "column \"nope\" does not exist",
                fails("42703", create("nope > 0")).getMessage());
        assertEquals(
                "argument of CHECK must be type boolean, not type integer",
                fails("42804", create("a + 1")).getMessage());
        assertEquals(
                "aggregate functions are not allowed in check constraints",
                fails("42803", create("sum(a) > 0")).getMessage());
        assertEquals(
                "system column \"xmin\" reference in check constraint is invalid",
                fails("42P10", create("xmin is null")).getMessage());
        fails("42601", create("a >"));
        fails("42601", create("a > 0; drop table t"));
        fails("42883", create("nope(a)"));
        fails("0A000", create("c > now()"));
    }

    @Test
    void shouldPassErrorsOfTheConditionOn() {
        run(create("10 / a > 1"));
        run(tx -> t.insert(tx, 2, null, null));
        assertEquals(
                "division by zero",
                fails("22012", tx -> t.insert(tx, 0, null, null)).getMessage());
    }

    @Test
    void shouldClipLongValuesInTheDetail() {
        run(create("a > 0"));
        EngineException e = fails("23514", tx -> t.insert(tx, 0, 1, "ü".repeat(100_000)));
        assertEquals("Failing row contains (0, 1, " + "ü".repeat(32) + "...).", e.detail());
    }

    @Test
    void shouldShowTheWholeRowThatHasANull() {
        run(tx -> tx.createTable(TableSchema.named("t")
                .column("a", ColumnType.INTEGER)
                .notNull()
                .column("b", ColumnType.DOUBLE)
                .column("c", ColumnType.TEXT)
                .defaultTo("dflt")
                .build()));
        EngineException e = fails("23502", tx -> t.insert(tx, null, 2.0, Table.DEFAULT));
        assertEquals("null value in column \"a\" of relation \"t\" violates not-null constraint", e.getMessage());
        assertEquals("Failing row contains (null, 2, dflt).", e.detail());
        run(tx -> t.insert(tx, 1, 1e20, null));
        e = fails("23502", tx -> t.updateAll(tx, Scan.all(), change -> change.set("a", null)));
        assertEquals("Failing row contains (null, 1e+20, null).", e.detail());
        run(tx -> t.updateAll(tx, Scan.all(), change -> change.set("a", null).set("a", 2))); // the outcome counts
    }
}
