package dev.palimpsest.vacuum;

import dev.palimpsest.btree.BtreeBatch;
import dev.palimpsest.btree.KeyEncoder;
import dev.palimpsest.catalog.IndexInfo;
import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.table.IndexKeys;
import java.util.List;

/**
 * Dead roots that are to be freed together: their places, and for each index the entries that have to go before. Not thread-safe; reusable.
 */
final class DeadRoots {
    private final TableInfo table;
    private final KeyEncoder[] encoders;
    private final BtreeBatch[] entries;

    /** All of them. */
    private final TidList tids = new TidList();

    /** Those of them whose keys aren't known. */
    private final TidList keyless = new TidList();

    DeadRoots(TableInfo table) {
        this.table = table;
        List<IndexInfo> indexes = table.indexes();
        encoders = new KeyEncoder[indexes.size()];
        entries = new BtreeBatch[indexes.size()];
        for (int i = 0; i < encoders.length; i++) {
            encoders[i] = new KeyEncoder(IndexInfo.keyColumns(indexes.get(i).schema(), table.schema()));
            entries[i] = new BtreeBatch();
        }
    }

    /** @param body one version of the row, whose columns give the keys; null if there is none any more */
    void add(long tid, byte[] body) {
        tids.add(tid);
        if (body == null) {
            keyless.add(tid);
            return;
        }
        for (int i = 0; i < encoders.length; i++) {
            IndexKeys.ofTuple(encoders[i], table, table.indexes().get(i), body);
            entries[i].add(encoders[i].bytes(), encoders[i].length(), tid);
        }
    }

    int size() {
        return tids.size();
    }

    boolean isEmpty() {
        return tids.size() == 0;
    }

    long bytes() {
        long bytes = 8L * (tids.size() + keyless.size());
        for (BtreeBatch batch : entries) {
            bytes += batch.lengthBytes() + 8L * batch.size();
        }
        return bytes;
    }

    /** In order of place. */
    TidList tids() {
        tids.sort();
        return tids;
    }

    boolean hasKeyless() {
        return keyless.size() > 0;
    }

    /** The entries of the i-th index, sorted. */
    BtreeBatch entries(int index) {
        entries[index].sort();
        return entries[index];
    }

    void clear() {
        tids.clear();
        keyless.clear();
        for (BtreeBatch batch : entries) {
            batch.clear();
        }
    }
}
