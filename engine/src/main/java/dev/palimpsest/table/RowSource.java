package dev.palimpsest.table;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.UsageException;
import dev.palimpsest.btree.BtreeScan;
import dev.palimpsest.btree.KeyEncoder;
import dev.palimpsest.catalog.IndexInfo;
import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.heap.HeapScan;
import dev.palimpsest.heap.HeapTuple;
import dev.palimpsest.tx.Snapshot;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;

/**
 * The versions that a snapshot sees within a qualification's bounds (its predicate is the caller's), in the order that it asks for.
 * Holds nothing between calls. Not thread-safe.
 */
interface RowSource {
    /** So much of a table is sorted in memory for a snapshot older than the index that is asked for, and no more. */
    long MAX_SORTED_BYTES = 64L << 20;

    /** What the objects around a row's bytes take, about. */
    int SORTED_ROW_OVERHEAD = 96;

    /** The next version, valid until the next call, or null at the end. */
    HeapTuple next();

    /** By the index, unless the snapshot is older than it: then by scanning and sorting. */
    static RowSource open(TableInfo table, Qualification which, Snapshot snapshot) {
        IndexInfo index = which.index();
        HeapTuple out = new HeapTuple();
        if (index == null) {
            HeapScan scan = table.heap().scan(snapshot);
            return () -> scan.next(out) ? out : null;
        }
        if (!index.handle().isValidFor(snapshot)) {
            Iterator<HeapTuple> rows = sorted(table, which, snapshot).iterator();
            return () -> rows.hasNext() ? rows.next() : null;
        }
        BtreeScan scan = entries(which);
        return () -> {
            while (scan.next()) {
                snapshot.transaction().checkInterrupts();
                if (table.heap().fetch(scan.tid(), snapshot, out)) {
                    return out;
                }
            }
            return null;
        };
    }

    /** The index's entries within the bounds. */
    static BtreeScan entries(Qualification which) {
        return new BtreeScan()
                .open(
                        which.index().btree(),
                        which.lower(),
                        which.lowerInclusive(),
                        which.upper(),
                        which.upperInclusive(),
                        which.reverse());
    }

    /**
     * For a snapshot that the index has no entries for: all rows of the table within the bounds, sorted in memory.
     *
     * @throws UsageException 53400 if they take more than {@link #MAX_SORTED_BYTES}
     */
    private static List<HeapTuple> sorted(TableInfo table, Qualification which, Snapshot snapshot) {
        record Found(byte[] key, HeapTuple tuple) {}
        IndexInfo index = which.index();
        KeyEncoder encoder = new KeyEncoder(IndexInfo.keyColumns(index.schema(), table.schema()));
        List<Found> found = new ArrayList<>();
        HeapScan scan = table.heap().scan(snapshot);
        long bytes = 0;
        for (HeapTuple tuple = new HeapTuple(); scan.next(tuple); ) {
            Keys.ofTuple(encoder, table, index, tuple.bytes(), 0);
            if (which.includes(encoder.bytes(), encoder.length())) {
                bytes += encoder.length() + tuple.bytes().length + SORTED_ROW_OVERHEAD;
                if (bytes > MAX_SORTED_BYTES) {
                    throw tooMuchToSort(table, index);
                }
                found.add(new Found(encoder.toBytes(), tuple));
                tuple = new HeapTuple();
            }
        }
        Comparator<Found> order = (a, b) -> Arrays.compareUnsigned(a.key(), b.key());
        found.sort(which.reverse() ? order.reversed() : order);
        return found.stream().map(Found::tuple).toList();
    }

    private static UsageException tooMuchToSort(TableInfo table, IndexInfo index) {
        return new UsageException(
                SqlState.CONFIGURATION_LIMIT_EXCEEDED,
                "index \"" + index.name()
                        + "\" is newer than the transaction's snapshot, and the rows are too many to sort them instead",
                "table=" + table.name() + " limit bytes=" + MAX_SORTED_BYTES,
                "Begin a newer transaction, ask for a smaller range, or scan without the index.",
                null);
    }
}
