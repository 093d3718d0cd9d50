package dev.palimpsest.table;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.Column;
import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.EngineException;
import dev.palimpsest.api.IndexSchema;
import dev.palimpsest.api.IsolationLevel;
import dev.palimpsest.api.Row;
import dev.palimpsest.api.RowChange;
import dev.palimpsest.api.RowLockMode;
import dev.palimpsest.api.RowStream;
import dev.palimpsest.api.Scan;
import dev.palimpsest.api.Table;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.TransactionOptions;
import dev.palimpsest.api.TransactionWork;
import dev.palimpsest.api.WaitPolicy;
import dev.palimpsest.inspect.CheckProgress;
import dev.palimpsest.inspect.InspectableDatabase;
import java.io.ByteArrayInputStream;
import java.math.BigDecimal;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Statements of one user: what they do, and each error that the API promises. */
class StatementTest {
    private Database db;
    private Table accounts;

    @BeforeEach
    void open() {
        db = Database.openInMemory();
        accounts = db.table("accounts");
        db.transact(tx -> {
            tx.createTable(TableSchema.named("accounts")
                    .column("id", ColumnType.BIGINT)
                    .column("owner", ColumnType.TEXT)
                    .column("balance", ColumnType.BIGINT)
                    .notNull()
                    .defaultTo(100L)
                    .primaryKey("id")
                    .unique("owner")
                    .build());
            return null;
        });
    }

    @AfterEach
    void checkAndClose() {
        assertEquals(List.of(), ((InspectableDatabase) db).check(CheckProgress.NONE));
        db.close();
    }

    private void insert(long id, String owner, long balance) {
        db.transact(tx -> {
            accounts.insert(tx, id, owner, balance);
            return null;
        });
    }

    private boolean did(TransactionWork<Boolean> work) {
        return db.transact(work);
    }

    private long count(TransactionWork<Long> work) {
        return db.transact(work);
    }

    private Long balance(long id) {
        return db.read(tx -> {
            Row row = accounts.get(tx, id);
            return row == null ? null : row.longValue("balance");
        });
    }

    private List<Long> ids(Transaction tx, Scan scan) {
        List<Long> ids = new ArrayList<>();
        try (RowStream rows = accounts.scan(tx, scan)) {
            rows.forEachRemaining(row -> ids.add(row.longValue(0)));
        }
        return ids;
    }

    @Test
    void shouldInsertGetUpdateAndDelete() {
        insert(1, "ann", 5);
        assertEquals(5, balance(1));
        assertNull(balance(2));
        assertTrue(did(tx -> accounts.update(tx, 1, change -> change.setLong("balance", 7))));
        assertFalse(did(tx -> accounts.update(tx, 2, change -> change.setLong("balance", 7))));
        assertEquals(7, balance(1));
        assertTrue(did(tx -> accounts.delete(tx, 1)));
        assertFalse(did(tx -> accounts.delete(tx, 1)));
        assertNull(balance(1));
        insert(1, "ann", 9); // the key and the unique value are free again
        assertEquals(9, balance(1));
    }

    @Test
    void shouldRefuseLimitsAndLocksOfScansThatChangeRows() {
        insert(1, "ann", 5);
        Scan limited = Scan.index("accounts_pkey").limit(1);
        Scan locking = Scan.all().lock(RowLockMode.UPDATE, WaitPolicy.SKIP_LOCKED);
        for (Scan scan : List.of(limited, locking)) {
            Expect.error("22023", () -> did(tx -> accounts.deleteAll(tx, scan) > 0));
            Expect.error(
                    "22023", () -> did(tx -> accounts.updateAll(tx, scan, change -> change.set("balance", 0L)) > 0));
        }
        assertEquals(5, balance(1));
    }

