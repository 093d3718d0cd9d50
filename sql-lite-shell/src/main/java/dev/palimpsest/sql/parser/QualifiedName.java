package dev.palimpsest.sql.parser;

/**
 * A name with or without its schema; {@code schema} may be null. Immutable.
 *
 * @param location where it starts in the text, as a char index
 */
public record QualifiedName(String schema, String name, int location) {
    @Override
    public String toString() {
        String quoted = SqlPrinter.identifier(name);
        return schema == null ? quoted : SqlPrinter.identifier(schema) + "." + quoted;
    }
}
