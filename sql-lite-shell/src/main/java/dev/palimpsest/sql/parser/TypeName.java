package dev.palimpsest.sql.parser;

import java.util.List;
import java.util.Map;

/**
 * A type as written: {@code int}, {@code character varying(20)}, {@code public.mood}. Whether it exists is for the
 * catalog to say. Immutable.
 *
 * @param schema null unless written
 * @param name PostgreSQL's internal name where the grammar has words of its own ({@code int4}, {@code varchar},
 *     {@code timestamptz}), else the name as written and folded
 * @param modifiers what stood in parentheses: a length, or a precision and a scale
 * @param location where it starts in the text, as a char index
 */
public record TypeName(String schema, String name, List<Integer> modifiers, int location) {
    private static final Map<String, String> SQL_NAMES = Map.ofEntries(
            Map.entry("bool", "boolean"),
            Map.entry("int2", "smallint"),
            Map.entry("int4", "integer"),
            Map.entry("int8", "bigint"),
            Map.entry("float4", "real"),
            Map.entry("float8", "double precision"),
            Map.entry("varchar", "character varying"),
            Map.entry("bpchar", "character"),
            Map.entry("varbit", "bit varying"),
            Map.entry("numeric", "numeric"),
            Map.entry("bit", "bit"));

    public TypeName {
        modifiers = List.copyOf(modifiers);
    }

    /** The type in SQL words, as PostgreSQL's format_type shows it; the parser reads it back as the same type. */
    @Override
    public String toString() {
        if (schema != null) {
            return SqlPrinter.identifier(schema) + "." + SqlPrinter.identifier(name) + modifierText();
        }
        switch (name) {
            case "timestamp":
            case "time":
                return name + modifierText() + " without time zone";
            case "timestamptz":
                return "timestamp" + modifierText() + " with time zone";
            case "timetz":
                return "time" + modifierText() + " with time zone";
            case "bpchar":
                return modifiers.isEmpty() ? "bpchar" : "character" + modifierText();
            default:
                String words = SQL_NAMES.get(name);
                return (words == null ? SqlPrinter.typeIdentifier(name) : words) + modifierText();
        }
    }

    private String modifierText() {
        if (modifiers.isEmpty()) {
            return "";
        }
        StringBuilder text = new StringBuilder("(");
        for (int modifier : modifiers) {
            text.append(text.length() > 1 ? "," : "").append(modifier);
        }
        return text.append(')').toString();
    }
}
