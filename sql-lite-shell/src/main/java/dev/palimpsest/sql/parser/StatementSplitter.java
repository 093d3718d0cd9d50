package dev.palimpsest.sql.parser;

/**
 * Cuts growing text into statements, for a shell that reads lines: a statement ends at a semicolon outside quotes,
 * dollar quotes, comments and parentheses.
 *
 * <p>Append what was read, call {@link #next} until it returns null; {@link #pending} then says what the prompt should
 * show. Every character is looked at about once, however many lines a statement has. Not thread-safe. Source of the
 * rules: PG psqlscan.l, restated.
 */
public final class StatementSplitter {
    /** What the end of the text so far is inside of. */
    public enum Pending {
        /** Between statements: nothing but blanks and comments since the last one. */
        NOTHING(""),
        STATEMENT("-"),
        PARENTHESIS("("),
        STRING("'"),
        IDENTIFIER("\""),
        DOLLAR_QUOTE("$"),
        COMMENT("*");

        private final String mark;

        Pending(String mark) {
            this.mark = mark;
        }

        /** What psql's prompt shows for it. */
        public String mark() {
            return mark;
        }
    }

    private enum Mode {
        CODE,
        STRING,
        ESCAPE_STRING,
        IDENTIFIER,
        DOLLAR_QUOTE,
        LINE_COMMENT,
        BLOCK_COMMENT
    }

    private final StringBuilder buffer = new StringBuilder();
    /** Where the statement begins, and up to where it has been read. */
    private int start;

    private int at;
    private Mode mode = Mode.CODE;
    private int parentheses;
    private int commentDepth;
    private String dollarTag;
    /** Whether anything but blanks and comments was met since {@link #start}. */
    private boolean started;
    /** Where the text inside the dollar quote began. */
    private int dollarStart;

    /** Where the last string ended and whether it had escapes: the next line may go on with it. */
    private int stringEnd = -1;

    private boolean stringEscapes;

    /** Adds text; a line must bring its line break. */
    public void append(CharSequence text) {
        if (start > 0 && start >= buffer.length() / 2) {
            buffer.delete(0, start);
            at -= start;
            stringEnd -= start;
            dollarStart -= start;
            start = 0;
        }
        buffer.append(text);
    }

    /** The next complete statement without its semicolon, or null if more text is needed. */
    public String next() {
        return scan(false) ? take(at - 1) : null;
    }

    /** What is left when no more text comes: an unfinished last statement, or null. */
    public String rest() {
        if (scan(true)) {
            return take(at - 1);
        }
        at = buffer.length();
        String rest = started ? take(at) : null;
        clear();
        return rest;
    }

    /** Forgets everything, as after an interrupt. */
    public void clear() {
        buffer.setLength(0);
        at = 0;
        beginStatement();
    }

    /** What the text so far ends in; to be asked after {@link #next} has returned null. */
    public Pending pending() {
        switch (mode) {
            case STRING:
            case ESCAPE_STRING:
                return Pending.STRING;
            case IDENTIFIER:
                return Pending.IDENTIFIER;
            case DOLLAR_QUOTE:
                return Pending.DOLLAR_QUOTE;
            case BLOCK_COMMENT:
                return Pending.COMMENT;
            default:
                return parentheses > 0 ? Pending.PARENTHESIS : started ? Pending.STATEMENT : Pending.NOTHING;
        }
    }

    /** Index after the semicolon of the statement that starts at {@code from}, or -1 if it isn't complete. */
    public static int endOfStatement(CharSequence text, int from) {
        StatementSplitter splitter = new StatementSplitter();
        splitter.append(text.subSequence(from, text.length()));
        return splitter.scan(true) ? from + splitter.at : -1;
    }

    private String take(int end) {
        String statement = buffer.substring(start, end);
        beginStatement();
        return statement;
    }

    private void beginStatement() {
        start = at;
        mode = Mode.CODE;
        parentheses = 0;
        commentDepth = 0;
        started = false;
        stringEnd = -1;
    }

    /** Reads on to the end of a statement (true), or as far as can be told without more text. */
    private boolean scan(boolean last) {
        while (at < buffer.length()) {
            char c = buffer.charAt(at);
            boolean needsMore = at + 1 == buffer.length() && !last;
            if (mode == Mode.CODE) {
                if (c == ';' && parentheses == 0) {
                    at++;
                    if (started) {
                        return true;
                    }
                    start = at;
                    continue;
                }
                int tokenEnd = endOfToken(c);
                if (tokenEnd == buffer.length() && !last && mayGoOn(c)) {
                    return false;
                }
                code(c, tokenEnd);
            } else {
                if (needsMore && (c == '\\' || (mode == Mode.BLOCK_COMMENT && (c == '*' || c == '/')))) {
                    return false;
                }
                inside(c);
            }
        }
        return false;
    }