    @Test
    void shouldKeepEveryType() {
        Table all = db.table("all_types");
        byte[] bytes = {0, 1, -1};
        Instant now = Instant.parse("2024-02-29T12:34:56.789012Z");
        Object[] values = {
            true, (short) -3, 4, 5L, 2.5, new BigDecimal("123.40"), "Grüße\u0001", "short", bytes, now,
        };
        db.transact(tx -> {
            tx.createTable(TableSchema.named("all_types")
                    .column("a", ColumnType.BOOLEAN)
                    .column("b", ColumnType.SMALLINT)
                    .column("c", ColumnType.INTEGER)
                    .column("d", ColumnType.BIGINT)
                    .column("e", ColumnType.DOUBLE)
                    .column("f", ColumnType.numeric(8, 2))
                    .column("g", ColumnType.TEXT)
                    .column("h", ColumnType.varchar(5))
                    .column("i", ColumnType.BYTEA)
                    .column("j", ColumnType.TIMESTAMPTZ)
                    .primaryKey("a", "b", "c", "d", "e", "f", "g", "h", "i", "j")
                    .build());
            all.insert(tx, values);
            return null;
        });
        db.read(tx -> {
            Row row = all.get(tx, values);
            for (int i = 0; i < values.length; i++) {
                if (i != 8) {
                    assertEquals(values[i], row.value(i));
                }
            }
            assertArrayEquals(bytes, row.bytesValue("i"));
            assertEquals(3, row.lengthBytes(8));
            assertTrue(row.booleanValue("a"));
            assertEquals(2.5, row.doubleValue("e"));
            assertEquals(now, row.timestampValue("j"));
            assertEquals(new BigDecimal("123.40"), row.numericValue("f"));
            Expect.error("42804", () -> row.longValue("g"));
            Expect.error("42804", () -> row.stringValue("a"));
            Expect.error("42804", () -> row.stream(0));
            Expect.error("42703", () -> row.value("nope"));
            Expect.error("42703", () -> row.value(10));
            return null;
        });
    }

    @Test
    void shouldRefuseWhatDoesNotFit() {
        Expect.error("42804", () -> db.transact(tx -> run(() -> accounts.insert(tx, "x", "a", 1L))));
        Expect.error("42601", () -> db.transact(tx -> run(() -> accounts.insert(tx, 1L, "a"))));
        Expect.error("42804", () -> db.transact(tx -> accounts.get(tx, "x")));
        Expect.error("42804", () -> db.transact(tx -> accounts.get(tx, 1L, 2L)));
        Expect.error(
                "42P01",
                "relation \"nope\" does not exist",
                () -> db.transact(tx -> db.table("nope").get(tx, 1)));
        Expect.error("42809", () -> db.transact(tx -> db.table("accounts_pkey").get(tx, 1)));
        Expect.error("42809", () -> db.transact(tx -> db.table("pg_class").deleteAll(tx, Scan.all())));
        assertNull(db.read(tx -> accounts.get(tx, (Object) null)));
    }

    private static Object run(Runnable work) {
        work.run();
        return null;
    }

    @Test
    void shouldNameNotNullViolations() {
        EngineException e = Expect.error(
                "23502",
                "null value in column \"balance\" of relation \"accounts\" violates not-null constraint",
                () -> insertNullBalance());
        assertNotNull(e.detail());
        Expect.error("23502", () -> db.transact(tx -> run(() -> accounts.insert(tx, null, "a", 1L))));
        insert(1, "a", 1);
        Expect.error("23502", () -> db.transact(tx -> accounts.update(tx, 1, c -> c.set("balance", null))));
    }

    private void insertNullBalance() {
        db.transact(tx -> run(() -> accounts.insert(tx, 1L, "a", null)));
    }

    @Test
    void shouldNameUniqueViolations() {
        insert(1, "ann", 5);
        EngineException e = Expect.error(
                "23505", "duplicate key value violates unique constraint \"accounts_pkey\"", () -> insert(1, "bob", 6));
        assertEquals("Key (id)=(1) already exists.", e.detail());
        e = Expect.error(
                "23505",
                "duplicate key value violates unique constraint \"accounts_owner_key\"",
                () -> insert(2, "ann", 6));
        assertEquals("Key (owner)=(ann) already exists.", e.detail());
        insert(2, null, 6);
        insert(3, null, 6); // NULLs never conflict
        Expect.error("23505", () -> db.transact(tx -> accounts.update(tx, 2, c -> c.set("owner", "ann"))));
        Expect.error(
                "23505",
                () -> db.transact(tx -> {
                    accounts.insert(tx, 9L, "x", 1L);
                    accounts.insert(tx, 9L, "y", 1L);
                    return null;
                }));
        assertEquals(5, balance(1));
        assertNull(balance(9));
    }

    @Test
    void shouldTakeOverAKeyWithinOneTransaction() {
        insert(1, "ann", 5);
        db.transact(tx -> {
            accounts.delete(tx, 1);
            accounts.insert(tx, 1L, "ann", 6L);
            accounts.update(tx, 1, c -> c.setLong("balance", 7));
            return null;
        });
        assertEquals(7, balance(1));
    }

