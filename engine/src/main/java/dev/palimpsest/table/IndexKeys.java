package dev.palimpsest.table;

import dev.palimpsest.btree.KeyEncoder;
import dev.palimpsest.catalog.IndexInfo;
import dev.palimpsest.catalog.TableInfo;

/** What checks need of the way from rows to index keys. Stateless. */
public final class IndexKeys {
    private IndexKeys() {}

    /** Encodes the key that an index has for a tuple. */
    public static void ofTuple(KeyEncoder encoder, TableInfo table, IndexInfo index, byte[] tuple) {
        Keys.ofTuple(encoder, table, index, tuple, 0);
    }
}
