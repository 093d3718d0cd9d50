package dev.palimpsest.sql.parser;

/**
 * Cuts SQL text into tokens by the rules of PostgreSQL 15's scanner: the same comments, strings, operators and junk.
 *
 * <p>A cursor: {@link #next} moves to the next token and describes it in the fields. What can't be a token becomes
 * {@link TokenType#ERROR} with the exception kept in {@link #error}, to be thrown only when the parser gets there:
 * PostgreSQL reports the first error in reading order. Not thread-safe. Source of the rules: PG scan.l, restated.
 */
final class Lexer {
    private static final TokenType[] SINGLE = new TokenType[128];

    static {
        SINGLE[','] = TokenType.COMMA;
        SINGLE['('] = TokenType.LEFT_PAREN;
        SINGLE[')'] = TokenType.RIGHT_PAREN;
        SINGLE['['] = TokenType.LEFT_BRACKET;
        SINGLE[']'] = TokenType.RIGHT_BRACKET;
        SINGLE['.'] = TokenType.DOT;
        SINGLE[';'] = TokenType.SEMICOLON;
        SINGLE[':'] = TokenType.COLON;
        SINGLE['+'] = TokenType.PLUS;
        SINGLE['-'] = TokenType.MINUS;
        SINGLE['*'] = TokenType.STAR;
        SINGLE['/'] = TokenType.SLASH;
        SINGLE['%'] = TokenType.PERCENT;
        SINGLE['^'] = TokenType.CARET;
        SINGLE['<'] = TokenType.LESS;
        SINGLE['>'] = TokenType.GREATER;
        SINGLE['='] = TokenType.EQUALS;
    }

    /** The token: kind, keyword (null unless KEYWORD), and the text it covers, {@code sql[start, end)}. */
    TokenType type;

    Keyword keyword;
    int start;
    int end;

    /** Why the token is an ERROR. */
    SqlSyntaxException error;

    private final String sql;
    private final int length;

    Lexer(String sql) {
        this.sql = sql;
        this.length = sql.length();
    }

    /** Moves to the token after {@link #end}. At the end of the text it stays on END. */
    void next() {
        keyword = null;
        int at = skipBlanks(end);
        if (at < 0) {
            return; // an unterminated comment: skipBlanks has described it
        }
        start = at;
        if (at == length) {
            end = at;
            type = TokenType.END;
            return;
        }
        char c = sql.charAt(at);
        if (Characters.isIdentifierStart(c)) {
            word(c);
        } else if (Characters.isDigit(c) || (c == '.' && Characters.isDigit(charAt(at + 1)))) {
            number();
        } else if (c == '\'') {
            string(at, false, TokenType.STRING, "unterminated quoted string");
        } else if (c == '"') {
            quotedIdentifier();
        } else if (c == '$') {
            dollar();
        } else {
            symbol(c);
        }
    }

    /** A text for messages: PostgreSQL's {@code at or near}. */
    static String near(String message, String text) {
        return message + " at or near \"" + text + "\"";
    }

    private char charAt(int index) {
        return index < length ? sql.charAt(index) : '\0';
    }

    private int skipBlanks(int from) {
        int at = from;
        while (at < length) {
            char c = sql.charAt(at);
            if (Characters.isSpace(c)) {
                at++;
            } else if (c == '-' && charAt(at + 1) == '-') {
                at = endOfLine(at);
            } else if (c == '/' && charAt(at + 1) == '*') {
                int close = endOfBlockComment(at);
                if (close < 0) {
                    fail(at, length, "unterminated /* comment");
                    return -1;
                }
                at = close;
            } else {
                break;
            }
        }
        return at;
    }

    private int endOfLine(int from) {
        int at = from;
        while (at < length && !Characters.isNewline(sql.charAt(at))) {
            at++;
        }
        return at;
    }

    private int endOfBlockComment(int from) {
        int depth = 0;
        int at = from;
        while (at < length) {
            char c = sql.charAt(at);
            if (c == '/' && charAt(at + 1) == '*') {
                depth++;
                at += 2;
            } else if (c == '*' && charAt(at + 1) == '/') {
                at += 2;
                if (--depth == 0) {
                    return at;
                }
            } else {
                at++;
            }
        }
        return -1;
    }

