package dev.palimpsest.table;

import dev.palimpsest.btree.KeyEncoder;
import dev.palimpsest.catalog.IndexInfo;
import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.tuple.TupleFormer;
import java.util.Arrays;

/** Buffers of one session for one table: forming tuples and index keys. Not thread-safe. */
final class TableScratch {
    private final TableInfo table;
    private final KeyEncoder[] encoders;
    private TupleFormer former;

    /** Where an update changes a copy of the version in place. */
    byte[] patch = new byte[256];

    /** Encodes the primary key of rows found, next to the one looked for; made when first needed. */
    private KeyEncoder keyCheck;

    /** The same for any index; elements null until needed. */
    private KeyEncoder[] keyChecks;

    TableScratch(TableInfo table) {
        this.table = table;
        encoders = new KeyEncoder[table.indexes().size()];
        for (int i = 0; i < encoders.length; i++) {
            encoders[i] =
                    new KeyEncoder(IndexInfo.keyColumns(table.indexes().get(i).schema(), table.schema()));
        }
    }

    TableInfo table() {
        return table;
    }

    TupleFormer former() {
        if (former == null) {
            former = new TupleFormer(table.descriptor());
        }
        return former;
    }

    KeyEncoder encoder(int index) {
        return encoders[index];
    }

    KeyEncoder encoder(IndexInfo index) {
        return encoders[table.indexes().indexOf(index)];
    }

    /** Does a row have this primary key? */
    boolean hasPrimaryKey(byte[] tuple, KeyEncoder key) {
        if (keyCheck == null) {
            keyCheck = new KeyEncoder(IndexInfo.keyColumns(table.primaryKey().schema(), table.schema()));
        }
        Keys.ofTuple(keyCheck, table, table.primaryKey(), tuple, 0);
        return Arrays.equals(key.bytes(), 0, key.length(), keyCheck.bytes(), 0, keyCheck.length());
    }

    /** Does a row have this key in the index at this position? */
    boolean hasKey(int index, byte[] tuple, KeyEncoder key) {
        keyChecks = keyChecks != null ? keyChecks : new KeyEncoder[encoders.length];
        IndexInfo info = table.indexes().get(index);
        if (keyChecks[index] == null) {
            keyChecks[index] = new KeyEncoder(IndexInfo.keyColumns(info.schema(), table.schema()));
        }
        KeyEncoder other = Keys.ofTuple(keyChecks[index], table, info, tuple, 0);
        return Arrays.equals(key.bytes(), 0, key.length(), other.bytes(), 0, other.length());
    }

    byte[] patchOf(byte[] tuple) {
        if (patch.length < tuple.length) {
            patch = new byte[tuple.length];
        }
        System.arraycopy(tuple, 0, patch, 0, tuple.length);
        return patch;
    }
}