    private char charAt(int index) {
        return index < buffer.length() ? buffer.charAt(index) : '\0';
    }

    /** Whether the text's end may have cut what starts with {@code c} in two. */
    private static boolean mayGoOn(char c) {
        return c == '-' || c == '/' || c == '$' || Characters.isIdentifierPart(c);
    }

    /** The end of the word, number or dollar quote's tag at the cursor, or after the one character there. */
    private int endOfToken(char c) {
        if (c == '$') {
            int tagEnd = StringLiterals.endOfDollarTag(buffer, at);
            return tagEnd < 0 ? Math.max(at + 1, endOfWord(at + 1)) : tagEnd;
        }
        if (Characters.isDigit(c)) {
            int end = endOfDigits(at);
            if (Keyword.foldAscii(charAt(end)) == 'e') {
                boolean signed = charAt(end + 1) == '+' || charAt(end + 1) == '-';
                int exponent = signed ? end + 2 : end + 1;
                if (Characters.isDigit(charAt(exponent))) {
                    end = endOfDigits(exponent);
                } else if (signed) {
                    return exponent; // junk that the lexer will refuse
                }
            }
            return Characters.isIdentifierStart(charAt(end)) ? endOfWord(end) : end;
        }
        return Characters.isIdentifierStart(c) ? endOfWord(at) : at + 1;
    }

    private int endOfDigits(int from) {
        int index = from;
        while (Characters.isDigit(charAt(index))) {
            index++;
        }
        return index;
    }

    private int endOfWord(int from) {
        int index = from;
        while (index < buffer.length() && Characters.isIdentifierPart(buffer.charAt(index))) {
            index++;
        }
        return index;
    }

    private void code(char c, int tokenEnd) {
        char second = charAt(at + 1);
        if (c == '-' && second == '-') {
            mode = Mode.LINE_COMMENT;
            at += 2;
            return;
        }
        if (c == '/' && second == '*') {
            mode = Mode.BLOCK_COMMENT;
            commentDepth = 1;
            at += 2;
            return;
        }
        if (!Characters.isSpace(c)) {
            started = true;
        }
        switch (c) {
            case '\'':
                mode = escapes() ? Mode.ESCAPE_STRING : Mode.STRING;
                at++;
                break;
            case '"':
                mode = Mode.IDENTIFIER;
                at++;
                break;
            case '$':
                dollar(tokenEnd);
                break;
            case '(':
                parentheses++;
                at++;
                break;
            case ')':
                parentheses = Math.max(0, parentheses - 1);
                at++;
                break;
            default:
                at = tokenEnd;
        }
    }

    /** Whether the quote at the cursor opens a string with backslash escapes. */
    private boolean escapes() {
        if (stringEnd >= 0 && (stringEnd == at || stringGoesOn())) {
            return stringEscapes;
        }
        return at > start
                && Keyword.foldAscii(buffer.charAt(at - 1)) == 'e'
                && !(at - 1 > start && Characters.isIdentifierPart(buffer.charAt(at - 2)));
    }

    private boolean stringGoesOn() {
        return StringLiterals.continuation(buffer, stringEnd) == at;
    }

    private void dollar(int tokenEnd) {
        if (StringLiterals.endOfDollarTag(buffer, at) < 0) {
            at++;
            return;
        }
        dollarTag = buffer.substring(at, tokenEnd);
        mode = Mode.DOLLAR_QUOTE;
        at = tokenEnd;
        dollarStart = at;
    }

    private void inside(char c) {
        switch (mode) {
            case LINE_COMMENT:
                mode = Characters.isNewline(c) ? Mode.CODE : mode;
                at++;
                break;
            case BLOCK_COMMENT:
                comment(c);
                break;
            case DOLLAR_QUOTE:
                at++;
                int from = at - dollarTag.length();
                if (c == '$' && from >= dollarStart && matches(dollarTag, from)) {
                    mode = Mode.CODE;
                }
                break;
            case IDENTIFIER:
                mode = c == '"' ? Mode.CODE : mode;
                at++;
                break;
            default:
                at += c == '\\' && mode == Mode.ESCAPE_STRING ? 2 : 1;
                if (c == '\'') {
                    stringEnd = at;
                    stringEscapes = mode == Mode.ESCAPE_STRING;
                    mode = Mode.CODE;
                }
        }
    }

    private boolean matches(String tag, int from) {
        for (int i = 0; i < tag.length(); i++) {
            if (buffer.charAt(from + i) != tag.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    private void comment(char c) {
        char second = charAt(at + 1);
        if (c == '*' && second == '/') {
            at += 2;
            if (--commentDepth == 0) {
                mode = Mode.CODE;
            }
        } else if (c == '/' && second == '*') {
            at += 2;
            commentDepth++;
        } else {
            at++;
        }
    }
}
