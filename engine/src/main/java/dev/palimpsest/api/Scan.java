package dev.palimpsest.api;

import java.util.List;
import java.util.function.Predicate;

/**
 * Which rows, and in which order: the whole table in no particular order, or an index range in its order, both with an optional
 * predicate. Immutable; start with {@link #all} or {@link #index}.
 *
 * @param index the index to read by, null for a table scan
 * @param lower values of the leading index columns where the range starts, null or empty for the start
 * @param upper the same for its end
 * @param reverse from the end to the start (needs an index)
 * @param predicate rows for which it is false are left out; null for none. May be called again with newer versions (READ COMMITTED)
 * @param lock how the rows are locked; null for not at all. Only for {@link Table#scan}: others refuse it
 * @param limit at most so many rows (those skipped by SKIP LOCKED don't count), negative for all. Only for {@link Table#scan}: others refuse it
 */
public record Scan(
        String index,
        List<Object> lower,
        boolean lowerInclusive,
        List<Object> upper,
        boolean upperInclusive,
        boolean reverse,
        Predicate<Row> predicate,
        RowLock lock,
        long limit) {
    /** Every row, in no particular order. */
    public static Scan all() {
        return new Scan(null, null, true, null, true, false, null, null, -1);
    }

    /** The whole index, ascending. Primary keys are called {@code <table>_pkey}. */
    public static Scan index(String name) {
        return new Scan(
                UsageException.required(name, "the index's name"), null, true, null, true, false, null, null, -1);
    }

    /** Starts at these values of the leading columns, inclusive. */
    public Scan from(Object... values) {
        return new Scan(index, bound(values), true, upper, upperInclusive, reverse, predicate, lock, limit);
    }

    /** Starts behind these values of the leading columns. */
    public Scan after(Object... values) {
        return new Scan(index, bound(values), false, upper, upperInclusive, reverse, predicate, lock, limit);
    }

    /** Ends at these values of the leading columns, inclusive. */
    public Scan to(Object... values) {
        return new Scan(index, lower, lowerInclusive, bound(values), true, reverse, predicate, lock, limit);
    }

    /** Ends before these values of the leading columns. */
    public Scan before(Object... values) {
        return new Scan(index, lower, lowerInclusive, bound(values), false, reverse, predicate, lock, limit);
    }

    /** Rows whose leading index columns equal these values. */
    public Scan equalTo(Object... values) {
        return new Scan(index, bound(values), true, bound(values), true, reverse, predicate, lock, limit);
    }

    /** The other way round; needs an index. */
    public Scan reversed() {
        return new Scan(index, lower, lowerInclusive, upper, upperInclusive, !reverse, predicate, lock, limit);
    }

    public Scan where(Predicate<Row> condition) {
        UsageException.required(condition, "the condition");
        return new Scan(
                index,
                lower,
                lowerInclusive,
                upper,
                upperInclusive,
                reverse,
                predicate == null ? condition : predicate.and(condition),
                lock,
                limit);
    }

    /** Locks each row before it is returned, in the order of the scan. At READ COMMITTED the newest version is locked and returned. */
    public Scan lock(RowLockMode mode, WaitPolicy wait) {
        return new Scan(
                index,
                lower,
                lowerInclusive,
                upper,
                upperInclusive,
                reverse,
                predicate,
                new RowLock(mode, wait, false),
                limit);
    }

    /** Prepares for {@link RowStream#lock}: rows are returned unlocked. */
    public Scan lockOnDemand(RowLockMode mode, WaitPolicy wait) {
        return new Scan(
                index,
                lower,
                lowerInclusive,
                upper,
                upperInclusive,
                reverse,
                predicate,
                new RowLock(mode, wait, true),
                limit);
    }

    /** At most so many rows; no more than these are locked. */
    public Scan limit(long rows) {
        return new Scan(index, lower, lowerInclusive, upper, upperInclusive, reverse, predicate, lock, rows);
    }

    private static List<Object> bound(Object[] values) {
        for (Object value : UsageException.required(values, "the values of a bound")) {
            UsageException.required(value, "a value of a bound");
        }
        return List.of(values);
    }
}
