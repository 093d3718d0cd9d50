package dev.palimpsest.inspect;

import dev.palimpsest.btree.BtreeVerifier;
import dev.palimpsest.btree.KeyEncoder;
import dev.palimpsest.catalog.IndexInfo;
import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.id.Tid;
import dev.palimpsest.table.IndexKeys;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * One index against its table: the entries are read first, as pairs of tid and a 64-bit hash of the key (16 bytes an entry), sorted by tid, then
 * merged with the table's roots as they come by. One use.
 */
final class IndexCheck {
    private final TableInfo table;
    private final IndexInfo index;
    private final KeyEncoder encoder;
    private long[] tids = new long[1024];
    private long[] hashes = new long[1024];
    private int size;
    private int next;

    IndexCheck(TableInfo table, IndexInfo index) {
        this.table = table;
        this.index = index;
        this.encoder = new KeyEncoder(IndexInfo.keyColumns(index.schema(), table.schema()));
    }

    /** @return the tree's own problems */
    List<String> readEntries() {
        List<String> problems = BtreeVerifier.verify(index.btree(), (key, length, tid) -> {
            if (size == tids.length) {
                tids = Arrays.copyOf(tids, 2 * size);
                hashes = Arrays.copyOf(hashes, 2 * size);
            }
            tids[size] = tid;
            hashes[size++] = hash(key, length);
        });
        int[] order = IntStream.range(0, size)
                .boxed()
                .sorted((a, b) -> Long.compare(tids[a], tids[b]))
                .mapToInt(Integer::intValue)
                .toArray();
        tids = Arrays.stream(order).mapToLong(i -> tids[i]).toArray();
        hashes = Arrays.stream(order).mapToLong(i -> hashes[i]).toArray();
        return problems;
    }

    /**
     * The next root of the table, in order of place.
     *
     * @param live its visible version, or null
     */
    void root(long tid, byte[] live, TableCheck.Reporter reporter) {
        skipTo(tid, reporter);
        int entries = 0;
        long hash = 0;
        for (; next < size && tids[next] == tid; next++) {
            entries++;
            hash = hashes[next];
        }
        if (entries > 1) {
            reporter.problem(tid, entries + " entries in index \"" + index.name() + "\"");
        } else if (live != null && entries == 0) {
            reporter.problem(tid, "a live row without entry in index \"" + index.name() + "\"");
        } else if (live != null) {
            IndexKeys.ofTuple(encoder, table, index, live);
            if (hash(encoder.bytes(), encoder.length()) != hash) {
                reporter.problem(tid, "its entry in index \"" + index.name() + "\" has another key");
            }
        }
    }

    void finish(TableCheck.Reporter reporter) {
        skipTo(Long.MAX_VALUE, reporter);
    }

    private void skipTo(long tid, TableCheck.Reporter reporter) {
        for (; next < size && tids[next] < tid; next++) {
            reporter.problem(tids[next], "index \"" + index.name() + "\" has an entry for it, but it is no root");
        }
        assert tid != Tid.NONE;
    }

    private static long hash(byte[] key, int length) {
        long hash = 0xcbf29ce484222325L; // FNV-1a
        for (int i = 0; i < length; i++) {
            hash = (hash ^ key[i] & 0xFF) * 0x100000001b3L;
        }
        return hash;
    }
}