    @Test
    void shouldFailTheTransactionAfterAnErrorAndLeaveNothing() {
        insert(1, "ann", 5);
        try (Transaction tx = db.begin()) {
            accounts.insert(tx, 2L, "bob", 5L);
            Expect.error("23505", () -> accounts.insert(tx, 1L, "eve", 5L));
            assertTrue(tx.isFailed());
            Expect.error(
                    "25P02",
                    "current transaction is aborted, commands ignored until end of transaction block",
                    () -> accounts.get(tx, 1));
            Expect.error("25P02", tx::tableNames);
            assertEquals("failed", db.sessions().get(0).state());
            Expect.error("25P02", tx::commit);
            assertFalse(tx.isActive());
            Expect.error("25P01", () -> accounts.get(tx, 1));
            Expect.error("25P01", tx::commit);
        }
        assertNull(balance(2));
        assertEquals(List.of(), db.sessions());
    }

    @Test
    void shouldLetOthersGoOnAtOnceWhenAStatementFails() {
        insert(1, "ann", 5);
        try (Transaction failed = db.begin()) {
            accounts.update(failed, 1, c -> c.setLong("balance", 6));
            Expect.error("23505", () -> accounts.insert(failed, 1L, "eve", 5L));
            TransactionOptions impatient = TransactionOptions.DEFAULT.withLockTimeoutNanos(1);
            db.transact(impatient, tx -> accounts.update(tx, 1, c -> c.setLong("balance", 7)));
        }
        assertEquals(7, balance(1));
    }

    @Test
    void shouldRefuseWritesInReadOnlyTransactions() {
        insert(1, "ann", 5);
        TransactionOptions readOnly = TransactionOptions.DEFAULT.withReadOnly(true);
        Expect.error(
                "25006",
                "cannot execute INSERT in a read-only transaction",
                () -> db.transact(readOnly, tx -> run(() -> accounts.insert(tx, 2L, "b", 1L))));
        Expect.error("25006", () -> db.transact(readOnly, tx -> accounts.delete(tx, 1)));
        Expect.error("25006", () -> db.transact(readOnly, tx -> accounts.updateAll(tx, Scan.all(), c -> {})));
        Expect.error("25006", () -> db.transact(readOnly, tx -> run(() -> tx.dropTable("accounts"))));
        assertEquals(5, balance(1));
    }

    @Test
    void shouldRefuseSerializable() {
        TransactionOptions wanted = TransactionOptions.DEFAULT.withIsolation(IsolationLevel.SERIALIZABLE);
        Expect.error("0A000", () -> db.begin(wanted));
    }

    @Test
    void shouldRefuseATransactionOfAnotherDatabase() {
        try (Database other = Database.openInMemory();
                Transaction tx = other.begin()) {
            Expect.error("25P01", () -> accounts.get(tx, 1));
        }
    }

    @ParameterizedTest
    @EnumSource(
            value = IsolationLevel.class,
            names = {"READ_COMMITTED", "REPEATABLE_READ"})
    void shouldNeverSeeItsOwnWritesWithinAStatement(IsolationLevel level) {
        db.transact(tx -> accounts.insertAll(tx, rows(1, 50)));
        TransactionOptions options = TransactionOptions.DEFAULT.withIsolation(level);
        long updated = db.transact(options, tx -> {
            // moves every key up, into the part of the index that the scan still has before it
            long count = accounts.updateAll(
                    tx,
                    Scan.index("accounts_pkey"),
                    c -> c.setLong("id", c.row().longValue("id") + 1000));
            count += accounts.updateAll(
                    tx, Scan.all(), c -> c.setLong("balance", c.row().longValue("balance") + 1));
            return count;
        });
        assertEquals(100, updated);
        assertEquals(
                LongStream.rangeClosed(1001, 1050).boxed().toList(),
                db.read(tx -> ids(tx, Scan.index("accounts_pkey"))));
        assertEquals(101, balance(1001));
    }

    private static Iterator<Object[]> rows(long from, long to) {
        return LongStream.rangeClosed(from, to)
                .mapToObj(id -> new Object[] {id, "owner " + id, 100L})
                .iterator();
    }

