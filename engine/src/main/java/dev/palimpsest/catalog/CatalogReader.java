package dev.palimpsest.catalog;

import static dev.palimpsest.catalog.SystemTable.*;

import dev.palimpsest.api.Column;
import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.IndexSchema;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.tx.Snapshot;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Reads the whole catalog as one snapshot sees it. Used once. */
final class CatalogReader {
    private final Catalog catalog;
    private final Snapshot snapshot;
    private final Map<Integer, String> tableNames = new TreeMap<>();
    private final Map<Integer, String> indexNames = new HashMap<>();
    private final Map<String, Integer> oids = new HashMap<>();
    private final Map<Integer, TreeMap<Integer, Column>> columns = new HashMap<>();
    private final Map<Integer, TreeMap<Integer, Integer>> sequences = new HashMap<>();
    private final Map<Integer, TreeMap<Integer, IndexRow>> indexes = new HashMap<>();

    private record IndexRow(
            int oid, int[] keys, boolean[] descending, boolean unique, boolean primary, boolean constraint) {}

    CatalogReader(Catalog catalog, Snapshot snapshot) {
        this.catalog = catalog;
        this.snapshot = snapshot;
    }

    CatalogSnapshot read() {
        readClasses();
        readAttributes();
        readIndexes();
        Map<String, TableInfo> tables = new HashMap<>();
        for (SystemTable system : SystemTable.values()) {
            String name = system.schema().name();
            oids.put(name, system.fileNumber());
            List<Sequence> none = Collections.nCopies(system.schema().columns().size(), null);
            tables.put(
                    name,
                    new TableInfo(
                            system.fileNumber(),
                            system.schema(),
                            catalog.heap(system.fileNumber()),
                            List.of(),
                            none,
                            true));
        }
        tableNames.forEach((oid, name) -> tables.put(name, table(oid, name)));
        return new CatalogSnapshot(tables, oids);
    }

    private void readClasses() {
        CatalogRows rows = new CatalogRows(catalog, PG_CLASS, snapshot);
        while (rows.next()) {
            int oid = rows.oid(OID);
            String name = rows.text(RELNAME);
            if (oids.put(name, oid) != null) {
                throw corrupted("two relations are called \"" + name + "\"", oid);
            }
            if (rows.oid(RELFILENODE) != oid) {
                throw corrupted("relfilenode=" + rows.oid(RELFILENODE), oid);
            }
            switch (rows.text(RELKIND)) {
                case KIND_TABLE -> tableNames.put(oid, name);
                case KIND_INDEX -> indexNames.put(oid, name);
                case KIND_SEQUENCE -> {}
                default -> throw corrupted("relkind=" + rows.text(RELKIND), oid);
            }
        }
    }

    private void readAttributes() {
        CatalogRows rows = new CatalogRows(catalog, PG_ATTRIBUTE, snapshot);
        while (rows.next()) {
            int oid = rows.oid(ATTRELID);
            int number = rows.oid(ATTNUM);
            ColumnType type;
            Column.Identity identity;
            try {
                type = new ColumnType(
                        ColumnType.Kind.valueOf(rows.text(ATTTYPE)), rows.oid(ATTLENGTH), rows.oid(ATTSCALE));
                identity = Column.Identity.valueOf(rows.text(ATTIDENTITY));
            } catch (IllegalArgumentException e) {
                throw corrupted("column=" + number + " " + e.getMessage(), oid);
            }
            Column column = new Column(
                    rows.text(ATTNAME),
                    type,
                    rows.flag(ATTNOTNULL),
                    DefaultText.parse(type, rows.text(ATTDEFAULT)),
                    identity);
            columns.computeIfAbsent(oid, none -> new TreeMap<>()).put(number, column);
            if (rows.oid(ATTSEQUENCE) != 0) {
                sequences.computeIfAbsent(oid, none -> new TreeMap<>()).put(number, rows.oid(ATTSEQUENCE));
            }
        }
    }

    private void readIndexes() {
        CatalogRows rows = new CatalogRows(catalog, PG_INDEX, snapshot);
        while (rows.next()) {
            int oid = rows.oid(INDEXRELID);
            String[] keys = rows.text(INDKEY).split(" ");
            String[] options = rows.text(INDOPTION).split(" ");
            if (keys.length != options.length) {
                throw corrupted("indkey=" + rows.text(INDKEY) + " indoption=" + rows.text(INDOPTION), oid);
            }
            boolean[] descending = new boolean[options.length];
            for (int i = 0; i < options.length; i++) {
                descending[i] = options[i].equals("1");
            }
            IndexRow row = new IndexRow(
                    oid,
                    Arrays.stream(keys).mapToInt(Integer::parseInt).toArray(),
                    descending,
                    rows.flag(INDISUNIQUE),
                    rows.flag(INDISPRIMARY),
                    rows.flag(INDISCONSTRAINT));
            indexes.computeIfAbsent(rows.oid(INDRELID), none -> new TreeMap<>()).put(oid, row);
        }
    }

    private TableInfo table(int oid, String name) {
        TreeMap<Integer, Column> numbered = columns.getOrDefault(oid, new TreeMap<>());
        if (!numbered.isEmpty() && numbered.lastKey() != numbered.size()) {
            throw corrupted("columns=" + numbered.keySet(), oid);
        }
        List<Column> tableColumns = List.copyOf(numbered.values());
        List<String> primaryKey = List.of();
        List<List<String>> uniques = new ArrayList<>();
        List<IndexInfo> infos = new ArrayList<>();
        TableSchema bare = new TableSchema(name, tableColumns, List.of(), List.of());
        for (IndexRow row : indexes.getOrDefault(oid, new TreeMap<>()).values()) {
            IndexInfo info = index(row, bare);
            infos.add(row.primary() ? 0 : infos.size(), info);
            if (row.primary()) {
                primaryKey = info.schema().columns();
            } else if (row.constraint()) {
                uniques.add(info.schema().columns());
            }
        }
        List<Sequence> byColumn = new ArrayList<>();
        TreeMap<Integer, Integer> numbers = sequences.getOrDefault(oid, new TreeMap<>());
        for (int i = 1; i <= tableColumns.size(); i++) {
            byColumn.add(numbers.containsKey(i) ? catalog.sequence(numbers.get(i)) : null);
        }
        TableSchema schema = new TableSchema(name, tableColumns, primaryKey, uniques);
        return new TableInfo(oid, schema, catalog.heap(oid), infos, byColumn, false);
    }

    private IndexInfo index(IndexRow row, TableSchema table) {
        String name = indexNames.get(row.oid());
        if (name == null) {
            throw corrupted("an index without a row in pg_class", row.oid());
        }
        List<Integer> positions = new ArrayList<>();
        List<String> names = new ArrayList<>();
        List<Boolean> descending = new ArrayList<>();
        for (int i = 0; i < row.keys().length; i++) {
            if (row.keys()[i] < 1 || row.keys()[i] > table.columns().size()) {
                throw corrupted("indkey=" + Arrays.toString(row.keys()), row.oid());
            }
            positions.add(row.keys()[i] - 1);
            names.add(table.columns().get(row.keys()[i] - 1).name());
            descending.add(row.descending()[i]);
        }
        IndexSchema schema = new IndexSchema(
                name, table.name(), names, descending.contains(true) ? descending : List.of(), row.unique());
        return new IndexInfo(
                row.oid(), schema, positions, row.primary(), row.constraint(), catalog.index(row.oid(), name));
    }

    private static StoppedException corrupted(String what, int oid) {
        return new StoppedException(SqlState.DATA_CORRUPTED, "the catalog is damaged: " + what, "oid=" + oid);
    }
}
