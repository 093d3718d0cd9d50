package dev.palimpsest.table;

import java.util.Arrays;

/** A set of hashes, none of them 0, kept sparse. Not thread-safe. */
final class KeySet {
    private long[] hashes = new long[16];
    private int size;

    /** @return false if it was there */
    boolean add(long hash) {
        int at = slot(hash);
        if (hashes[at] == hash) {
            return false;
        }
        hashes[at] = hash;
        if (++size > hashes.length / 2) {
            grow();
        }
        return true;
    }

    void clear() {
        if (size > 0) {
            Arrays.fill(hashes, 0);
            size = 0;
        }
    }

    private int slot(long hash) {
        int mask = hashes.length - 1;
        int at = (int) (hash >>> 1) & mask;
        while (hashes[at] != 0 && hashes[at] != hash) {
            at = at + 1 & mask;
        }
        return at;
    }

    private void grow() {
        long[] old = hashes;
        hashes = new long[2 * old.length];
        for (long hash : old) {
            if (hash != 0) {
                hashes[slot(hash)] = hash;
            }
        }
    }
}
