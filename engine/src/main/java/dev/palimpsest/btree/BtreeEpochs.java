package dev.palimpsest.btree;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Tells when a page that left the tree may be used again: once every operation has ended that may still hold its block number.
 *
 * <p>An operation announces the epoch that it begins in, and takes that back at its end; a deletion {@link #advance}s the epoch after the
 * page's last link is gone. Operations announced in that epoch or later can't have found a link to the page.
 *
 * <p>Why nothing slips through: an operation that announces itself reads the epoch again afterwards; a deletion advances the epoch and
 * {@link #isOver} looks at the announcements afterwards; all four are volatile, so they have one order. If the look comes after the
 * announcement it sees it. Otherwise the second reading comes after the advance, sees it, and with it the links as the deletion left
 * them. What an operation read comes before its taking back (release), which the look that misses it acquires.
 *
 * <p>Thread-safe. Source of the idea: Fraser, "Practical lock-freedom", 2004; PostgreSQL's nbtree keeps deleted pages by xid instead,
 * so that one old transaction keeps them all.
 */
final class BtreeEpochs {
    private static final int SLOTS = 16;

    /** Longs in a cache line: each announcement has its own. */
    private static final int STRIDE = 8;

    /** The slot of those who found no free one. */
    private static final int CROWDED = 0;

    private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(long[].class);
    private static final VarHandle EPOCH;
    private static final AtomicInteger NEXT_HINT = new AtomicInteger();

    static {
        try {
            EPOCH = MethodHandles.lookup().findVarHandle(BtreeEpochs.class, "epoch", long.class);
        } catch (ReflectiveOperationException e) {
            throw new ExceptionInInitializerError(e);
        }
    }

    /** CAS to announce, release to take back: the epoch of an operation, 0 for none. In {@link #CROWDED} a number of operations. */
    private final long[] slots = new long[(SLOTS + 1) * STRIDE];

    private volatile long epoch = 1;

    /** For one who announces often: where to begin to look for a free slot. */
    static int hint() {
        return NEXT_HINT.getAndIncrement();
    }

    /** @return for {@link #withdraw} */
    int announce(int hint) {
        long now = epoch;
        for (int i = 0; i < SLOTS; i++) {
            int slot = (1 + (hint + i & SLOTS - 1)) * STRIDE;
            if ((long) SLOT.getOpaque(slots, slot) == 0 && SLOT.compareAndSet(slots, slot, 0L, now)) {
                long again = epoch; // not only to be more exact: see the class comment
                if (again != now) {
                    SLOT.setRelease(slots, slot, again);
                }
                return slot;
            }
        }
        SLOT.getAndAdd(slots, CROWDED, 1L);
        return epoch == 0 ? -1 : CROWDED; // it never is, but has to be read here too
    }

    void withdraw(int slot) {
        if (slot == CROWDED) {
            SLOT.getAndAdd(slots, CROWDED, -1L);
        } else {
            SLOT.setRelease(slots, slot, 0L);
        }
    }

    /** After the last link to a page is gone. @return for {@link #isOver} */
    long advance() {
        return (long) EPOCH.getAndAdd(this, 1L) + 1;
    }

    /** True if no operation is in flight that began before the epoch. */
    boolean isOver(long deletedIn) {
        if ((long) SLOT.getVolatile(slots, CROWDED) != 0) {
            return false;
        }
        for (int i = 1; i <= SLOTS; i++) {
            long announced = (long) SLOT.getVolatile(slots, i * STRIDE);
            if (announced != 0 && announced < deletedIn) {
                return false;
            }
        }
        return true;
    }
}
