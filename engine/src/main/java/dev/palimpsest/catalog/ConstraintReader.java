package dev.palimpsest.catalog;

import static dev.palimpsest.catalog.SystemTable.*;

import dev.palimpsest.api.Check;
import dev.palimpsest.api.ForeignKey;
import dev.palimpsest.tx.Snapshot;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Reads pg_constraint as one snapshot sees it, and says how rows of it are written. Used once. */
final class ConstraintReader {
    /** PostgreSQL's letters, in the order of {@link ForeignKey.Action}. */
    private static final String ACTIONS = "arcn";

    private final Catalog catalog;
    private final Snapshot snapshot;
    private final Map<Integer, TreeMap<Integer, Check>> checks = new HashMap<>();
    private final Map<Integer, TreeMap<Integer, ForeignKeyInfo>> foreignKeys = new TreeMap<>();

    ConstraintReader(Catalog catalog, Snapshot snapshot) {
        this.catalog = catalog;
        this.snapshot = snapshot;
    }

    void read() {
        CatalogRows rows = new CatalogRows(catalog, PG_CONSTRAINT, snapshot);
        while (rows.next()) {
            int table = rows.oid(CONRELID);
            int number = rows.oid(CONNUM);
            switch (rows.text(CONTYPE)) {
                case TYPE_CHECK -> {
                    Check check = new Check(rows.text(CONNAME), rows.text(CONSRC));
                    checks.computeIfAbsent(table, none -> new TreeMap<>()).put(number, check);
                }
                case TYPE_FOREIGN -> {
                    ForeignKeyInfo key = new ForeignKeyInfo(
                            rows.text(CONNAME),
                            table,
                            positions(rows.text(CONKEY)),
                            rows.oid(CONFRELID),
                            positions(rows.text(CONFKEY)),
                            rows.oid(CONINDID),
                            action(rows.text(CONFDELTYPE), table),
                            action(rows.text(CONFUPDTYPE), table));
                    foreignKeys.computeIfAbsent(table, none -> new TreeMap<>()).put(number, key);
                }
                default -> throw CatalogReader.corrupted("contype=" + rows.text(CONTYPE), table);
            }
        }
    }

    /** In order of definition. */
    List<Check> checks(int table) {
        return List.copyOf(checks.getOrDefault(table, new TreeMap<>()).values());
    }

    /** In order of definition. */
    List<ForeignKeyInfo> foreignKeys(int table) {
        return List.copyOf(foreignKeys.getOrDefault(table, new TreeMap<>()).values());
    }

    /** By referencing table, then in order of definition. */
    List<ForeignKeyInfo> referencing(int table) {
        List<ForeignKeyInfo> found = new ArrayList<>();
        foreignKeys
                .values()
                .forEach(keys -> keys.values().stream()
                        .filter(key -> key.referencedTable() == table)
                        .forEach(found::add));
        return found;
    }

    /** As stored: numbers from 1. */
    static String text(List<Integer> positions) {
        StringBuilder text = new StringBuilder();
        for (int position : positions) {
            text.append(text.length() == 0 ? "" : " ").append(position + 1);
        }
        return text.toString();
    }

    static String text(ForeignKey.Action action) {
        return ACTIONS.substring(action.ordinal(), action.ordinal() + 1);
    }

    private static List<Integer> positions(String text) {
        return Arrays.stream(text.split(" "))
                .map(number -> Integer.parseInt(number) - 1)
                .toList();
    }

    private static ForeignKey.Action action(String text, int table) {
        int ordinal = text.length() == 1 ? ACTIONS.indexOf(text) : -1;
        if (ordinal < 0) {
            throw CatalogReader.corrupted("foreign key action=" + text, table);
        }
        return ForeignKey.Action.values()[ordinal];
    }
}
