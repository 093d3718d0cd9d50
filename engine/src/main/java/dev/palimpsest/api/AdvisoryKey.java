package dev.palimpsest.api;

/**
 * What an advisory lock locks: one 64-bit number or two 32-bit ones. The two spaces don't overlap, as in PostgreSQL.
 *
 * @param pair whether it is of the space of two numbers, the first in the upper half of {@code value}
 */
public record AdvisoryKey(long value, boolean pair) {
    public static AdvisoryKey of(long key) {
        return new AdvisoryKey(key, false);
    }

    public static AdvisoryKey of(int first, int second) {
        return new AdvisoryKey((long) first << 32 | second & 0xFFFF_FFFFL, true);
    }
}
