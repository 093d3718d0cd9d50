package dev.palimpsest.catalog;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.UsageException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What needs something that is about to be dropped: a foreign key, or a column's default. Immutable.
 *
 * @param name as PostgreSQL names it in messages
 * @param needs what it needs, likewise
 * @param table the table that it belongs to
 * @param key null if it is a default
 * @param column the default's column
 */
public record Dependent(String name, String needs, TableInfo table, ForeignKeyInfo key, int column) {
    /** What depends on tables, and isn't one of theirs: references to them, and defaults that use their columns' sequences. */
    public static List<Dependent> ofTables(CatalogSnapshot view, Collection<TableInfo> tables) {
        Set<Integer> going = tables.stream().map(TableInfo::oid).collect(Collectors.toCollection(HashSet::new));
        List<Dependent> found = new ArrayList<>();
        for (TableInfo table : tables) {
            for (ForeignKeyInfo key : table.referencedBy()) {
                if (!going.contains(key.table())) {
                    found.add(of(view, key, "table " + table.name()));
                }
            }
        }
        for (SequenceInfo sequence : view.sequences()) {
            if (going.contains(sequence.ownerTable())) {
                ofSequence(view, sequence).stream()
                        .filter(dependent -> !going.contains(dependent.table().oid()))
                        .forEach(found::add);
            }
        }
        return found;
    }

    /** Foreign keys that rely on an index's uniqueness. */
    public static List<Dependent> ofIndex(CatalogSnapshot view, IndexInfo index) {
        return view.table(index.schema().table()).referencedBy().stream()
                .filter(key -> key.index() == index.oid())
                .map(key -> of(view, key, "index " + index.name()))
                .toList();
    }

    /** Defaults that take values from a sequence. */
    public static List<Dependent> ofSequence(CatalogSnapshot view, SequenceInfo sequence) {
        List<Dependent> found = new ArrayList<>();
        for (TableInfo table : view.tables()) {
            for (int i = 0; i < table.schema().columns().size(); i++) {
                if (table.sequence(i) != null
                        && table.sequence(i).oid() == sequence.oid()
                        && table.schema().columns().get(i).defaultValue() != null) {
                    found.add(new Dependent(
                            "default value for column "
                                    + table.schema().columns().get(i).name() + " of table " + table.name(),
                            "sequence " + sequence.name(),
                            table,
                            null,
                            i));
                }
            }
        }
        return found;
    }

    /**
     * @param what names the one thing that can't be dropped, null for several
     * @return 2BP01
     */
    public static UsageException refusal(String what, List<Dependent> dependents) {
        return new UsageException(
                SqlState.DEPENDENT_OBJECTS_STILL_EXIST,
                what != null
                        ? "cannot drop " + what + " because other objects depend on it"
                        : "cannot drop desired object(s) because other objects depend on them",
                dependents.stream()
                        .map(dependent -> dependent.name() + " depends on " + dependent.needs())
                        .collect(Collectors.joining("\n")),
                "Use DROP ... CASCADE to drop the dependent objects too.",
                null);
    }

    private static Dependent of(CatalogSnapshot view, ForeignKeyInfo key, String needs) {
        TableInfo table = view.table(key.table());
        return new Dependent("constraint " + key.name() + " on table " + table.name(), needs, table, key, -1);
    }
}
