package dev.palimpsest.sql.parser;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;

/**
 * From the text of a string token to its value: doubled quotes, {@code E''} escapes, dollar quotes, and the joining of
 * strings that a line break separates. Stateless. Source of the rules: PG scan.l, restated.
 */
final class StringLiterals {
    private StringLiterals() {}

    /** The value of a STRING token. */
    static String decode(String sql, int start, int end) {
        char first = sql.charAt(start);
        if (first == '$') {
            int tagLength = endOfDollarTag(sql, start) - start;
            return sql.substring(start + tagLength, end - tagLength);
        }
        if (first != '\'') {
            return new EscapeDecoder(sql, start + 1, end).decode();
        }
        int quote = sql.indexOf('\'', start + 1);
        return quote == end - 1 ? sql.substring(start + 1, quote) : undouble(sql, start, end);
    }

    /** The name of a quoted identifier. */
    static String decodeIdentifier(String sql, int start, int end) {
        String inner = sql.substring(start + 1, end - 1);
        return Characters.truncateName(inner.indexOf('"') < 0 ? inner : inner.replace("\"\"", "\""));
    }

    /** The error in an {@code E''} string's escapes, or null. */
    static SqlSyntaxException checkEscapes(String sql, int start, int end) {
        if (sql.indexOf('\\', start) < 0) {
            return null;
        }
        try {
            new EscapeDecoder(sql, start + 1, end).decode();
            return null;
        } catch (SqlSyntaxException e) {
            return e;
        }
    }

    /** Where the string that closed before {@code close} goes on after a line break (at its quote), or -1. */
    static int continuation(CharSequence sql, int close) {
        boolean newline = false;
        int at = close;
        while (at < sql.length()) {
            char c = sql.charAt(at);
            if (Characters.isSpace(c)) {
                newline |= Characters.isNewline(c);
                at++;
            } else if (c == '-' && at + 1 < sql.length() && sql.charAt(at + 1) == '-') {
                while (at < sql.length() && !Characters.isNewline(sql.charAt(at))) {
                    at++;
                }
            } else {
                return c == '\'' && newline ? at : -1;
            }
        }
        return -1;
    }

    /** Index after {@code $tag$} at {@code start}, or -1 if there is none. */
    static int endOfDollarTag(CharSequence sql, int start) {
        int at = start + 1;
        while (at < sql.length() && Characters.isTagPart(sql.charAt(at))) {
            at++;
        }
        boolean starts = at == start + 1 || Characters.isIdentifierStart(sql.charAt(start + 1));
        return starts && at < sql.length() && sql.charAt(at) == '$' ? at + 1 : -1;
    }

    private static String undouble(String sql, int start, int end) {
        StringBuilder value = new StringBuilder(end - start);
        int at = start + 1;
        while (at < end) {
            char c = sql.charAt(at);
            if (c != '\'') {
                value.append(c);
                at++;
            } else if (at + 1 < end && sql.charAt(at + 1) == '\'') {
                value.append(c);
                at += 2;
            } else {
                int next = at + 1 < end ? continuation(sql, at + 1) : -1;
                at = next < 0 ? end : next + 1;
            }
        }
        return value.toString();
    }

    /** Decodes one {@code E''} string (with its continuations); throws what is wrong with an escape. */
    private static final class EscapeDecoder {
        private final String sql;
        private final int end;
        private final StringBuilder value = new StringBuilder();
        private int at;

        EscapeDecoder(String sql, int quote, int end) {
            this.sql = sql;
            this.end = end;
            this.at = quote + 1;
        }

        String decode() {
            while (at < end) {
                char c = sql.charAt(at);
                if (c == '\\') {
                    escape();
                } else if (c != '\'') {
                    value.append(c);
                    at++;
                } else if (at + 1 < end && sql.charAt(at + 1) == '\'') {
                    value.append(c);
                    at += 2;
                } else {
                    int next = at + 1 < end ? continuation(sql, at + 1) : -1;
                    at = next < 0 ? end : next + 1;
                }
            }
            return value.toString();
        }

