package dev.palimpsest.table;

import dev.palimpsest.api.Row;
import dev.palimpsest.api.Scan;
import dev.palimpsest.btree.KeyEncoder;
import dev.palimpsest.catalog.IndexInfo;
import dev.palimpsest.catalog.TableInfo;
import java.util.Arrays;
import java.util.function.Predicate;

/**
 * Which rows a statement is about: bounds on an index's leading columns, and a predicate. Kept whole, so that a READ COMMITTED writer can
 * ask again about a newer version.
 *
 * @param index null for no bounds
 * @param lower encoded leading columns, null for no bound
 * @param predicate null for none
 */
record Qualification(
        IndexInfo index,
        byte[] lower,
        boolean lowerInclusive,
        byte[] upper,
        boolean upperInclusive,
        boolean reverse,
        Predicate<Row> predicate) {
    /** The row with one key. */
    static Qualification key(IndexInfo index, byte[] key) {
        return new Qualification(index, key, true, key, true, false, null);
    }

    static Qualification of(TableInfo table, TableScratch scratch, Scan scan) {
        if (scan.index() == null) {
            ScanChecks.checkNoBounds(scan);
            return new Qualification(null, null, true, null, true, false, scan.predicate());
        }
        IndexInfo index = ScanChecks.index(table, scan);
        KeyEncoder encoder = scratch.encoder(index);
        byte[] lower = ScanChecks.bound(encoder, table, index, scan.lower());
        byte[] upper = ScanChecks.bound(encoder, table, index, scan.upper());
        return new Qualification(
                index, lower, scan.lowerInclusive(), upper, scan.upperInclusive(), scan.reverse(), scan.predicate());
    }

    /** Does a key lie within the bounds? A bound may have fewer columns than a key: all keys that start with it are equal to it. */
    boolean includes(byte[] key, int length) {
        if (lower != null) {
            int order = compare(key, length, lower);
            if (lowerInclusive ? order < 0 : order <= 0) {
                return false;
            }
        }
        if (upper != null) {
            int order = compare(key, length, upper);
            return upperInclusive ? order <= 0 : order < 0;
        }
        return true;
    }

    private static int compare(byte[] key, int length, byte[] bound) {
        return Arrays.compareUnsigned(key, 0, Math.min(length, bound.length), bound, 0, bound.length);
    }

    /** Asks again about a newer version: bounds and predicate. */
    boolean holds(TableInfo table, TableScratch scratch, TupleRow row) {
        if (index != null) {
            KeyEncoder key = Keys.ofTuple(scratch.encoder(index), table, index, row.tuple(), 0);
            if (!includes(key.bytes(), key.length())) {
                return false;
            }
        }
        return predicate == null || predicate.test(row);
    }
}
