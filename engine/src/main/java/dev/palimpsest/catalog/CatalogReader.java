package dev.palimpsest.catalog;

import static dev.palimpsest.catalog.SystemTable.*;

import dev.palimpsest.api.Check;
import dev.palimpsest.api.Column;
import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.ForeignKey;
import dev.palimpsest.api.IndexSchema;
import dev.palimpsest.api.SequenceSchema;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.UsageException;
import dev.palimpsest.tx.Snapshot;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Reads the whole catalog as one snapshot sees it. Used once. */
final class CatalogReader {
    private final Catalog catalog;
    private final Snapshot snapshot;
    private final Map<Integer, String> tableNames = new TreeMap<>();
    private final Map<Integer, StorageParameters> parameters = new HashMap<>();
    private final Map<Integer, String> indexNames = new HashMap<>();
    private final Map<String, Integer> oids = new HashMap<>();
    private final Map<Integer, TreeMap<Integer, Column>> columns = new HashMap<>();
    private final Map<Integer, TreeMap<Integer, IndexRow>> indexes = new HashMap<>();
    private final Map<Integer, String> sequenceNames = new HashMap<>();
    private final Map<Integer, SequenceInfo> sequences = new HashMap<>();

    /** For each table the sequences that its columns are numbered from, by column number. */
    private final Map<Integer, Map<Integer, Integer>> numberedFrom = new HashMap<>();

    /** For each sequence that belongs to a column: table and column number. */
    private final Map<Integer, int[]> owners = new HashMap<>();

    private final ConstraintReader constraints;

    private record IndexRow(
            int oid, int[] keys, boolean[] descending, boolean unique, boolean primary, boolean constraint) {}

    CatalogReader(Catalog catalog, Snapshot snapshot) {
        this.catalog = catalog;
        this.snapshot = snapshot;
        this.constraints = new ConstraintReader(catalog, snapshot);
    }

    CatalogSnapshot read() {
        readClasses();
        readAttributes();
        readSequences();
        readIndexes();
        constraints.read();
        Map<String, TableInfo> tables = new HashMap<>();
        for (SystemTable system : SystemTable.values()) {
            String name = system.schema().name();
            oids.put(name, system.fileNumber());
            List<SequenceInfo> none =
                    Collections.nCopies(system.schema().columns().size(), null);
            tables.put(
                    name,
                    new TableInfo(
                            system.fileNumber(),
                            system.schema(),
                            catalog.heap(system.fileNumber()),
                            List.of(),
                            none,
                            true,
                            List.of(),
                            List.of(),
                            List.of(),
                            StorageParameters.NONE));
        }
        tableNames.forEach((oid, name) -> tables.put(name, table(oid, name)));
        Map<String, SequenceInfo> sequencesByName = new HashMap<>();
        sequences.values().forEach(sequence -> sequencesByName.put(sequence.name(), sequence));
        return new CatalogSnapshot(tables, sequencesByName, oids);
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
                case KIND_TABLE -> {
                    tableNames.put(oid, name);
                    parameters.put(oid, parameters(oid, rows.text(RELOPTIONS)));
                }
                case KIND_INDEX -> indexNames.put(oid, name);
                case KIND_SEQUENCE -> sequenceNames.put(oid, name);
                default -> throw corrupted("relkind=" + rows.text(RELKIND), oid);
            }
        }
    }

    private static StorageParameters parameters(int oid, String stored) {
        try {
            return StorageParameters.parse(stored);
        } catch (UsageException e) {
            throw corrupted("reloptions=" + stored + " " + e.getMessage(), oid);
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
                    DefaultText.parse(type, rows.text(ATTDEFAULT), sequenceNames),
                    identity);
            columns.computeIfAbsent(oid, none -> new TreeMap<>()).put(number, column);
            int owned = rows.oid(ATTSEQUENCE);
            if (owned != 0) {
                owners.put(owned, new int[] {oid, number});
            }
            int from = identity != Column.Identity.NONE ? owned : DefaultText.sequence(rows.text(ATTDEFAULT));
            if (from != 0) {
                numberedFrom.computeIfAbsent(oid, none -> new HashMap<>()).put(number, from);
            }
        }
    }

    private void readSequences() {
        Map<Integer, SequenceSchema> schemas = new HashMap<>();
        CatalogRows rows = new CatalogRows(catalog, PG_SEQUENCE, snapshot);
        while (rows.next()) {
            int oid = rows.oid(SEQRELID);
            String name = sequenceNames.get(oid);
            if (name == null) {
                throw corrupted("a sequence without a row in pg_class", oid);
            }
            schemas.put(
                    oid,
                    new SequenceSchema(
                            name,
                            rows.number(SEQSTART),
                            rows.number(SEQINCREMENT),
                            rows.number(SEQMIN),
                            rows.number(SEQMAX),
                            rows.flag(SEQCYCLE)));
        }
        sequenceNames.forEach((oid, name) -> {
            SequenceSchema schema = schemas.getOrDefault(oid, SequenceSchema.named(name));
            int[] owner = owners.getOrDefault(oid, new int[] {0, 1});
            sequences.put(oid, new SequenceInfo(oid, owner[0], owner[1] - 1, catalog.sequence(oid, schema)));
        });
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
        List<SequenceInfo> byColumn = new ArrayList<>();
        Map<Integer, Integer> numbers = numberedFrom.getOrDefault(oid, Map.of());
        for (int i = 1; i <= tableColumns.size(); i++) {
            SequenceInfo sequence = sequences.get(numbers.getOrDefault(i, 0));
            if (sequence == null && numbers.containsKey(i)) {
                throw corrupted("column=" + i + " has no sequence oid=" + numbers.get(i), oid);
            }
            byColumn.add(sequence);
        }
        List<Check> checks = constraints.checks(oid);
        TableSchema schema = new TableSchema(
                name,
                tableColumns,
                primaryKey,
                uniques,
                checks,
                foreignKeys(constraints.foreignKeys(oid)),
                parameters.get(oid).texts());
        return new TableInfo(
                oid,
                schema,
                catalog.heap(oid),
                infos,
                byColumn,
                false,
                checks.stream()
                        .sorted(Comparator.comparing(Check::name))
                        .map(check -> new CheckConstraint(check.name(), check.condition()))
                        .toList(),
                constraints.foreignKeys(oid),
                constraints.referencing(oid),
                parameters.get(oid));
    }

    private List<ForeignKey> foreignKeys(List<ForeignKeyInfo> infos) {
        return infos.stream()
                .map(info -> new ForeignKey(
                        info.name(),
                        columnNames(info.table(), info.columns()),
                        tableNames.getOrDefault(info.referencedTable(), "?"),
                        columnNames(info.referencedTable(), info.referencedColumns()),
                        info.onDelete(),
                        info.onUpdate()))
                .toList();
    }

    private List<String> columnNames(int oid, List<Integer> positions) {
        TreeMap<Integer, Column> known = columns.getOrDefault(oid, new TreeMap<>());
        return positions.stream()
                .map(position -> {
                    Column column = known.get(position + 1);
                    if (column == null) {
                        throw corrupted("a foreign key has column=" + (position + 1), oid);
                    }
                    return column.name();
                })
                .toList();
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

    static StoppedException corrupted(String what, int oid) {
        return new StoppedException(SqlState.DATA_CORRUPTED, "the catalog is damaged: " + what, "oid=" + oid);
    }
}