    @Test
    void shouldInsertManyAndKeepUniqueChecksWithinTheBatch() {
        assertEquals(5000, count(tx -> accounts.insertAll(tx, rows(1, 5000))));
        Object[] twice = {7000L, "x", 1L};
        EngineException e = Expect.error(
                "23505",
                () -> db.transact(
                        tx -> accounts.insertAll(tx, List.of(twice, twice).iterator())));
        assertEquals("Key (id)=(7000) already exists.", e.detail());
        Expect.error("23505", () -> db.transact(tx -> accounts.insertAll(tx, rows(5000, 5001))));
        assertEquals(
                3,
                count(tx -> accounts.insertAll(
                        tx,
                        List.of(
                                        new Object[] {8000L, null, 1L},
                                        new Object[] {8001L, null, Table.DEFAULT},
                                        new Object[] {8002L, "z", 1L})
                                .iterator())));
        assertEquals(100, balance(8001));
        assertEquals(5003, count(tx -> (long) ids(tx, Scan.all()).size()));
    }

    @Test
    void shouldInsertFromAScanOfTheSameTable() {
        db.transact(tx -> accounts.insertAll(tx, rows(1, 300)));
        long copied = db.transact(tx -> {
            RowStream source = accounts.scan(tx, Scan.all());
            Iterator<Object[]> moved = source.stream()
                    .map(row -> new Object[] {row.longValue(0) + 1000, null, row.longValue(2)})
                    .iterator();
            return accounts.insertAll(tx, moved);
        });
        assertEquals(300, copied);
    }

    @Test
    void shouldReadInsideAChangeFunction() {
        insert(1, "ann", 5);
        insert(2, "bob", 6);
        for (IsolationLevel level : List.of(IsolationLevel.READ_COMMITTED, IsolationLevel.REPEATABLE_READ)) {
            db.transact(
                    TransactionOptions.DEFAULT.withIsolation(level),
                    tx -> accounts.update(
                            tx, 1, c -> c.setLong("balance", accounts.get(tx, 2).longValue("balance") + 1)));
        }
        assertEquals(7, balance(1));
        Expect.error("55006", () -> db.transact(tx -> accounts.update(tx, 1, c -> accounts.delete(tx, 2))));
        Expect.error("55006", () -> db.transact(tx -> accounts.update(tx, 1, c -> tx.commit())));
        Expect.error("55006", () -> db.transact(tx -> accounts.update(tx, 1, c -> tx.dropTable("accounts"))));
        assertEquals(6, balance(2));
    }

    @Test
    void shouldRollBackWhenACallbackThrows() {
        insert(1, "ann", 5);
        insert(2, "bob", 5);
        assertThrows(
                IllegalStateException.class,
                () -> db.transact(tx -> accounts.updateAll(tx, Scan.all(), c -> {
                    if (c.row().longValue(0) == 2) {
                        throw new IllegalStateException("no");
                    }
                    c.setLong("balance", 0);
                })));
        assertEquals(5, balance(1));
    }

    @Test
    void shouldRefuseARowChangeOutsideItsCall() {
        insert(1, "ann", 5);
        RowChange[] kept = new RowChange[1];
        db.transact(tx -> accounts.update(tx, 1, c -> kept[0] = c));
        Expect.error("55000", () -> kept[0].setLong(2, 1));
        Expect.error("42703", () -> db.transact(tx -> accounts.update(tx, 1, c -> c.set("nope", 1))));
        Expect.error("42703", () -> db.transact(tx -> accounts.update(tx, 1, c -> c.setLong(9, 1))));
        Expect.error("42804", () -> db.transact(tx -> accounts.update(tx, 1, c -> c.setLong("owner", 1))));
    }

    @Test
    void shouldScanIndexRangesBothWays() {
        db.transact(tx -> accounts.insertAll(tx, rows(1, 10)));
        Scan all = Scan.index("accounts_pkey");
        db.read(tx -> {
            assertEquals(List.of(3L, 4L, 5L), ids(tx, all.from(3).to(5)));
            assertEquals(List.of(4L), ids(tx, all.after(3).before(5)));
            assertEquals(List.of(5L, 4L, 3L), ids(tx, all.from(3).to(5).reversed()));
            assertEquals(List.of(10L, 9L), ids(tx, all.from(9).reversed()));
            assertEquals(List.of(7L), ids(tx, all.equalTo(7)));
            assertEquals(List.of(2L, 4L), ids(tx, all.to(5).where(row -> row.longValue(0) % 2 == 0)));
            assertEquals(List.of(), ids(tx, all.from(5).to(3)));
            return null;
        });
        Expect.error("42704", () -> db.read(tx -> ids(tx, Scan.index("nope"))));
        Expect.error("22023", () -> db.read(tx -> ids(tx, all.from(1, 2))));
        Expect.error("22023", () -> db.read(tx -> ids(tx, Scan.all().from(1))));
        Expect.error("42804", () -> db.read(tx -> ids(tx, all.from("x"))));
    }

