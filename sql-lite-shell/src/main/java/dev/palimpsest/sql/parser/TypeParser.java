package dev.palimpsest.sql.parser;

import java.util.ArrayList;
import java.util.List;

/**
 * Type names: SQL's own spellings ({@code double precision}, {@code timestamp(3) with time zone}) and any other name.
 * Not thread-safe. Source of the rules: PG gram.y, Typename.
 */
final class TypeParser {
    private final TokenStream tokens;

    TypeParser(TokenStream tokens) {
        this.tokens = tokens;
    }

    TypeName parse() {
        if (tokens.at(Keyword.SETOF)) {
            throw tokens.unsupported("SETOF");
        }
        int location = tokens.location();
        TypeName type = atKeywordType() ? keywordType() : generic(location);
        if (tokens.at(TokenType.LEFT_BRACKET) || tokens.at(Keyword.ARRAY)) {
            throw tokens.unsupported("an array type", location);
        }
        return type;
    }

    /** Whether a type that has words of its own in the grammar starts here. */
    boolean atKeywordType() {
        Keyword keyword = tokens.keyword();
        if (keyword == null) {
            return false;
        }
        switch (keyword) {
            case BIGINT:
            case BIT:
            case BOOLEAN:
            case CHAR:
            case CHARACTER:
            case DEC:
            case DECIMAL:
            case FLOAT:
            case INT:
            case INTEGER:
            case INTERVAL:
            case NATIONAL:
            case NCHAR:
            case NUMERIC:
            case REAL:
            case SMALLINT:
            case TIME:
            case TIMESTAMP:
            case VARCHAR:
                return true;
            case DOUBLE:
                return tokens.keyword(1) == Keyword.PRECISION;
            default:
                return false;
        }
    }

    TypeName keywordType() {
        int location = tokens.location();
        Keyword keyword = tokens.keyword();
        tokens.advance();
        switch (keyword) {
            case INT:
            case INTEGER:
                return simple("int4", location);
            case SMALLINT:
                return simple("int2", location);
            case BIGINT:
                return simple("int8", location);
            case REAL:
                return simple("float4", location);
            case BOOLEAN:
                return simple("bool", location);
            case DOUBLE:
                tokens.expect(Keyword.PRECISION);
                return simple("float8", location);
            case FLOAT:
                return floatType(location);
            case DEC:
            case DECIMAL:
            case NUMERIC:
                return new TypeName(null, "numeric", modifiers(), location);
            case BIT:
                return new TypeName(null, tokens.accept(Keyword.VARYING) ? "varbit" : "bit", modifiers(), location);
            case VARCHAR:
                return new TypeName(null, "varchar", length(), location);
            case TIME:
            case TIMESTAMP:
                return timeType(keyword.word(), location);
            case INTERVAL:
                throw tokens.unsupported("type interval", location);
            default:
                return characterType(keyword, location);
        }
    }

    private static TypeName simple(String name, int location) {
        return new TypeName(null, name, List.of(), location);
    }

    private TypeName floatType(int location) {
        int precisionAt = tokens.location() + 1;
        List<Integer> precision = length();
        if (precision.isEmpty()) {
            return simple("float8", location);
        }
        int bits = precision.get(0);
        if (bits < 1) {
            throw tokens.error("22023", "precision for type float must be at least 1 bit", precisionAt);
        }
        if (bits > 53) {
            throw tokens.error("22023", "precision for type float must be less than 54 bits", precisionAt);
        }
        return simple(bits <= 24 ? "float4" : "float8", location);
    }

    private TypeName characterType(Keyword first, int location) {
        if (first == Keyword.NATIONAL && !tokens.accept(Keyword.CHARACTER)) {
            tokens.expect(Keyword.CHAR);
        }
        boolean varying = tokens.accept(Keyword.VARYING);
        List<Integer> length = length();
        if (varying) {
            return new TypeName(null, "varchar", length, location);
        }
        return new TypeName(null, "bpchar", length.isEmpty() ? List.of(1) : length, location);
    }

    private TypeName timeType(String name, int location) {
        List<Integer> precision = length();
        boolean zone = tokens.at(Keyword.WITH, Keyword.TIME);
        if (zone || tokens.at(Keyword.WITHOUT)) {
            tokens.advance();
            tokens.expect(Keyword.TIME);
            tokens.expect(Keyword.ZONE);
        }
        return new TypeName(null, zone ? name + "tz" : name, precision, location);
    }

    private TypeName generic(int location) {
        List<String> parts = new ArrayList<>(2);
        Keyword keyword = tokens.keyword();
        if (keyword == null ? !tokens.at(TokenType.IDENTIFIER) : !keyword.typeOrFunctionName()) {
            throw tokens.syntaxError();
        }
        parts.add(tokens.takeName());
        while (tokens.accept(TokenType.DOT)) {
            parts.add(tokens.label());
        }
        QualifiedName name = tokens.qualified(parts, location);
        if (tokens.at(TokenType.PERCENT)) {
            throw tokens.unsupported("%TYPE");
        }
        return new TypeName(name.schema(), name.name(), modifiers(), location);
    }

    /** One constant in parentheses, or nothing. */
    private List<Integer> length() {
        if (!tokens.accept(TokenType.LEFT_PAREN)) {
            return List.of();
        }
        int length = tokens.integer();
        tokens.expect(TokenType.RIGHT_PAREN);
        return List.of(length);
    }

    /** Any number of constants in parentheses, or nothing. */
    private List<Integer> modifiers() {
        if (!tokens.accept(TokenType.LEFT_PAREN)) {
            return List.of();
        }
        List<Integer> modifiers = new ArrayList<>(2);
        do {
            boolean negative = tokens.accept(TokenType.MINUS);
            int modifier = tokens.integer();
            modifiers.add(negative ? -modifier : modifier);
        } while (tokens.accept(TokenType.COMMA));
        tokens.expect(TokenType.RIGHT_PAREN);
        return modifiers;
    }
}
