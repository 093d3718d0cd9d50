package dev.palimpsest.sql.plan;

import dev.palimpsest.api.Database;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.Transaction;

/** A relation's name as it stands in a string, as PostgreSQL's regclass reads it. Stateless. */
public final class RelationText {
    private RelationText() {}

    /**
     * The table of this name, or of the name that this text stands for.
     *
     * @throws SqlError 42P01 if there is no such relation, 42809 if it is an index or a sequence
     */
    public static TableSchema table(Database database, Transaction tx, String text) {
        TableSchema exact = text == null ? null : tx.tableSchema(text);
        if (exact != null) {
            return exact;
        }
        String name = text == null ? "null" : name(text);
        TableSchema table = tx.tableSchema(name);
        if (table != null) {
            return table;
        }
        throw isOther(database, tx, name)
                ? SqlError.of("42809", "\"" + name + "\" is not a table")
                : SqlError.of("42P01", "relation \"" + name + "\" does not exist");
    }

    /** Is it the name of a sequence or an index? */
    public static boolean isOther(Database database, Transaction tx, String name) {
        return tx.sequenceSchema(name) != null || isIndex(database, tx, name);
    }

    /** Is it the name of an index? */
    public static boolean isIndex(Database database, Transaction tx, String name) {
        return tx.tableNames().stream()
                .flatMap(table -> database.table(table).indexes(tx).stream())
                .anyMatch(index -> index.name().equals(name));
    }

    /**
     * @return the name without its schema, folded unless quoted
     * @throws SqlError 42602 if it isn't a name, 3F000 for another schema
     */
    public static String name(String text) {
        String rest = text.strip();
        int dot = endOfFirst(rest, text);
        if (dot == rest.length()) {
            return fold(rest);
        }
        String schema = fold(rest.substring(0, dot));
        String name = rest.substring(dot + 1);
        if (endOfFirst(name, text) != name.length()) {
            throw SqlError.of("42601", "improper relation name (too many dotted names): " + text);
        }
        if (!schema.equals("public")) {
            throw SqlError.of("3F000", "schema \"" + schema + "\" does not exist");
        }
        return fold(name);
    }

    /** Where the first part ends: at its dot, or at the end. */
    private static int endOfFirst(String text, String whole) {
        if (text.isEmpty()) {
            throw SqlError.of("42602", "invalid name syntax");
        }
        if (text.charAt(0) != '"') {
            int dot = text.indexOf('.');
            return dot < 0 ? text.length() : dot;
        }
        int end = 1;
        while (end < text.length() && (text.charAt(end) != '"' || text.startsWith("\"\"", end))) {
            end += text.charAt(end) == '"' ? 2 : 1;
        }
        boolean closed = end < text.length() && end > 1;
        if (!closed || end + 1 < text.length() && text.charAt(end + 1) != '.') {
            throw SqlError.of("42602", "invalid name syntax");
        }
        return end + 1;
    }

    private static String fold(String part) {
        if (part.startsWith("\"")) {
            return part.substring(1, part.length() - 1).replace("\"\"", "\"");
        }
        return part.toLowerCase(java.util.Locale.ROOT);
    }
}