    @Test
    void shouldScanCompositePrefixesWithDescendingColumnsAndNulls() {
        Table t = db.table("t");
        db.transact(tx -> {
            tx.createTable(TableSchema.named("t")
                    .column("a", ColumnType.INTEGER)
                    .column("b", ColumnType.TEXT)
                    .column("c", ColumnType.INTEGER)
                    .build());
            tx.createIndex(new IndexSchema("t_ab", "t", List.of("a", "b"), List.of(false, true), false));
            for (int a = 1; a <= 3; a++) {
                for (String b : Arrays.asList("x", "y", null)) {
                    t.insert(tx, a, b, 1);
                }
            }
            t.insert(tx, null, "x", 1);
            return null;
        });
        assertEquals(List.of("2null", "2y", "2x"), strings(t, Scan.index("t_ab").equalTo(2)));
        assertEquals(
                List.of("2x", "2y", "2null"),
                strings(t, Scan.index("t_ab").equalTo(2).reversed()));
        assertEquals(List.of("2y"), strings(t, Scan.index("t_ab").equalTo(2, "y")));
        assertEquals(10, strings(t, Scan.index("t_ab")).size());
        assertEquals("nullx", strings(t, Scan.index("t_ab")).get(9)); // NULLs last
        assertEquals(3, count(tx -> t.updateAll(tx, Scan.index("t_ab").equalTo(3), c -> c.setLong("c", 2))));
        assertEquals(7, count(tx -> t.deleteAll(tx, Scan.all().where(row -> row.longValue("c") == 1))));
        assertEquals(List.of("3null", "3y", "3x"), strings(t, Scan.index("t_ab")));
        Expect.error("42704", () -> db.read(tx -> t.get(tx, 1)));
    }

    private List<String> strings(Table t, Scan scan) {
        return db.read(tx -> {
            try (RowStream rows = t.scan(tx, scan)) {
                return rows.stream()
                        .map(row -> row.value("a") + row.stringValue("b"))
                        .toList();
            }
        });
    }

    @Test
    void shouldKeepAStreamAsOfItsSnapshot() {
        db.transact(tx -> accounts.insertAll(tx, rows(1, 500)));
        try (Transaction reader = db.begin(TransactionOptions.DEFAULT)) {
            RowStream rows = accounts.scan(reader, Scan.all());
            assertEquals(1, rows.next().longValue(0));
            db.transact(tx -> accounts.deleteAll(tx, Scan.all()));
            accounts.insert(reader, 1000L, "own", 1L);
            int left = 0;
            while (rows.hasNext()) {
                rows.next();
                left++;
            }
            assertEquals(499, left);
            assertThrows(NoSuchElementException.class, rows::next);
            assertEquals(List.of(1000L), ids(reader, Scan.all())); // the next statement sees both
        }
    }

    @Test
    void shouldCloseStreamsWithTheirTransaction() {
        db.transact(tx -> accounts.insertAll(tx, rows(1, 500)));
        Transaction tx = db.begin();
        RowStream open = accounts.scan(tx, Scan.all());
        RowStream closed = accounts.scan(tx, Scan.all());
        open.next();
        closed.next();
        closed.close();
        assertFalse(closed.hasNext());
        tx.commit();
        Expect.error("24000", open::hasNext);
    }

    @Test
    void shouldRefuseDefinitionsOfATableBeingRead() {
        db.transact(tx -> accounts.insertAll(tx, rows(1, 5)));
        db.transact(tx -> tx.createIndex(IndexSchema.on("accounts", "balance").named("by_balance")));
        for (int i = 0; i < 3; i++) {
            int which = i;
            Expect.error(
                    "55006",
                    () -> db.transact(tx -> {
                        RowStream rows = accounts.scan(tx, Scan.all());
                        assertTrue(rows.hasNext());
                        switch (which) {
                            case 0 -> tx.dropTable("accounts");
                            case 1 -> tx.createIndex(IndexSchema.on("accounts", "balance"));
                            default -> tx.dropIndex("by_balance");
                        }
                        return null;
                    }));
        }
    }

