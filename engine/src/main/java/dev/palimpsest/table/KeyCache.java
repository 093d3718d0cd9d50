package dev.palimpsest.table;

import dev.palimpsest.id.Tid;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;

/**
 * Where the rows of recently read primary keys are: from a key's hash to the root line pointer that its index entry names, so that a point
 * read can leave out the index, which costs most of its cache misses. Direct-mapped, of fixed size, in memory only, shared by all tables.
 *
 * <p>Nothing invalidates it, and nothing has to: the reader fetches what its snapshot sees at that root and compares the row's key with
 * the one it looks for. If they are equal it is the row, since no two rows with one primary key are visible to one snapshot; in every
 * other case (a row that moved, a key that changed, a place that was used again, two threads writing one entry at once) it asks the index.
 *
 * <p>Thread-safe: racy on purpose, elements are opaque. Source of the idea: InnoDB's adaptive hash index.
 */
final class KeyCache {
    private static final VarHandle ELEMENT = MethodHandles.arrayElementVarHandle(long[].class);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    /** An entry's two words: hash, and tid + 1. */
    private static final int PAIR = 2;

    private static final int ENTRIES_PER_FRAME = 32;
    private static final int MIN_ENTRIES = 1 << 10;
    private static final int MAX_ENTRIES = 1 << 20;

    private final int entries;

    /** Pairs of hash and tid + 1; made by the first {@link #put}. */
    private volatile long[] pairs;

    /** @param frames of the buffer pool: the cache takes a sixteenth of its memory, 16 MiB at most */
    KeyCache(int frames) {
        long wanted = Math.max(MIN_ENTRIES, Math.min(MAX_ENTRIES, (long) frames * ENTRIES_PER_FRAME));
        entries = Integer.highestOneBit((int) wanted);
    }

    /** Of a key within a table; never 0. */
    static long hash(int fileNumber, byte[] key, int length) {
        long h = fileNumber * 0x9E37_79B9_7F4A_7C15L + length;
        int at = 0;
        for (; at + Long.BYTES <= length; at += Long.BYTES) {
            h = mix(h ^ (long) LONG.get(key, at));
        }
        for (; at < length; at++) {
            h = mix(h ^ key[at]);
        }
        return h | 1;
    }

    /** Stafford's variant 13 of MurmurHash3's finaliser. */
    private static long mix(long z) {
        z = (z ^ z >>> 30) * 0xBF58_476D_1CE4_E5B9L;
        z = (z ^ z >>> 27) * 0x94D0_49BB_1331_11EBL;
        return z ^ z >>> 31;
    }

    /** Where the key may be, or {@link Tid#NONE}. */
    long get(long hash) {
        long[] known = pairs;
        if (known == null) {
            return Tid.NONE;
        }
        int at = index(hash);
        if ((long) ELEMENT.getOpaque(known, at) != hash) {
            at ^= PAIR;
            if ((long) ELEMENT.getOpaque(known, at) != hash) {
                return Tid.NONE;
            }
        }
        return (long) ELEMENT.getOpaque(known, at + 1) - 1;
    }

    void put(long hash, long tid) {
        long[] known = pairs;
        if (known == null) {
            known = new long[PAIR * entries];
            pairs = known; // two first ones: one array is lost, and what little was in it
        }
        int at = index(hash);
        long first = (long) ELEMENT.getOpaque(known, at);
        if (first != 0 && first != hash) {
            long second = (long) ELEMENT.getOpaque(known, at ^ PAIR);
            if (second == 0 || second == hash || hash < 0) { // both taken: either goes
                at ^= PAIR;
            }
        }
        ELEMENT.setOpaque(known, at, hash);
        ELEMENT.setOpaque(known, at + 1, tid + 1);
    }

    private int index(long hash) {
        return PAIR * (int) (hash >>> 1 & entries - 1);
    }
}
