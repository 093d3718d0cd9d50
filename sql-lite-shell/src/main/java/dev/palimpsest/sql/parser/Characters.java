package dev.palimpsest.sql.parser;

/** Character classes of PostgreSQL's scanner (scan.l) and the folding of names. Stateless. */
final class Characters {
    /** PostgreSQL's NAMEDATALEN - 1. */
    private static final int MAX_NAME_BYTES = 63;

    private Characters() {}

    static boolean isIdentifierStart(char c) {
        return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' || c >= 0x80;
    }

    static boolean isIdentifierPart(char c) {
        return isIdentifierStart(c) || isDigit(c) || c == '$';
    }

    /** What may stand in the tag of a dollar quote: an identifier without dollar signs. */
    static boolean isTagPart(char c) {
        return isIdentifierStart(c) || isDigit(c);
    }

    static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    static boolean isSpace(char c) {
        return c == ' ' || c == '\n' || c == '\t' || c == '\r' || c == '\f';
    }

    static boolean isNewline(char c) {
        return c == '\n' || c == '\r';
    }

    static boolean isOperator(char c) {
        return c < 0x80 && "~!@#^&|`?+-*/%<>=".indexOf(c) >= 0;
    }

    /** The name that an unquoted identifier stands for. */
    static String foldName(String text, int start, int end) {
        for (int i = start; i < end; i++) {
            char c = text.charAt(i);
            if (c >= 'A' && c <= 'Z') {
                StringBuilder folded = new StringBuilder(end - start);
                for (int j = start; j < end; j++) {
                    folded.append(Keyword.foldAscii(text.charAt(j)));
                }
                return truncateName(folded.toString());
            }
        }
        return truncateName(text.substring(start, end));
    }

    /** Cuts a name to 63 bytes of UTF-8 without cutting a character, as PostgreSQL does. */
    static String truncateName(String name) {
        if (name.length() * 3L <= MAX_NAME_BYTES) {
            return name;
        }
        int bytes = 0;
        for (int i = 0; i < name.length(); ) {
            int codePoint = name.codePointAt(i);
            bytes += codePoint < 0x80 ? 1 : codePoint < 0x800 ? 2 : codePoint < 0x10000 ? 3 : 4;
            if (bytes > MAX_NAME_BYTES) {
                return name.substring(0, i);
            }
            i += Character.charCount(codePoint);
        }
        return name;
    }
}