    private void word(char first) {
        char second = charAt(start + 1);
        if (second == '\'' && prefixedString(Keyword.foldAscii(first))) {
            return;
        }
        if (second == '&' && (first == 'u' || first == 'U')) {
            char quote = charAt(start + 2);
            if (quote == '\'' || quote == '"') {
                unicodeEscapes(quote);
                return;
            }
        }
        int hash = 0;
        int at = start;
        char c = first;
        do {
            hash = Keyword.hashStep(hash, Keyword.foldAscii(c));
            c = charAt(++at);
        } while (at < length && Characters.isIdentifierPart(c));
        end = at;
        keyword = Keyword.find(sql, start, at, hash);
        type = keyword == null ? TokenType.IDENTIFIER : TokenType.KEYWORD;
    }

    private boolean prefixedString(char prefix) {
        switch (prefix) {
            case 'e':
                string(start + 1, true, TokenType.STRING, "unterminated quoted string");
                return true;
            case 'b':
                string(start + 1, false, TokenType.BIT_STRING, "unterminated bit string literal");
                return true;
            case 'x':
                string(start + 1, false, TokenType.BIT_STRING, "unterminated hexadecimal string literal");
                return true;
            case 'n':
                end = start + 1;
                type = TokenType.KEYWORD;
                keyword = Keyword.NCHAR; // N'…' is short for NCHAR '…'
                return true;
            default:
                return false;
        }
    }

    private void unicodeEscapes(char quote) {
        int close = endOfQuoted(start + 2, quote, false);
        if (close < 0) {
            fail(start, length, quote == '"' ? "unterminated quoted identifier" : "unterminated quoted string");
        } else {
            end = close;
            error(SqlSyntaxException.FEATURE_NOT_SUPPORTED, start, "Unicode escapes (U&) are not supported yet");
        }
    }

    private void quotedIdentifier() {
        int close = endOfQuoted(start, '"', false);
        if (close < 0) {
            fail(start, length, "unterminated quoted identifier");
        } else if (close == start + 2) {
            fail(start, close, "zero-length delimited identifier");
        } else {
            end = close;
            type = TokenType.IDENTIFIER;
        }
    }

    /** A string and its continuations: adjacent strings are one if a line break is between them. */
    private void string(int quote, boolean escapes, TokenType stringType, String unterminated) {
        int close = quote;
        int continuation = quote;
        while (continuation >= 0) {
            close = endOfQuoted(continuation, '\'', escapes);
            if (close < 0) {
                fail(start, length, unterminated);
                return;
            }
            continuation = StringLiterals.continuation(sql, close);
        }
        end = close;
        type = stringType;
        if (escapes) {
            error = StringLiterals.checkEscapes(sql, start, close);
            type = error == null ? stringType : TokenType.ERROR;
        }
    }

    /** Index after the closing quote, or -1. {@code from} is the opening quote. */
    private int endOfQuoted(int from, char quote, boolean escapes) {
        int at = from + 1;
        while (at < length) {
            char c = sql.charAt(at);
            if (c == '\\' && escapes) {
                at += 2;
            } else if (c != quote) {
                at++;
            } else if (charAt(at + 1) == quote) {
                at += 2;
            } else {
                return at + 1;
            }
        }
        return -1;
    }

    private void dollar() {
        if (Characters.isDigit(charAt(start + 1))) {
            end = endOfDigits(start + 1);
            type = TokenType.PARAMETER;
            rejectJunk("trailing junk after parameter");
            return;
        }
        int tagEnd = StringLiterals.endOfDollarTag(sql, start);
        if (tagEnd < 0) {
            end = start + 1;
            type = TokenType.OTHER;
            return;
        }
        String tag = sql.substring(start, tagEnd);
        int close = sql.indexOf(tag, tagEnd);
        if (close < 0) {
            fail(start, length, "unterminated dollar-quoted string");
        } else {
            end = close + tag.length();
            type = TokenType.STRING;
        }
    }

