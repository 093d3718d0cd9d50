package dev.palimpsest.sql.parser;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The tokens of one text with a cursor, and what every parser needs of them: look, accept, expect, names, errors.
 *
 * <p>All tokens are cut up front, three ints each, so that looking ahead and going back are free. Not thread-safe.
 */
final class TokenStream {
    private static final TokenType[] TYPES = TokenType.values();
    private static final Keyword[] KEYWORDS = Keyword.values();
    private static final int FIELDS = 3;

    private final String sql;
    /** Per token: its type's ordinal, or ~ordinal of its keyword; its start; its end. */
    private int[] tokens;

    private int count;
    private int cursor;

    /** Thrown when the parser reaches the last token and that is ERROR. */
    private SqlSyntaxException lexicalError;

    TokenStream(String sql) {
        this.sql = sql;
        this.tokens = new int[FIELDS * Math.min(sql.length() / 3 + 2, 64)];
        Lexer lexer = new Lexer(sql);
        do {
            lexer.next();
            add(lexer);
        } while (lexer.type != TokenType.END && lexer.type != TokenType.ERROR);
        lexicalError = lexer.type == TokenType.ERROR ? lexer.error : null;
    }

    private void add(Lexer lexer) {
        int at = count++ * FIELDS;
        if (at == tokens.length) {
            tokens = Arrays.copyOf(tokens, tokens.length * 2);
        }
        tokens[at] = lexer.keyword == null ? lexer.type.ordinal() : ~lexer.keyword.ordinal();
        tokens[at + 1] = lexer.start;
        tokens[at + 2] = lexer.end;
    }

    // Looking

    TokenType type() {
        return type(0);
    }

    TokenType type(int ahead) {
        int code = tokens[index(ahead)];
        return code < 0 ? TokenType.KEYWORD : TYPES[code];
    }

    /** The keyword at the cursor, or null. */
    Keyword keyword() {
        return keyword(0);
    }

    Keyword keyword(int ahead) {
        int code = tokens[index(ahead)];
        return code < 0 ? KEYWORDS[~code] : null;
    }

    boolean at(TokenType type) {
        return tokens[cursor * FIELDS] == type.ordinal();
    }

    boolean at(Keyword keyword) {
        return tokens[cursor * FIELDS] == ~keyword.ordinal();
    }

    boolean at(Keyword first, Keyword second) {
        return at(first) && keyword(1) == second;
    }

    /** Where the token at the cursor starts, as a char index. */
    int location() {
        return tokens[cursor * FIELDS + 1];
    }

    /** Where the token before the cursor ends. */
    int previousEnd() {
        return cursor == 0 ? 0 : tokens[(cursor - 1) * FIELDS + 2];
    }

    /** The text of the token at the cursor, as written. */
    String text() {
        return sql.substring(tokens[cursor * FIELDS + 1], tokens[cursor * FIELDS + 2]);
    }

    /** As {@link #text}, one spelling per operator, and without garbage for the usual ones. */
    String operatorText() {
        switch (type()) {
            case EQUALS:
                return "=";
            case LESS:
                return "<";
            case GREATER:
                return ">";
            case LESS_EQUALS:
                return "<=";
            case GREATER_EQUALS:
                return ">=";
            case NOT_EQUALS:
                return "<>";
            case PLUS:
                return "+";
            case MINUS:
                return "-";
            case STAR:
                return "*";
            case SLASH:
                return "/";
            case PERCENT:
                return "%";
            case CARET:
                return "^";
            default:
                return text();
        }
    }

    int cursor() {
        return cursor;
    }

    /** Goes back to a cursor taken before. */
    void reset(int earlierCursor) {
        cursor = earlierCursor;
    }

    private int index(int ahead) {
        return Math.min(cursor + ahead, count - 1) * FIELDS;
    }

    // Moving

    void advance() {
        if (cursor < count - 1) {
            cursor++;
        }
    }

    boolean accept(TokenType type) {
        boolean found = at(type);
        if (found) {
            advance();
        }
        return found;
    }

    boolean accept(Keyword keyword) {
        boolean found = at(keyword);
        if (found) {
            advance();
        }
        return found;
    }

    boolean accept(Keyword first, Keyword second) {
        boolean found = at(first, second);
        if (found) {
            cursor += 2;
        }
        return found;
    }

    void expect(TokenType type) {
        if (!accept(type)) {
            throw syntaxError();
        }
    }

    void expect(Keyword keyword) {
        if (!accept(keyword)) {
            throw syntaxError();
        }
    }

    /** IF EXISTS, or IF NOT EXISTS, whole or not at all. */
    boolean acceptIf(Keyword... rest) {
        if (!at(Keyword.IF) || keyword(1) != rest[0]) {
            return false;
        }
        advance();
        for (Keyword keyword : rest) {
            expect(keyword);
        }
        return true;
    }

