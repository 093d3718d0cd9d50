package dev.palimpsest.lock;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;

/**
 * One owner's weak relation locks, outside the table. An entry is {@code relation << 3 | modes}, 0 if empty.
 *
 * <p>Only the owner's thread adds entries and modes; it and a strong locker under LOCK_TABLE remove them, both by CAS except at the end
 * of the transaction. Why nothing is lost between the two: README.md, "The fast path".
 *
 * <p>Source of the idea: PostgreSQL, {@code lock.c}, fast-path locking; there a latch of each backend does what the CAS does here.
 */
final class FastLocks {
    static final int ENTRIES = 16;
    private static final int MODE_BITS = 3;
    private static final VarHandle ENTRY = MethodHandles.arrayElementVarHandle(long[].class);

    private final long[] entries = new long[ENTRIES];

    /** Owner's thread only: entries from here on were not used in this transaction. */
    private int used;

    /** What {@link #add} found out. */
    enum Added {
        /** It was held already. */
        HELD,
        /** Entered just now: the caller looks for strong lockers next. */
        ENTERED,
        /** No room, or a strong locker is moving this relation's entry: use the table. */
        REFUSED
    }

    /** Owner's thread; a full fence lies between the entry and the return of ENTERED. */
    Added add(int relation, int bit) {
        int free = -1;
        for (int i = 0; i < used; i++) {
            long entry = (long) ENTRY.getOpaque(entries, i);
            if (entry == 0) {
                free = i;
            } else if (relation(entry) == relation) {
                return (entry & bit) != 0
                        ? Added.HELD
                        : ENTRY.compareAndSet(entries, i, entry, entry | bit) ? Added.ENTERED : Added.REFUSED;
            }
        }
        if (free < 0) {
            if (used == ENTRIES) {
                return Added.REFUSED;
            }
            free = used++;
        }
        ENTRY.setOpaque(entries, free, (relation & 0xFFFF_FFFFL) << MODE_BITS | bit);
        VarHandle.fullFence();
        return Added.ENTERED;
    }

    /** Owner's thread: is the mode in here? A strong locker may be moving it to the table. */
    boolean holds(int relation, int bit) {
        for (int i = 0; i < used; i++) {
            long entry = (long) ENTRY.getVolatile(entries, i);
            if (entry != 0 && relation(entry) == relation) {
                return (entry & bit) != 0;
            }
        }
        return false;
    }

    /** Owner's thread: takes one mode back unless a strong locker has removed it. */
    void retract(int relation, int bit) {
        for (int i = 0; i < used; i++) {
            long entry = (long) ENTRY.getVolatile(entries, i);
            if (entry != 0 && relation(entry) == relation) {
                long left = entry & ~bit;
                ENTRY.compareAndSet(entries, i, entry, modes(left) == 0 ? 0L : left);
                return; // by us or, all of it, by the strong locker
            }
        }
    }

    /** Owner's thread, at the end: forgets all. The caller then fences and looks whether any was moved to the table. */
    boolean clear() {
        boolean any = used != 0;
        for (int i = 0; i < used; i++) {
            ENTRY.setOpaque(entries, i, 0L);
        }
        used = 0;
        return any;
    }

    /** Any thread: the modes held on a relation, a moment ago. */
    int peek(int index) {
        return modes((long) ENTRY.getVolatile(entries, index));
    }

    /** Any thread: the relation of an entry, meaningful if {@link #peek} isn't 0. */
    int relationAt(int index) {
        return relation((long) ENTRY.getVolatile(entries, index));
    }

    /** Strong locker, holds LOCK_TABLE: removes the entry if it is for the relation. @return its modes, 0 if there is none */
    int take(int index, int relation) {
        for (; ; ) {
            long entry = (long) ENTRY.getVolatile(entries, index);
            if (entry == 0 || relation(entry) != relation) {
                return 0;
            }
            if (ENTRY.compareAndSet(entries, index, entry, 0L)) {
                return modes(entry);
            }
        }
    }

    private static int relation(long entry) {
        return (int) (entry >>> MODE_BITS);
    }

    private static int modes(long entry) {
        return (int) entry & (1 << MODE_BITS) - 1;
    }
}
