package dev.palimpsest.bench;

/** Marsaglia's xorshift64: a few cycles a number, so that the generator is no part of what is measured. Used by one thread. */
public final class XorShift {
    private long state;

    /** @param number from 0 on; each has a sequence of its own */
    public XorShift(long number) {
        state = 0x9E3779B97F4A7C15L * (number + 1);
    }

    /** A number from 0 to bound - 1, by multiplication instead of division. */
    public long below(int bound) {
        state ^= state << 13;
        state ^= state >>> 7;
        state ^= state << 17;
        return ((state >>> 32) * bound) >>> 32;
    }
}
