package dev.palimpsest.sql.parser;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class StatementParserTest {
    private static <T extends Statement> T one(Class<T> type, String sql) {
        List<ParsedStatement> statements = SqlParser.parse(sql);
        assertEquals(1, statements.size());
        return type.cast(statements.get(0).statement());
    }

    private static String print(Expression expression) {
        return expression == null ? null : SqlPrinter.print(expression);
    }

    @Test
    void shouldSeparateStatements() {
        String sql = " ;; select 1 ; -- c;\n/* ; /* ; */ */ commit;";
        List<ParsedStatement> statements = SqlParser.parse(sql);
        assertEquals(2, statements.size());
        assertEquals(
                "select 1",
                sql.substring(statements.get(0).start(), statements.get(0).end()));
        assertEquals(
                "commit",
                sql.substring(statements.get(1).start(), statements.get(1).end()));
        assertEquals(statements.get(1).start(), statements.get(1).statement().location());
        assertTrue(SqlParser.parse(" -- nothing").isEmpty());
    }

    @Test
    void shouldParseSelect() {
        Query.Select select = one(
                Query.Select.class,
                "select distinct a, b + 1 as sum, c total, t.*, * from s.t as x where a = 1 group by a, b having count(*) > 1"
                        + " order by a desc, b nulls first, 3 asc limit 10 offset $1");
        assertTrue(select.distinct());
        assertEquals("a", ((Query.Output) select.items().get(0)).label());
        assertEquals("sum", ((Query.Output) select.items().get(1)).label());
        assertEquals("total", ((Query.Output) select.items().get(2)).alias());
        assertEquals("t", ((Query.Star) select.items().get(3)).relation().name());
        assertNull(((Query.Star) select.items().get(4)).relation());
        Query.FromTable from = (Query.FromTable) select.from();
        assertEquals("s.t", from.table().toString());
        assertEquals("x", from.alias());
        assertEquals("a = 1", print(select.where()));
        assertEquals(2, select.groupBy().size());
        assertEquals("count(*) > 1", print(select.having()));
        List<Query.OrderItem> order = select.ordering().orderBy();
        assertTrue(order.get(0).descending() && order.get(0).nullsFirst());
        assertTrue(!order.get(1).descending() && order.get(1).nullsFirst());
        assertTrue(!order.get(2).descending() && !order.get(2).nullsFirst());
        assertEquals("10", print(select.ordering().limit()));
        assertEquals("$1", print(select.ordering().offset()));
    }

    @Test
    void shouldParseSelectFromFunction() {
        Query.Select select = one(Query.Select.class, "select * from mvcc_versions('t') v where v.xmin = 1");
        Query.FromFunction from = (Query.FromFunction) select.from();
        assertEquals("mvcc_versions('t')", print(from.call()));
        assertEquals("v", from.alias());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "select a from t limit all | |",
                "select a from t limit 5 | 5 |",
                "select a from t offset 2 rows fetch next row only | 1 | 2",
                "select a from t fetch first 3 rows only offset 1 + 1 | 3 | 1 + 1",
                "values (1) limit 1 | 1 |",
                "table t offset 4 | | 4",
            })
    void shouldParseLimits(String sql, String limit, String offset) {
        Query query = one(Query.class, sql);
        assertEquals(limit, print(query.ordering().limit()));
        assertEquals(offset, print(query.ordering().offset()));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "select",
                "select from t",
                "(select 1)",
                "select count, name, value, type, text, int, values, row from t",
                "select 1 as select, 2 all, 3 user",
                "select a from only t",
                "select a from t *",
                "select x.precision from t precision",
                "select a from current_schema() x",
                "begin; end; abort; rollback work; commit transaction; commit and no chain",
                "insert into t (select 1)",
                "insert into t (a) ((select 1))",
                "create table t ()",
                "create table t (exclude int, foreign_ text)",
                "create unique index on t (a)",
                "drop table t restrict",
                "explain (select 1)",
                "show all; reset all; set session x = 1; set session = 2; set local a.b to default",
                "select * from t for update; select * from t for share limit 1; table t for key share nowait",
                "select * from t for read only; select 1 for update; values (1) for update",
                "savepoint savepoint; release savepoint; rollback to savepoint; rollback to savepoint savepoint",
                "rollback work to a; rollback transaction to savepoint a; release a; release savepoint a",
                "lock t; lock table only t, s.u * in share row exclusive mode nowait; lock \"Table\" in row share mode",
                "insert into t default values on conflict do nothing returning *",
                "insert into t (select 1) on conflict (a, b) do update set a = default returning a as x, t.*",
                "update t set a = 1 returning a + 1 b; delete from t returning ctid",
                "create table t (a int constraint c check (a > 0) references u not deferrable initially immediate)",
                "create table t (a int references s.u (b) match simple on update cascade on delete set null)",
                "create table t (a int, primary key (a) include (b, c), b int unique include (c), c int)",
                "create sequence if not exists s as int increment by -1 minvalue -10 no maxvalue start with -1 cache 5 no cycle",
                "drop sequence if exists a, s.b cascade",
                "create unique index on t (a) include (b)",
            })
    void shouldAcceptWhatPostgresAccepts(String sql) {
        assertFalse(SqlParser.parse(sql).isEmpty());
    }

    @Test
    void shouldParseInsert() {
        Statement.Insert insert = one(
                Statement.Insert.class,
                "insert into s.t as x (a, \"B\") overriding system value values (1, default), (2, 3)");
        assertEquals("s.t", insert.table().toString());
        assertEquals("x", insert.alias());
        assertEquals("B", insert.columns().get(1).name());
        assertEquals(Statement.Overriding.SYSTEM, insert.overriding());
        Query.Values values = (Query.Values) insert.source();
        assertEquals(2, values.rows().size());
        assertTrue(values.rows().get(0).get(1) instanceof Expression.Default);
        assertNull(one(Statement.Insert.class, "insert into t default values").source());
        Statement.Insert copy = one(Statement.Insert.class, "insert into t select * from u");
        assertTrue(copy.source() instanceof Query.Select && copy.columns().isEmpty());
    }

    @Test
    void shouldParseUpdateAndDelete() {
        Statement.Update update = one(Statement.Update.class, "update t x set a = a + 1, b = default where id = 3");
        assertEquals("x", update.alias());
        assertEquals("a + 1", print(update.assignments().get(0).value()));
        assertTrue(update.assignments().get(1).value() instanceof Expression.Default);
        assertEquals("id = 3", print(update.where()));
        assertEquals(15, update.assignments().get(0).location());
        Statement.Delete delete = one(Statement.Delete.class, "delete from t as d where d.a is null");
        assertEquals("d", delete.alias());
        assertEquals("d.a IS NULL", print(delete.where()));
        assertNull(one(Statement.Delete.class, "delete from t").where());
    }

    @Test
    void shouldParseCreateTable() {
        Definition.CreateTable table = one(
                Definition.CreateTable.class,
                "create table if not exists s.t (id bigint primary key, a int not null default 1 + 2,"
                        + " b varchar(10) unique null, c numeric(10, 2), d mood, e bigserial,"
                        + " f bigint generated always as identity (start with -10 increment 5),"
                        + " constraint k unique (a, b))");
        assertTrue(table.ifNotExists());
        List<Definition.ColumnDefinition> columns = table.columns();
        assertEquals("bigint", columns.get(0).type().toString());
        assertTrue(columns.get(1).notNull());
        assertEquals("1 + 2", print(columns.get(1).defaultValue()));
        assertEquals("character varying(10)", columns.get(2).type().toString());
        assertFalse(columns.get(2).notNull());
        assertEquals(List.of(10, 2), columns.get(3).type().modifiers());
        assertEquals("mood", columns.get(4).type().name());
        assertEquals("int8", columns.get(5).type().name());
        assertFalse(columns.get(5).identity().always());
        assertTrue(columns.get(5).notNull());
        assertTrue(columns.get(6).identity().always());
        assertEquals(-10, columns.get(6).identity().options().start());
        assertEquals(5, columns.get(6).identity().options().increment());
        assertEquals(3, table.keys().size());
        assertTrue(table.keys().get(0).primary());
        assertEquals("k", table.keys().get(2).name());
        assertEquals(2, table.keys().get(2).columns().size());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "bool | boolean",
                "int2 | smallint",
                "INTEGER | integer",
                "int8 | bigint",
                "float8 | double precision",
                "float(24) | real",
                "decimal(5) | numeric(5)",
                "dec | numeric",
                "character varying(3) | character varying(3)",
                "char | character(1)",
                "bytea | bytea",
                "timestamptz | timestamp with time zone",
                "timestamp(3) with time zone | timestamp(3) with time zone",
                "timestamp | timestamp without time zone",
                "time with time zone | time with time zone",
                "bit varying(3) | bit varying(3)",
                "public.\"Mood\"(3) | public.\"Mood\"(3)",
                "\"char\" | \"char\"",
            })
    void shouldParseTypes(String sql, String type) {
        TypeName parsed = SqlParser.parseType(sql);
        assertEquals(type, parsed.toString());
        assertEquals(parsed.name(), SqlParser.parseType(type).name());
    }

    @Test
    void shouldParseIndexesAndDrops() {
        Definition.CreateIndex index = one(
                Definition.CreateIndex.class,
                "create unique index if not exists i on s.t using btree (a desc, b nulls first)");
        assertTrue(index.unique() && index.ifNotExists());
        assertEquals("i", index.name());
        assertTrue(index.columns().get(0).descending() && index.columns().get(0).nullsFirst());
        assertTrue(
                !index.columns().get(1).descending() && index.columns().get(1).nullsFirst());
        assertNull(one(Definition.CreateIndex.class, "create index on t (a)").name());
        Definition.DropTable drop = one(Definition.DropTable.class, "drop table if exists a, s.b cascade");
        assertEquals("[a, s.b]", drop.names().toString());
        assertTrue(drop.ifExists() && drop.cascade());
        assertFalse(one(Definition.DropIndex.class, "drop index i").ifExists());
    }

    @Test
    void shouldParseTransactions() {
        Utility.TransactionModes modes = one(
                        Utility.Begin.class, "start transaction isolation level repeatable read, read only deferrable")
                .modes();
        assertEquals(Utility.IsolationLevel.REPEATABLE_READ, modes.isolation());
        assertEquals(true, modes.readOnly());
        assertEquals(true, modes.deferrable());
        assertEquals(
                Utility.TransactionModes.NONE,
                one(Utility.Begin.class, "begin work").modes());
        Utility.SetTransaction set = one(Utility.SetTransaction.class, "set transaction read write, not deferrable");
        assertEquals(false, set.modes().readOnly());
        assertEquals(false, set.modes().deferrable());
        assertTrue(one(
                        Utility.SetTransaction.class,
                        "set session characteristics as transaction isolation level serializable")
                .session());
        one(Utility.Commit.class, "end work");
        one(Utility.Rollback.class, "abort");
    }

    @Test
    void shouldParseLockingClauses() {
        Query.Select select = one(
                Query.Select.class, "select * from t order by a for no key update of t, u nowait for share limit 3");
        List<Query.Locking> locking = select.ordering().locking();
        assertEquals(2, locking.size());
        assertEquals(Query.LockStrength.NO_KEY_UPDATE, locking.get(0).strength());
        assertEquals(Query.LockWait.NOWAIT, locking.get(0).waiting());
        assertEquals("[t, u]", locking.get(0).of().toString());
        assertEquals(27, locking.get(0).location());
        assertEquals(Query.LockStrength.SHARE, locking.get(1).strength());
        assertEquals("3", print(select.ordering().limit()));
        Query.Locking last = one(Query.Select.class, "select * from t limit 1 for key share skip locked")
                .ordering()
                .locking()
                .get(0);
        assertEquals(Query.LockStrength.KEY_SHARE, last.strength());
        assertEquals(Query.LockWait.SKIP_LOCKED, last.waiting());
        assertEquals("FOR NO KEY UPDATE", locking.get(0).strength().sql());
    }

    @Test
    void shouldParseSavepointsAndLocks() {
        assertEquals("a", one(Utility.Savepoint.class, "savepoint A").name());
        assertEquals(
                "savepoint", one(Utility.Release.class, "release savepoint").name());
        assertEquals(
                "b",
                one(Utility.RollbackTo.class, "rollback work to savepoint b").name());
        Utility.LockTable lock =
                one(Utility.LockTable.class, "lock table a, s.b in share update exclusive mode nowait");
        assertEquals("[a, s.b]", lock.tables().toString());
        assertEquals(Utility.LockMode.SHARE_UPDATE_EXCLUSIVE, lock.mode());
        assertTrue(lock.nowait());
        assertEquals(
                Utility.LockMode.ACCESS_EXCLUSIVE,
                one(Utility.LockTable.class, "lock t").mode());
        for (Utility.LockMode mode : Utility.LockMode.values()) {
            String words = mode.name().replace('_', ' ');
            assertEquals(
                    mode,
                    one(Utility.LockTable.class, "lock t in " + words + " mode").mode());
        }
    }

    @Test
    void shouldParseOnConflictAndReturning() {
        Statement.Insert insert = one(
                Statement.Insert.class,
                "insert into t values (1) on conflict (a, b) do update set c = excluded.c + t.c where t.c < 5 returning a, *");
        assertEquals("b", insert.onConflict().columns().get(1).name());
        assertEquals(
                "excluded.c + t.c",
                print(insert.onConflict().assignments().get(0).value()));
        assertEquals("t.c < 5", print(insert.onConflict().where()));
        assertEquals(25, insert.onConflict().location());
        assertEquals(2, insert.returning().size());
        Statement.OnConflict named = one(
                        Statement.Insert.class, "insert into t values (1) on conflict on constraint k do nothing")
                .onConflict();
        assertEquals("k", named.constraint());
        assertTrue(named.assignments().isEmpty());
        assertEquals(
                1,
                one(Statement.Update.class, "update t set a = 1 where b = 2 returning a")
                        .returning()
                        .size());
        assertEquals(
                1,
                one(Statement.Delete.class, "delete from t returning *")
                        .returning()
                        .size());
    }

    @Test
    void shouldParseConstraintsAndSequences() {
        Definition.CreateTable table = one(
                Definition.CreateTable.class,
                "create table t (a int check (a > 0), b int constraint f references u on delete cascade,"
                        + " primary key (a) include (b), constraint c check (a < b),"
                        + " foreign key (a, b) references s.v (x, y) on update set null on delete restrict)");
        assertEquals("a > 0", print(table.checks().get(0).condition()));
        assertNull(table.checks().get(0).name());
        assertEquals("c", table.checks().get(1).name());
        assertEquals("b", table.keys().get(0).included().get(0).name());
        Definition.ForeignKey first = table.foreignKeys().get(0);
        assertEquals("f", first.name());
        assertEquals("b", first.columns().get(0).name());
        assertEquals(Definition.Action.CASCADE, first.onDelete());
        assertEquals(Definition.Action.NO_ACTION, first.onUpdate());
        assertTrue(first.referencedColumns().isEmpty());
        Definition.ForeignKey second = table.foreignKeys().get(1);
        assertEquals("s.v", second.referencedTable().toString());
        assertEquals("y", second.referencedColumns().get(1).name());
        assertEquals(Definition.Action.SET_NULL, second.onUpdate());
        Definition.CreateSequence sequence = one(
                Definition.CreateSequence.class,
                "create sequence s as smallint start -5 increment by -2 minvalue -9223372036854775808 maxvalue 7 cycle");
        assertEquals(-5L, sequence.options().start());
        assertEquals(-2L, sequence.options().increment());
        assertEquals(Long.MIN_VALUE, sequence.options().minValue());
        assertEquals(7L, sequence.options().maxValue());
        assertEquals("smallint", sequence.options().type().toString());
        assertTrue(sequence.options().cycle());
        Definition.DropSequence drop = one(Definition.DropSequence.class, "drop sequence if exists a, b");
        assertTrue(drop.ifExists() && drop.names().size() == 2);
    }

    @Test
    void shouldParseSettings() {
        Utility.SetVariable set = one(Utility.SetVariable.class, "set local A.b to 'x', off, -1.5, on");
        assertEquals("a.b", set.name());
        assertEquals(List.of("x", "off", "-1.5", "on"), set.values());
        assertTrue(set.local());
        assertTrue(one(Utility.SetVariable.class, "set x = default").values().isEmpty());
        assertEquals(
                "timezone",
                one(Utility.SetVariable.class, "set time zone 'UTC'").name());
        assertEquals(
                "transaction_isolation",
                one(Utility.Show.class, "show transaction isolation level").name());
        assertNull(one(Utility.Show.class, "show all").name());
        assertEquals("x", one(Utility.Reset.class, "reset x").name());
    }

    @Test
    void shouldParseExplain() {
        Utility.Explain explain = one(Utility.Explain.class, "explain analyze verbose select 1");
        assertTrue(explain.analyze() && explain.verbose() && !explain.visibility());
        assertTrue(
                one(Utility.Explain.class, "explain visibility select * from t").visibility());
        Utility.Explain options = one(Utility.Explain.class, "explain (verbose, analyze off) delete from t");
        assertTrue(options.verbose() && !options.analyze());
        assertTrue(options.statement() instanceof Statement.Delete);
    }

    private static String options(Utility.Vacuum vacuum) {
        return String.join(
                " ",
                vacuum.options().stream()
                        .map(o -> o.value() == null ? o.name() : o.name() + "=" + o.value())
                        .toList());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "vacuum | '' | ''",
                "vacuum t | '' | t",
                "vacuum verbose t | verbose | t",
                "vacuum full freeze verbose analyse t, s.u | full freeze verbose analyze | t s.u",
                "vacuum (verbose) | verbose | ''",
                "vacuum (analyze off, Full, index_cleanup 'auto', truncate false, parallel -1, \"Odd\" on) only t, u *"
                        + " | analyze=off full index_cleanup=auto truncate=false parallel=-1 Odd=on | t u",
                "vacuum (verbose 1.5) verbose_t | verbose=1.5 | verbose_t",
                "analyze | '' | ''",
                "analyse verbose t (a), u | verbose | t u",
                "analyze (verbose off, skip_locked) t | verbose=off skip_locked | t",
            })
    void shouldParseVacuum(String sql, String options, String tables) {
        Utility.Vacuum vacuum = one(Utility.Vacuum.class, sql);
        assertEquals(options, options(vacuum));
        assertEquals(
                tables,
                String.join(
                        " ",
                        vacuum.targets().stream()
                                .map(target -> target.table().toString())
                                .toList()));
    }

    @Test
    void shouldParseStorageParameters() {
        Definition.CreateTable create = one(
                Definition.CreateTable.class,
                "create table t (a int) with (autovacuum_enabled = false, Fillfactor=70, toast.x = '1s', \"B\" = -1.5, user_table)");
        List<Definition.StorageParameter> parameters = create.parameters();
        assertEquals(
                List.of("autovacuum_enabled=false", "fillfactor=70", "x=1s", "B=-1.5", "user_table=null"),
                parameters.stream().map(p -> p.name() + "=" + p.value()).toList());
        assertEquals("toast", parameters.get(2).namespace());
        assertNull(parameters.get(0).namespace());
        assertTrue(one(Definition.CreateTable.class, "create table t (a int) without oids")
                .parameters()
                .isEmpty());
        Definition.AlterTable alter = one(
                Definition.AlterTable.class,
                "alter table if exists only s.t set (a = 1, b = on), reset (c, toast.d), set (e = none)");
        assertTrue(alter.ifExists());
        assertEquals("s.t", alter.table().toString());
        assertEquals(3, alter.changes().size());
        assertEquals("on", alter.changes().get(0).parameters().get(1).value());
        assertTrue(alter.changes().get(1).reset());
        assertEquals("none", alter.changes().get(2).parameters().get(0).value());
    }
}
