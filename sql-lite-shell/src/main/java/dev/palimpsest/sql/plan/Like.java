package dev.palimpsest.sql.plan;

/** LIKE. Stateless. Source of the rules: PG like_match.c; time is bounded by text times pattern length. */
final class Like {
    private Like() {}

    /** @param escape a code point, -1 for none */
    static boolean matches(String text, String pattern, int escape) {
        int[] t = text.codePoints().toArray();
        int[] p = pattern.codePoints().toArray();
        int ti = 0;
        int pi = 0;
        int retryText = -1;
        int retryPattern = -1;
        while (ti < t.length || pi < p.length) {
            if (pi < p.length && p[pi] == '%' && p[pi] != escape) {
                retryPattern = ++pi;
                retryText = ti;
                continue;
            }
            boolean escaped = pi < p.length && p[pi] == escape;
            if (escaped && pi + 1 == p.length && ti < t.length) {
                throw SqlError.of("22025", "LIKE pattern must not end with escape character");
            }
            int wanted = escaped ? pi + 1 : pi;
            if (ti < t.length && wanted < p.length && (!escaped && p[wanted] == '_' || p[wanted] == t[ti])) {
                ti++;
                pi = wanted + 1;
            } else if (retryText >= 0 && retryText < t.length) {
                ti = ++retryText;
                pi = retryPattern;
            } else {
                return false;
            }
        }
        return true;
    }
}
