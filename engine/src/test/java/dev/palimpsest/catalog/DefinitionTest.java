package dev.palimpsest.catalog;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.Column;
import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.IndexSchema;
import dev.palimpsest.api.RowStream;
import dev.palimpsest.api.Scan;
import dev.palimpsest.api.Table;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.inspect.CheckProgress;
import dev.palimpsest.inspect.InspectableDatabase;
import dev.palimpsest.table.Expect;
import java.math.BigDecimal;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Definitions: what they check, that they are transactional, that they survive reopening, that files come and go with them. */
class DefinitionTest {
    private static final TableSchema ITEMS = TableSchema.named("items")
            .column("id", ColumnType.BIGINT)
            .identity(Column.Identity.BY_DEFAULT)
            .column("name", ColumnType.TEXT)
            .primaryKey("id")
            .unique("name")
            .build();

    @TempDir
    Path directory;

    private Database db;

    @BeforeEach
    void open() {
        db = Database.open(directory);
    }

    @AfterEach
    void checkAndClose() {
        assertEquals(List.of(), ((InspectableDatabase) db).check(CheckProgress.NONE));
        db.close();
    }

    private void create(TableSchema schema) {
        db.transact(tx -> {
            tx.createTable(schema);
            return null;
        });
    }

    private Set<String> files() throws Exception {
        db.checkpoint();
        try (Stream<Path> files = Files.list(directory.resolve("base"))) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> Integer.parseInt(name.replaceAll("_.*", "")) >= FileNumbers.FIRST_NORMAL)
                    .collect(Collectors.toCollection(TreeSet::new));
        }
    }

    @Test
    void shouldKeepDefinitionsOverReopening() {
        byte[] bytes = {1, 2, 3};
        TableSchema schema = TableSchema.named("d")
                .column("a", ColumnType.BOOLEAN)
                .defaultTo(true)
                .column("b", ColumnType.SMALLINT)
                .defaultTo(3)
                .column("c", ColumnType.DOUBLE)
                .defaultTo(2.5)
                .column("d", ColumnType.numeric(10, 2))
                .defaultTo(new BigDecimal("1.5"))
                .column("e", ColumnType.varchar(3000))
                .notNull()
                .defaultTo("ü".repeat(3000))
                .column("f", ColumnType.BYTEA)
                .defaultTo(bytes)
                .column("g", ColumnType.TIMESTAMPTZ)
                .defaultTo(Instant.EPOCH)
                .column("h", ColumnType.TIMESTAMPTZ)
                .defaultToNow()
                .column("i", ColumnType.INTEGER)
                .identity(Column.Identity.ALWAYS)
                .primaryKey("e", "i")
                .unique("b", "a")
                .build();
        create(schema);
        TableSchema before = db.read(tx -> tx.tableSchema("d"));
        db.close();
        db = Database.open(directory);
        TableSchema after = db.read(tx -> tx.tableSchema("d"));
        assertEquals(
                before.toString().replaceAll("\\[B@\\w+", ""), after.toString().replaceAll("\\[B@\\w+", ""));
        assertArrayEquals(
                bytes, (byte[]) ((Column.Constant) after.columns().get(5).defaultValue()).value());
        assertTrue(after.columns().get(8).notNull());
        assertEquals(List.of("e", "i"), after.primaryKey());
        assertEquals(List.of(List.of("b", "a")), after.uniques());
        assertEquals(
                List.of("d_pkey", "d_b_a_key"),
                db.read(tx -> db.table("d").indexes(tx).stream()
                        .map(IndexSchema::name)
                        .toList()));
    }

    @Test
    void shouldRefuseBadDefinitions() {
        create(ITEMS);
        Expect.error("42P07", "relation \"items\" already exists", () -> create(ITEMS));
        Expect.error("42P07", () -> create(TableSchema.named("items_pkey").build()));
        Expect.error("42P07", () -> create(TableSchema.named("pg_class").build()));
        TableSchema.Builder a = TableSchema.named("t").column("a", ColumnType.TEXT);
        Expect.error("42703", () -> create(a.primaryKey("b").build()));
        Expect.error("42701", () -> create(a.primaryKey("a", "a").build()));
        Expect.error(
                "42701",
                () -> create(TableSchema.named("t")
                        .column("a", ColumnType.TEXT)
                        .column("a", ColumnType.TEXT)
                        .build()));
        Expect.error(
                "42701",
                () -> create(
                        TableSchema.named("t").column("xmin", ColumnType.TEXT).build()));
        Expect.error(
                "22023",
                () -> create(TableSchema.named("t")
                        .column("a", ColumnType.TEXT)
                        .identity(Column.Identity.ALWAYS)
                        .build()));
        Expect.error(
                "42601",
                () -> create(TableSchema.named("t")
                        .column("a", ColumnType.INTEGER)
                        .identity(Column.Identity.ALWAYS)
                        .defaultTo(1)
                        .build()));
        Expect.error(
                "42804",
                () -> create(TableSchema.named("t")
                        .column("a", ColumnType.INTEGER)
                        .defaultTo("x")
                        .build()));
        Expect.error(
                "42804",
                () -> create(TableSchema.named("t")
                        .column("a", ColumnType.INTEGER)
                        .defaultToNow()
                        .build()));
        Expect.error("42P16", () -> create(TableSchema.named("").build()));
        Expect.error("42P16", () -> create(TableSchema.named("x".repeat(64)).build()));
        Expect.error("42P16", () -> create(a.primaryKey().unique().build()));
        TableSchema.Builder wide = TableSchema.named("wide");
        for (int i = 0; i <= 1600; i++) {
            wide.column("c" + i, ColumnType.INTEGER);
        }
        Expect.error("54011", () -> create(wide.build()));
        Expect.error("42P01", () -> dropTable("nope"));
        Expect.error("42809", () -> dropTable("items_pkey"));
        Expect.error("42809", () -> dropTable("pg_class"));
        assertEquals(List.of("items"), db.read(Transaction::tableNames));
        assertNull(db.<TableSchema>read(tx -> tx.tableSchema("t")));
    }

    private void dropTable(String name) {
        db.transact(tx -> {
            tx.dropTable(name);
            return null;
        });
    }

    private String createIndex(IndexSchema schema) {
        return db.transact(tx -> tx.createIndex(schema));
    }

    @Test
    void shouldRefuseBadIndexes() {
        create(ITEMS);
        Expect.error("42P01", () -> createIndex(IndexSchema.on("nope", "a")));
        Expect.error("42703", () -> createIndex(IndexSchema.on("items", "nope")));
        Expect.error("42P07", () -> createIndex(IndexSchema.on("items", "name").named("items_pkey")));
        Expect.error("42809", () -> createIndex(IndexSchema.on("pg_class", "oid")));
        Expect.error(
                "22023",
                () -> createIndex(new IndexSchema("x", "items", List.of("name"), List.of(true, false), false)));
        Expect.error("42704", () -> dropIndex("nope"));
        Expect.error("42809", () -> dropIndex("items"));
        Expect.error("2BP01", () -> dropIndex("items_pkey"));
        Expect.error("2BP01", () -> dropIndex("items_name_key"));
        assertEquals("items_name_idx", createIndex(IndexSchema.on("items", "name")));
        assertEquals("items_name_idx1", createIndex(IndexSchema.on("items", "name")));
        dropIndex("items_name_idx");
        Expect.error("42704", () -> db.read(tx -> db.table("items").scan(tx, Scan.index("items_name_idx"))));
    }

    private void dropIndex(String name) {
        db.transact(tx -> {
            tx.dropIndex(name);
            return null;
        });
    }

    @Test
    void shouldRefuseAUniqueIndexOverEqualRows() {
        create(TableSchema.named("t")
                .column("a", ColumnType.INTEGER)
                .column("b", ColumnType.INTEGER)
                .build());
        Table t = db.table("t");
        db.transact(tx -> {
            t.insert(tx, 1, 1);
            t.insert(tx, 1, 2);
            t.insert(tx, null, 3);
            t.insert(tx, null, 4);
            return null;
        });
        var e = Expect.error("23505", "could not create unique index \"u\"", () -> createIndex(unique("u")));
        assertEquals("Key (a)=(1) is duplicated.", e.detail());
        db.transact(tx -> t.updateAll(tx, Scan.all().where(row -> row.longValue("b") == 2), c -> c.setLong("a", 2)));
        createIndex(unique("u")); // over a HOT chain whose older version would conflict
        Expect.error(
                "23505",
                () -> db.transact(tx ->
                        t.insertAll(tx, List.<Object[]>of(new Object[] {2, 9}).iterator())));
        db.transact(tx -> t.deleteAll(tx, Scan.index("u").equalTo(1)));
    }

    private static IndexSchema unique(String name) {
        return IndexSchema.on("t", "a").named(name).asUnique();
    }

    @Test
    void shouldRollBackDefinitionsWithTheirFiles() throws Exception {
        create(ITEMS);
        Table items = db.table("items");
        db.transact(tx -> insertItem(items, tx, "first")); // so that the table's file exists
        Set<String> before = files();
        try (Transaction tx = db.begin()) {
            items.insert(tx, Table.DEFAULT, "kept?");
            tx.createTable(TableSchema.named("more")
                    .column("a", ColumnType.TEXT)
                    .primaryKey("a")
                    .build());
            db.table("more").insert(tx, "x");
            tx.createIndex(IndexSchema.on("items", "name").named("extra"));
            assertEquals(List.of("items", "more"), tx.tableNames());
            assertEquals(2, count(tx, "items", Scan.index("extra")));
            assertEquals(List.of("items"), db.read(Transaction::tableNames)); // nobody else sees it
            assertTrue(files().size() > before.size());
            tx.dropTable("items");
            Expect.error("42P01", () -> items.insert(tx, 1L, "x"));
        }
        assertEquals(List.of("items"), db.read(Transaction::tableNames));
        assertEquals(1, db.<Integer>transact(tx -> count(tx, "items", Scan.all())));
        assertEquals(before, files());
        create(TableSchema.named("more").column("a", ColumnType.TEXT).build());
        dropTable("more");
        dropTable("items");
        assertEquals(Set.of(), files());
    }

    private int count(Transaction tx, String table, Scan scan) {
        try (RowStream rows = db.table(table).scan(tx, scan)) {
            return (int) rows.stream().count();
        }
    }

    @Test
    void shouldDropAndCreateWithinOneTransaction() throws Exception {
        create(ITEMS);
        db.transact(tx -> {
            tx.dropTable("items");
            tx.createTable(
                    TableSchema.named("items").column("other", ColumnType.TEXT).build());
            db.table("items").insert(tx, "x");
            tx.createTable(
                    TableSchema.named("brief").column("a", ColumnType.TEXT).build());
            tx.dropTable("brief");
            return null;
        });
        assertEquals(
                "other",
                db.<String>read(tx -> tx.tableSchema("items").columns().get(0).name()));
        assertEquals(1, files().stream().filter(name -> !name.contains("_")).count());
    }

    @Test
    void shouldGoOnNumberingAfterReopeningAndRollback() {
        create(ITEMS);
        Table items = db.table("items");
        db.transact(tx -> insertItem(items, tx, "a"));
        try (Transaction tx = db.begin()) {
            insertItem(items, tx, "gone"); // numbers don't come back
        }
        db.transact(tx -> insertItem(items, tx, "b"));
        db.close();
        db = Database.open(directory);
        db.transact(tx -> insertItem(db.table("items"), tx, "c"));
        assertEquals(List.of(1L, 3L, 4L), db.<List<Long>>read(tx -> {
            try (RowStream rows = db.table("items").scan(tx, Scan.index("items_pkey"))) {
                return rows.stream().map(row -> row.longValue(0)).toList();
            }
        }));
    }

    private static Object insertItem(Table items, Transaction tx, String name) {
        items.insert(tx, Table.DEFAULT, name);
        return null;
    }

    @Test
    void shouldNeverUseAFileNumberTwice() throws Exception {
        create(ITEMS);
        String highest = ((TreeSet<String>) files()).last();
        dropTable("items");
        db.close();
        db = Database.open(directory);
        create(ITEMS);
        assertTrue(((TreeSet<String>) files()).first().compareTo(highest) > 0);
    }

    @Test
    void shouldShowTheSystemTables() {
        create(ITEMS);
        db.read(tx -> {
            try (RowStream rows = db.table("pg_class").scan(tx, Scan.all())) {
                assertEquals(
                        Set.of("items", "items_pkey", "items_name_key", "items_id_seq"),
                        rows.stream().map(row -> row.stringValue("relname")).collect(Collectors.toSet()));
            }
            assertNotNull(db.table("pg_index").schema(tx));
            return null;
        });
    }

    @Test
    void shouldCutGeneratedNames() {
        String longName = "t".repeat(63);
        create(TableSchema.named(longName)
                .column("c".repeat(63), ColumnType.TEXT)
                .primaryKey("c".repeat(63))
                .build());
        String index = createIndex(IndexSchema.on(longName, "c".repeat(63)));
        assertEquals("t".repeat(29) + "_" + "c".repeat(29) + "_idx", index);
        assertEquals(
                "t".repeat(58) + "_pkey",
                db.<String>read(tx -> db.table(longName).indexes(tx).get(0).name()));
    }
}
