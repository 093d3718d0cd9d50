package dev.palimpsest.sql.parser;

/**
 * How tightly infix and postfix operators bind, from PostgreSQL 15's table of precedences (PG gram.y); higher is
 * tighter. Stateless.
 */
final class Precedence {
    /** Not an operator. */
    static final int NONE = 0;

    static final int OR = 1;
    static final int AND = 2;
    static final int NOT = 3;
    /** Non-associative where an operand follows: IS DISTINCT FROM. */
    static final int IS = 4;
    /** Non-associative. */
    static final int COMPARISON = 5;
    /** Non-associative: BETWEEN, IN, LIKE and their like. */
    static final int MATCH = 6;

    static final int OTHER_OPERATOR = 7;
    static final int ADDITION = 8;
    static final int MULTIPLICATION = 9;
    static final int POWER = 10;
    static final int AT_TIME_ZONE = 11;
    static final int COLLATE = 12;
    static final int UNARY_SIGN = 13;
    static final int TYPECAST = 14;

    private Precedence() {}

    /** The precedence of the operator at the cursor, or NONE; {@code restricted} as PostgreSQL's b_expr. */
    static int of(TokenStream tokens, boolean restricted) {
        switch (tokens.type()) {
            case LESS:
            case GREATER:
            case EQUALS:
            case LESS_EQUALS:
            case GREATER_EQUALS:
            case NOT_EQUALS:
                return COMPARISON;
            case OPERATOR:
                return OTHER_OPERATOR;
            case PLUS:
            case MINUS:
                return ADDITION;
            case STAR:
            case SLASH:
            case PERCENT:
                return MULTIPLICATION;
            case CARET:
                return POWER;
            case TYPECAST:
                return TYPECAST;
            case KEYWORD:
                return ofKeyword(tokens, restricted);
            default:
                return NONE;
        }
    }

    private static int ofKeyword(TokenStream tokens, boolean restricted) {
        Keyword keyword = tokens.keyword();
        if (keyword == Keyword.IS) {
            return IS;
        }
        if (keyword == Keyword.OPERATOR) {
            return tokens.type(1) == TokenType.LEFT_PAREN ? OTHER_OPERATOR : NONE;
        }
        return restricted ? NONE : ofFullKeyword(tokens, keyword);
    }

    private static int ofFullKeyword(TokenStream tokens, Keyword keyword) {
        switch (keyword) {
            case OR:
                return OR;
            case AND:
                return AND;
            case ISNULL:
            case NOTNULL:
                return IS;
            case NOT:
                return tokens.keyword(1) != null && isMatch(tokens.keyword(1)) ? MATCH : NONE;
            case AT:
                return tokens.keyword(1) == Keyword.TIME ? AT_TIME_ZONE : NONE;
            case COLLATE:
                return COLLATE;
            default:
                return isMatch(keyword) ? MATCH : NONE;
        }
    }

    private static boolean isMatch(Keyword keyword) {
        return keyword == Keyword.BETWEEN
                || keyword == Keyword.IN
                || keyword == Keyword.LIKE
                || keyword == Keyword.ILIKE
                || keyword == Keyword.SIMILAR;
    }
}
