package dev.palimpsest.sql.parser;

/**
 * A name with or without its schema; {@code schema} may be null. Immutable.
 *
 * @param location where it starts in the text, as a char index
 */
public record QualifiedName(String schema, String name, int location) {
    /** As messages show it: nothing is quoted. */
    public String text() {
        return schema == null ? name : schema + "." + name;
    }

    @Override
    public String toString() {
        String quoted = SqlPrinter.identifier(name);
        return schema == null ? quoted : SqlPrinter.identifier(schema) + "." + quoted;
    }
}
