package dev.palimpsest.isolation;

import java.util.Map;

/**
 * Cuts a spec file into tokens. Blanks, line ends and comments from {@code #} to the end of the line separate them. Source of the rules: PG
 * specscanner.l. Used by one thread.
 */
final class SpecScanner {
    enum Type {
        NOTICES,
        PERMUTATION,
        SESSION,
        SETUP,
        STEP,
        TEARDOWN,
        IDENTIFIER,
        SQL_BLOCK,
        INTEGER,
        /** One of {@code , ( ) *}; the text says which. */
        PUNCTUATION,
        END
    }

    /** @param text without quotes, braces and the blanks next to the braces */
    record Token(Type type, String text) {}

    private static final Map<String, Type> KEYWORDS = Map.of(
            "notices", Type.NOTICES,
            "permutation", Type.PERMUTATION,
            "session", Type.SESSION,
            "setup", Type.SETUP,
            "step", Type.STEP,
            "teardown", Type.TEARDOWN);

    private final String text;
    private int position;
    private int line = 1;

    SpecScanner(String text) {
        this.text = text;
    }

    /** The line on which the last token ended; for errors. */
    int line() {
        return line;
    }

    Token next() {
        skipBlanks();
        if (position == text.length()) {
            return new Token(Type.END, "");
        }
        char c = text.charAt(position);
        if (c == '"') {
            return new Token(Type.IDENTIFIER, quoted());
        }
        if (c == '{') {
            return new Token(Type.SQL_BLOCK, sqlBlock());
        }
        int start = position++;
        if (isIdentifierStart(c)) {
            while (position < text.length() && isIdentifierPart(text.charAt(position))) {
                position++;
            }
            String word = text.substring(start, position);
            return new Token(KEYWORDS.getOrDefault(word, Type.IDENTIFIER), word);
        }
        if (isDigit(c)) {
            while (position < text.length() && isDigit(text.charAt(position))) {
                position++;
            }
            return new Token(Type.INTEGER, text.substring(start, position));
        }
        if (",()*".indexOf(c) >= 0) {
            return new Token(Type.PUNCTUATION, String.valueOf(c));
        }
        throw new SpecException("syntax error at line " + line + ": unexpected character \"" + c + "\"");
    }

    private void skipBlanks() {
        for (; position < text.length(); position++) {
            char c = text.charAt(position);
            if (c == '#') {
                while (position < text.length() && !isLineEnd(text.charAt(position))) {
                    position++;
                }
                position--;
            } else if (c == '\n') {
                line++;
            } else if (!isBlank(c)) {
                return;
            }
        }
    }

    private String quoted() {
        StringBuilder name = new StringBuilder();
        for (position++; position < text.length(); position++) {
            char c = text.charAt(position);
            if (c == '\n') {
                throw SpecException.at(line, "unexpected newline in quoted identifier");
            }
            if (c == '"') {
                position++;
                if (position == text.length() || text.charAt(position) != '"') {
                    return name.toString();
                }
            }
            name.append(c);
        }
        throw SpecException.at(line, "unterminated quoted identifier");
    }

    /** Up to the next closing brace, wherever it stands: SQL in a spec can't have one. */
    private String sqlBlock() {
        int start = position + 1;
        int end = text.indexOf('}', start);
        int stop = end < 0 ? text.length() : end;
        line += (int) text.substring(start, stop).chars().filter(c -> c == '\n').count();
        if (end < 0) {
            throw SpecException.at(line, "unterminated sql block");
        }
        position = end + 1;
        while (start < end && isBlank(text.charAt(start))) {
            start++;
        }
        while (end > start && isBlank(text.charAt(end - 1))) {
            end--;
        }
        return text.substring(start, end);
    }

    private static boolean isBlank(char c) {
        return c == ' ' || c == '\t' || c == '\r' || c == '\f';
    }

    private static boolean isLineEnd(char c) {
        return c == '\n' || c == '\r';
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    private static boolean isIdentifierStart(char c) {
        return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_' || c >= 0x80;
    }

    private static boolean isIdentifierPart(char c) {
        return isIdentifierStart(c) || isDigit(c) || c == '$';
    }
}