    @Test
    void shouldReadBigValuesByStream() throws Exception {
        Table files = db.table("files");
        byte[] big = new byte[100_000];
        Arrays.fill(big, (byte) 'x');
        big[99_999] = 'y';
        db.transact(tx -> {
            tx.createTable(TableSchema.named("files")
                    .column("id", ColumnType.INTEGER)
                    .column("content", ColumnType.BYTEA)
                    .column("text", ColumnType.TEXT)
                    .column("n", ColumnType.INTEGER)
                    .primaryKey("id")
                    .build());
            files.insert(tx, 1, new ByteArrayInputStream(big), new ByteArrayInputStream(big), 1);
            files.insert(tx, 2, big, new String(big, StandardCharsets.UTF_8), 1);
            return null;
        });
        db.transact(tx -> files.updateAll(tx, Scan.all(), c -> c.setLong("n", 2)));
        Row[] kept = new Row[1];
        db.read(tx -> {
            for (int id = 1; id <= 2; id++) {
                Row row = files.get(tx, id);
                assertArrayEquals(big, row.bytesValue("content"));
                assertEquals(100_000, row.lengthBytes(1));
                assertEquals(new String(big, StandardCharsets.UTF_8), row.stringValue("text"));
                assertEquals(2, row.longValue("n"));
                kept[0] = row;
            }
            return null;
        });
        Expect.error("25P01", () -> kept[0].bytesValue("content"));
        Expect.error("54000", () -> db.transact(tx -> tx.createIndex(IndexSchema.on("files", "content"))));
    }

    @Test
    void shouldNumberIdentityColumns() {
        Table t = db.table("t");
        db.transact(tx -> {
            tx.createTable(TableSchema.named("t")
                    .column("id", ColumnType.INTEGER)
                    .identity(Column.Identity.ALWAYS)
                    .column("other", ColumnType.BIGINT)
                    .identity(Column.Identity.BY_DEFAULT)
                    .column("at", ColumnType.TIMESTAMPTZ)
                    .defaultToNow()
                    .primaryKey("id")
                    .build());
            return null;
        });
        db.transact(tx -> run(() -> t.insert(tx, Table.DEFAULT, Table.DEFAULT, Table.DEFAULT)));
        Expect.error(
                "428C9",
                "cannot insert a non-DEFAULT value into column \"id\"",
                () -> db.transact(tx -> run(() -> t.insert(tx, 1, Table.DEFAULT, null))));
        db.transact(tx -> run(() -> t.insert(tx, Table.DEFAULT, 77L, null)));
        Expect.error("428C9", () -> db.transact(tx -> t.update(tx, 1, c -> c.set("id", 5))));
        db.read(tx -> {
            assertEquals(1, t.get(tx, 1).longValue("other"));
            assertNotNull(t.get(tx, 1).timestampValue("at"));
            assertEquals(77, t.get(tx, 2).longValue("other"));
            assertNull(t.get(tx, 2).timestampValue("at"));
            return null;
        });
    }

    @Test
    void shouldShowVersions() {
        insert(1, "ann", 5);
        db.transact(tx -> accounts.update(tx, 1, c -> c.setLong("balance", 6)));
        try (Transaction open = db.begin()) {
            accounts.delete(open, 1);
            var versions = db.versions(open, "accounts");
            assertEquals(2, versions.size());
            assertEquals("committed", versions.get(0).xmaxStatus());
            assertEquals(versions.get(1).ctid(), versions.get(0).next());
            assertTrue(versions.get(1).heapOnly());
            assertEquals("in progress", versions.get(1).xmaxStatus());
            assertEquals(open.xidIfAssigned(), versions.get(1).xmax());
            assertEquals(6, versions.get(1).row().longValue("balance"));
            assertTrue(versions.get(1).xminCsn() > versions.get(0).xminCsn());
        }
        try (Transaction after = db.begin()) {
            assertEquals("none", db.versions(after, "accounts").get(1).xmaxStatus());
            Expect.error("42P01", () -> db.versions(after, "nope"));
        }
    }

    @Test
    void shouldStayHotWhileNoKeyChanges() {
        insert(1, "ann", 5);
        db.transact(tx -> accounts.update(tx, 1, c -> c.setLong("balance", 6).set("owner", "ann")));
        assertEquals(1, db.statistics().hotUpdates());
        db.transact(tx -> accounts.update(tx, 1, c -> c.set("owner", "bob")));
        assertEquals(1, db.statistics().hotUpdates());
        assertEquals(2, db.statistics().updates());
        assertEquals(
                List.of(1L),
                db.read(tx -> ids(tx, Scan.index("accounts_owner_key").equalTo("bob"))));
        assertEquals(
                List.of(),
                db.read(tx -> ids(tx, Scan.index("accounts_owner_key").equalTo("ann"))));
    }
}
