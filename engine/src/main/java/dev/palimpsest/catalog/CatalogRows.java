package dev.palimpsest.catalog;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.heap.Heap;
import dev.palimpsest.heap.HeapScan;
import dev.palimpsest.heap.HeapTuple;
import dev.palimpsest.heap.ModifyResult;
import dev.palimpsest.tuple.TupleFormer;
import dev.palimpsest.tuple.TupleReader;
import dev.palimpsest.tx.Snapshot;
import dev.palimpsest.tx.Transaction;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;

/**
 * The rows of one system table, one at a time: {@link #next}, then the columns of that row. Also writes and deletes them. Not
 * thread-safe.
 */
final class CatalogRows {
    private final Catalog catalog;
    private final SystemTable table;
    private final Heap heap;
    private final HeapScan scan;
    private final HeapTuple row = new HeapTuple();

    CatalogRows(Catalog catalog, SystemTable table, Snapshot snapshot) {
        this.catalog = catalog;
        this.table = table;
        heap = catalog.heap(table.fileNumber());
        scan = heap.scan(snapshot);
    }

    boolean next() {
        return scan.next(row);
    }

    long number(int column) {
        return TupleReader.fixedBits(table.descriptor(), row.bytes(), offset(column), column);
    }

    int oid(int column) {
        return (int) number(column);
    }

    boolean flag(int column) {
        return number(column) != 0;
    }

    /** Null for NULL. */
    String text(int column) {
        int offset = TupleReader.attributeOffset(table.descriptor(), row.bytes(), 0, column);
        if (offset < 0) {
            return null;
        }
        if (!TupleReader.isBig(row.bytes(), offset)) {
            return TupleReader.text(row.bytes(), offset);
        }
        int firstBlock = TupleReader.bigFirstBlock(row.bytes(), offset);
        try (InputStream value = heap.bigValues().open(firstBlock, TupleReader.bigLength(row.bytes(), offset))) {
            return new String(value.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new StoppedException(
                    SqlState.IO_ERROR,
                    "could not read a value of " + table.schema().name(),
                    null,
                    null,
                    e);
        }
    }

    /** Ends the current row. */
    void delete(Transaction tx) {
        ModifyResult result = new ModifyResult();
        heap.delete(tx, row.tid(), row.xmin(), result);
        if (result.status() != ModifyResult.Status.DONE) { // nobody else may change the catalog now
            throw new StoppedException(
                    SqlState.INTERNAL_ERROR,
                    "a row of " + table.schema().name() + " was changed under the catalog lock",
                    "status=" + result.status() + " xid=" + result.xid());
        }
        catalog.countSystemRow(table.fileNumber(), false);
    }

    /** @param values of the columns' Java classes, in order */
    static void insert(Catalog catalog, SystemTable table, Transaction tx, Object... values) {
        Heap heap = catalog.heap(table.fileNumber());
        TupleFormer former = new TupleFormer(table.descriptor()).start();
        for (int i = 0; i < values.length; i++) {
            former.set(i, values[i]);
        }
        int length = former.form(heap.bigValues().writer(tx));
        heap.insert(tx, former.bytes(), length);
        catalog.countSystemRow(table.fileNumber(), true);
    }

    private int offset(int column) {
        int offset = TupleReader.attributeOffset(table.descriptor(), row.bytes(), 0, column);
        if (offset < 0) {
            throw new StoppedException(
                    SqlState.DATA_CORRUPTED,
                    "unexpected NULL in the catalog",
                    "table=" + table.schema().name() + " column="
                            + table.schema().columns().get(column).name());
        }
        return offset;
    }
}