    private void number() {
        int at = endOfDigits(start);
        type = TokenType.INTEGER;
        if (charAt(at) == '.' && !(charAt(at + 1) == '.' && at > start)) {
            at = endOfDigits(at + 1);
            type = TokenType.DECIMAL;
        }
        if (Keyword.foldAscii(charAt(at)) == 'e') {
            char sign = charAt(at + 1);
            boolean signed = sign == '+' || sign == '-';
            int digits = signed ? at + 2 : at + 1;
            if (Characters.isDigit(charAt(digits))) {
                at = endOfDigits(digits);
                type = TokenType.DECIMAL;
            } else if (signed) {
                fail(start, digits, "trailing junk after numeric literal");
                return;
            }
        }
        end = at;
        rejectJunk("trailing junk after numeric literal");
    }

    private void rejectJunk(String message) {
        if (end < length && Characters.isIdentifierStart(sql.charAt(end))) {
            int at = end;
            while (at < length && Characters.isIdentifierPart(sql.charAt(at))) {
                at++;
            }
            fail(start, at, message);
        }
    }

    private int endOfDigits(int from) {
        int at = from;
        while (at < length && Characters.isDigit(sql.charAt(at))) {
            at++;
        }
        return at;
    }

    private void symbol(char c) {
        char second = charAt(start + 1);
        if (Characters.isOperator(c) && Characters.isOperator(second)) {
            operator();
            return;
        }
        end = start + 1;
        TokenType single = c < 128 ? SINGLE[c] : null;
        if (c == ':' && (second == ':' || second == '=')) {
            end++;
            type = second == ':' ? TokenType.TYPECAST : TokenType.COLON_EQUALS;
        } else if (c == '.' && second == '.') {
            end++;
            type = TokenType.DOT_DOT;
        } else if (single != null) {
            type = single;
        } else {
            type = Characters.isOperator(c) ? TokenType.OPERATOR : TokenType.OTHER;
        }
    }

    /** Two or more operator characters: a comment's start ends them, and only some may end in + or -. */
    private void operator() {
        int at = start;
        boolean mayEndInSign = false;
        while (at < length && Characters.isOperator(sql.charAt(at)) && !commentStarts(at)) {
            mayEndInSign |= "~!@#^&|`?%".indexOf(sql.charAt(at)) >= 0;
            at++;
        }
        while (!mayEndInSign && at > start + 1 && (sql.charAt(at - 1) == '+' || sql.charAt(at - 1) == '-')) {
            at--;
        }
        end = at;
        char first = sql.charAt(start);
        if (at == start + 1) {
            type = SINGLE[first] == null ? TokenType.OPERATOR : SINGLE[first];
        } else if (at == start + 2) {
            type = pair(first, sql.charAt(start + 1));
        } else {
            type = TokenType.OPERATOR;
        }
    }

    private boolean commentStarts(int at) {
        char c = sql.charAt(at);
        char second = charAt(at + 1);
        return (c == '-' && second == '-') || (c == '/' && second == '*');
    }

    private static TokenType pair(char first, char second) {
        if (second == '=') {
            return first == '<'
                    ? TokenType.LESS_EQUALS
                    : first == '>'
                            ? TokenType.GREATER_EQUALS
                            : first == '!' ? TokenType.NOT_EQUALS : TokenType.OPERATOR;
        }
        if (second == '>') {
            return first == '<' ? TokenType.NOT_EQUALS : first == '=' ? TokenType.EQUALS_GREATER : TokenType.OPERATOR;
        }
        return TokenType.OPERATOR;
    }

    private void fail(int from, int to, String message) {
        end = to;
        start = from;
        error(SqlSyntaxException.SYNTAX_ERROR, from, near(message, sql.substring(from, to)));
    }

    private void error(String sqlState, int location, String message) {
        start = location;
        type = TokenType.ERROR;
        error = SqlSyntaxException.at(sql, location, sqlState, message);
    }
}