    // Names and constants

    boolean atColumnName() {
        Keyword keyword = keyword();
        return keyword == null ? at(TokenType.IDENTIFIER) : keyword.columnName();
    }

    /** A name of a column, table or alias (ColId). */
    String columnName() {
        if (!atColumnName()) {
            throw syntaxError();
        }
        return takeName();
    }

    /** Any word (ColLabel). */
    String label() {
        if (!at(TokenType.IDENTIFIER) && keyword() == null) {
            throw syntaxError();
        }
        return takeName();
    }

    /** Takes the identifier or keyword at the cursor as a name. */
    String takeName() {
        Keyword keyword = keyword();
        int start = location();
        int end = tokens[cursor * FIELDS + 2];
        advance();
        if (keyword != null) {
            return keyword.word();
        }
        return sql.charAt(start) == '"'
                ? StringLiterals.decodeIdentifier(sql, start, end)
                : Characters.foldName(sql, start, end);
    }

    /** A table's or index's name, with or without a schema. */
    QualifiedName qualifiedName() {
        int location = location();
        String first = columnName();
        if (!at(TokenType.DOT)) {
            return new QualifiedName(null, first, location);
        }
        List<String> parts = new ArrayList<>();
        parts.add(first);
        while (accept(TokenType.DOT)) {
            parts.add(label());
        }
        return qualified(parts, location);
    }

    /** Checks and builds a name of at most two parts; three name another database, which PostgreSQL refuses too. */
    QualifiedName qualified(List<String> parts, int location) {
        int size = parts.size();
        String all = String.join(".", parts);
        if (size > 3) {
            throw error(
                    SqlSyntaxException.SYNTAX_ERROR,
                    "improper qualified name (too many dotted names): " + all,
                    location);
        }
        if (size == 3) {
            throw error(
                    SqlSyntaxException.FEATURE_NOT_SUPPORTED,
                    "cross-database references are not implemented: \"" + all + "\"",
                    location);
        }
        return new QualifiedName(size == 2 ? parts.get(0) : null, parts.get(size - 1), location);
    }

    /** The value of a string constant. */
    String string() {
        if (!at(TokenType.STRING)) {
            throw syntaxError();
        }
        int at = cursor * FIELDS;
        advance();
        return StringLiterals.decode(sql, tokens[at + 1], tokens[at + 2]);
    }

    /** Takes an integer constant that fits an int (Iconst). */
    int integer() {
        long value = at(TokenType.INTEGER) ? longValue() : -1;
        if (value < 0 || value > Integer.MAX_VALUE) {
            throw syntaxError();
        }
        advance();
        return (int) value;
    }

    /** Takes a number with or without a sign, as written (NumericOnly). */
    String signedNumber() {
        String sign = accept(TokenType.MINUS) ? "-" : "";
        if (sign.isEmpty()) {
            accept(TokenType.PLUS);
        }
        if (!at(TokenType.INTEGER) && !at(TokenType.DECIMAL)) {
            throw syntaxError();
        }
        String number = text();
        advance();
        return sign + number;
    }

    /** The value of the INTEGER at the cursor, or -1 if it doesn't fit a long. */
    long longValue() {
        try {
            return Long.parseLong(sql, location(), tokens[cursor * FIELDS + 2], 10);
        } catch (NumberFormatException e) {
            return -1;
        }
    }

    // Errors

    /** The error for a token that doesn't fit here. */
    SqlSyntaxException syntaxError() {
        if (at(TokenType.ERROR)) {
            return lexicalError;
        }
        String message = at(TokenType.END) ? "syntax error at end of input" : Lexer.near("syntax error", text());
        return error(SqlSyntaxException.SYNTAX_ERROR, message, location());
    }

    SqlSyntaxException error(String sqlState, String message, int location) {
        return SqlSyntaxException.at(sql, location, sqlState, message);
    }

    SqlSyntaxException invalid(String message, int location) {
        return error(SqlSyntaxException.SYNTAX_ERROR, message, location);
    }

    SqlSyntaxException invalidWithHint(String message, int location, String hint) {
        int position = SqlSyntaxException.positionOf(sql, location);
        return new SqlSyntaxException(SqlSyntaxException.SYNTAX_ERROR, message, position, hint);
    }

    /** What PostgreSQL's grammar accepts and we don't yet; {@code what} says it in the singular. */
    SqlSyntaxException unsupported(String what, int location) {
        return error(SqlSyntaxException.FEATURE_NOT_SUPPORTED, what + " is not supported yet", location);
    }

    SqlSyntaxException unsupported(String what) {
        return unsupported(what, location());
    }

    /** Throws 0A000 if the cursor is at a clause that we don't support. */
    void reject(Keyword clause, String what) {
        if (at(clause)) {
            throw unsupported(what);
        }
    }
}
