package dev.palimpsest.api;

/**
 * A sequence's shape. Immutable; start with {@link #named}. Its values are never rolled back and survive crashes, with gaps.
 *
 * @param start the first value
 * @param increment not 0; negative counts down
 * @param cycle whether it goes on at the other end instead of failing with 2200H
 */
public record SequenceSchema(String name, long start, long increment, long minValue, long maxValue, boolean cycle) {
    /** 1, 2, 3, … up to the largest bigint. */
    public static SequenceSchema named(String name) {
        return new SequenceSchema(name, 1, 1, 1, Long.MAX_VALUE, false);
    }
}