        private void escape() {
            char c = sql.charAt(at + 1);
            if (c == 'u' || c == 'U') {
                unicode();
            } else if (isByteEscape()) {
                bytes();
            } else {
                at += 2;
                int known = "bfnrtv".indexOf(c);
                value.append(known < 0 ? c : "\b\f\n\r\t\u000b".charAt(known));
            }
        }

        private void unicode() {
            int first = at;
            int codePoint = codeUnit();
            if (codePoint >= 0xD800 && codePoint <= 0xDBFF) {
                int second = at;
                boolean escape = sql.charAt(at) == '\\' && (sql.charAt(at + 1) == 'u' || sql.charAt(at + 1) == 'U');
                int low = escape ? codeUnit() : -1;
                if (low < 0xDC00 || low > 0xDFFF) {
                    int to = escape ? at : second + 1;
                    throw error(second, "invalid Unicode surrogate pair", sql.substring(second, to));
                }
                codePoint = Character.toCodePoint((char) codePoint, (char) low);
            } else if (codePoint >= 0xDC00 && codePoint <= 0xDFFF) {
                throw error(first, "invalid Unicode surrogate pair", sql.substring(first, at));
            }
            value.appendCodePoint(codePoint);
        }

        /** Reads {@code \\uXXXX} or {@code \\UXXXXXXXX}. */
        private int codeUnit() {
            int digits = sql.charAt(at + 1) == 'u' ? 4 : 8;
            long unit = 0;
            for (int i = 0; i < digits; i++) {
                int digit = at + 2 + i < end ? digit(at + 2 + i, 16) : -1;
                if (digit < 0) {
                    throw new SqlSyntaxException(
                            "22025",
                            "invalid Unicode escape",
                            SqlSyntaxException.positionOf(sql, at),
                            "Unicode escapes must be \\uXXXX or \\UXXXXXXXX.");
                }
                unit = unit * 16 + digit;
            }
            if (unit == 0 || unit > Character.MAX_CODE_POINT) {
                throw error(at, "invalid Unicode escape value", sql.substring(at, at + 2 + digits));
            }
            at += 2 + digits;
            return (int) unit;
        }

        private SqlSyntaxException error(int location, String message, String near) {
            return SqlSyntaxException.at(sql, location, SqlSyntaxException.SYNTAX_ERROR, Lexer.near(message, near));
        }

        private boolean isByteEscape() {
            if (at + 1 >= end || sql.charAt(at) != '\\') {
                return false;
            }
            char c = sql.charAt(at + 1);
            return (c >= '0' && c <= '7') || (c == 'x' && at + 2 < end && digit(at + 2, 16) >= 0);
        }

        private int digit(int index, int radix) {
            char c = sql.charAt(index);
            return c < 0x80 ? Character.digit(c, radix) : -1;
        }

        /** A run of octal and hexadecimal escapes is bytes of UTF-8. */
        private void bytes() {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            while (isByteEscape()) {
                boolean hex = sql.charAt(at + 1) == 'x';
                int radix = hex ? 16 : 8;
                int stop = at + 4; // backslash x and two digits, or backslash and three
                at += hex ? 2 : 1;
                int number = 0;
                while (at < stop && digit(at, radix) >= 0) {
                    number = number * radix + digit(at++, radix);
                }
                bytes.write(number);
            }
            value.append(utf8(bytes.toByteArray()));
        }

        private CharSequence utf8(byte[] bytes) {
            int bad = -1;
            for (byte b : bytes) {
                bad = b == 0 ? 0 : bad;
            }
            try {
                if (bad < 0) {
                    return StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
                }
            } catch (CharacterCodingException e) {
                bad = bytes[0] & 0xff;
            }
            throw new SqlSyntaxException(
                    "22021",
                    String.format("invalid byte sequence for encoding \"UTF8\": 0x%02x", bad),
                    SqlSyntaxException.positionOf(sql, at),
                    null);
        }
    }
}
