package dev.palimpsest.lock;

import dev.palimpsest.api.DatabaseOptions;
import dev.palimpsest.api.RowLockMode;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.latch.Latch;
import dev.palimpsest.latch.LatchRank;
import dev.palimpsest.scheduler.Scheduler;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicLong;

/**
 * Explicit row locks, in memory: who holds which mode on which line pointer. Never waits and never escalates; who has to wait is told for
 * whom. Locks of owners with one root don't conflict.
 *
 * <p>Principal entry points: {@link #lock} and {@link #conflict} for lockers and writers, {@link #carry} and {@link #drop} for changes of
 * a page, {@link #ended} and {@link #rolledBackTo} for ends and rollbacks. All but the last two are called under the latch of the heap
 * page, shared to lock and exclusive for everything else, so that a page's rows and their locks change together. Thread-safe.
 *
 * <p>Stripes by page, each a hash table of {@link RowLockEntry}. README.md has the rules.
 */
public final class RowLocks implements RowLockHook {
    private static final int STRIPE_BITS = 6;
    private static final int STRIPES = 1 << STRIPE_BITS;

    private static final int BUCKET_BITS = 8;

    /** Counters of different relations don't share a cache line. */
    private static final int STRIDE_BITS = 4;

    private final Stripe[] stripes = new Stripe[STRIPES];

    /** How many entries there are, by hash of the relation: 0 tells a writer that nobody locks anything. */
    private final AtomicIntegerArray entries = new AtomicIntegerArray(1 << BUCKET_BITS + STRIDE_BITS);

    private final AtomicLong usedBytes = new AtomicLong();

    /** Set when the engine opens. */
    private volatile long limitBytes = DatabaseOptions.DEFAULT.rowLockMemoryBytes();

    public RowLocks(Scheduler scheduler) {
        for (int i = 0; i < STRIPES; i++) {
            stripes[i] = new Stripe(scheduler);
        }
    }

    /** From here on a lock fails with 53200. */
    public void limitBytes(long bytes) {
        limitBytes = bytes;
    }

    /** Memory taken by row locks now, about. Any thread. */
    public long usedBytes() {
        return usedBytes.get();
    }

    /** For {@link #isAnyLocked}: where a relation is counted. */
    public static int counterOf(int relation) {
        return (relation * 0x9E3779B9 >>> 32 - BUCKET_BITS) << STRIDE_BITS;
    }

    /**
     * False if no row of the page whose latch the caller holds is locked: one read. A locker counts before it lets go of its page's
     * latch, so whoever latches the page exclusively afterwards sees it.
     *
     * @param counter {@link #counterOf} the relation
     */
    public boolean isAnyLocked(int counter) {
        return entries.getPlain(counter) != 0;
    }

    /**
     * Locks a row, unless others' locks conflict. A lock of this mode or a stronger one that the owner holds is enough, whoever else holds
     * what.
     *
     * @param sub the owner's current subtransaction
     * @return false if {@code out} says who stands in the way
     * @throws StoppedException 53200
     */
    public boolean lock(
            LockOwner owner, int sub, int relation, int block, int line, RowLockMode mode, RowLockConflict out) {
        Stripe stripe = stripeOf(relation, block);
        stripe.latch.acquireExclusive();
        try {
            if (search(stripe, owner, relation, block, line, mode, out)) {
                return true;
            }
            if (out.holder() != null) {
                return false;
            }
            RowLockEntry entry = entryFor(stripe, owner, sub, mode, relation, block);
            if (entry != null) {
                reserve(entry.growth(line));
                entry.set(line);
                return true;
            }
            entry = new RowLockEntry(owner, sub, mode, relation, block);
            reserve(RowLockEntry.BYTES + entry.growth(line));
            entry.set(line);
            add(stripe, entry);
            owner.rowLocks.take(entry);
            return true;
        } finally {
            stripe.latch.releaseExclusive();
        }
    }

    /**
     * Looks whether others' locks conflict with a change of a row.
     *
     * @return true if {@code out} says who stands in the way
     */
    public boolean conflict(LockOwner owner, int relation, int block, int line, RowLockMode mode, RowLockConflict out) {
        Stripe stripe = stripeOf(relation, block);
        stripe.latch.acquireExclusive();
        try {
            return !search(stripe, owner, relation, block, line, mode, out) && out.holder() != null;
        } finally {
            stripe.latch.releaseExclusive();
        }
    }

    /**
     * The row's next version gets the locks that others than its updater hold on this one. Before the page is changed.
     *
     * @throws StoppedException 53200; then nothing was carried
     */
    public void carry(LockOwner updater, int relation, int fromBlock, int fromLine, int toBlock, int toLine) {
        int from = stripeNumber(relation, fromBlock);
        int to = stripeNumber(relation, toBlock);
        stripes[Math.min(from, to)].latch.acquireExclusive();
        try {
            if (from == to) {
                carryLatched(stripes[from], stripes[to], updater, relation, fromBlock, fromLine, toBlock, toLine);
                return;
            }
            stripes[Math.max(from, to)].latch.acquireExclusive();
            try {
                carryLatched(stripes[from], stripes[to], updater, relation, fromBlock, fromLine, toBlock, toLine);
            } finally {
                stripes[Math.max(from, to)].latch.releaseExclusive();
            }
        } finally {
            stripes[Math.min(from, to)].latch.releaseExclusive();
        }
    }

    private void carryLatched(
            Stripe from,
            Stripe to,
            LockOwner updater,
            int relation,
            int fromBlock,
            int fromLine,
            int toBlock,
            int toLine) {
        List<RowLockEntry> sources = new ArrayList<>(2); // the stripe may change its shape when one is added
        for (RowLockEntry e = from.first(relation, fromBlock); e != null; e = e.nextInBucket) {
            if (e.isOn(relation, fromBlock) && e.has(fromLine) && e.owner != updater) {
                sources.add(e);
            }
        }
        boolean whole = false;
        try {
            for (RowLockEntry source : sources) {
                carryOne(to, source, toBlock, toLine);
            }
            whole = true;
        } finally {
            if (!whole) {
                dropLatched(to, relation, toBlock, toLine);
            }
        }
    }

    private void carryOne(Stripe to, RowLockEntry source, int toBlock, int toLine) {
        RowLockEntry entry = entryFor(to, source.owner, source.sub, source.mode, source.relation, toBlock);
        if (entry != null) {
            reserve(entry.growth(toLine));
            entry.set(toLine);
            return;
        }
        entry = new RowLockEntry(source.owner, source.sub, source.mode, source.relation, toBlock);
        reserve(RowLockEntry.BYTES + entry.growth(toLine));
        entry.set(toLine);
        if (source.owner.rowLocks.carry(entry)) {
            add(to, entry);
        } else {
            usedBytes.addAndGet(-entry.bytes()); // its owner is ending: its fate is known to all
        }
    }

    /** A line pointer is freed: nobody can reach the version that it had, so the locks on that mean nothing any more. */
    public void drop(int relation, int block, int line) {
        Stripe stripe = stripeOf(relation, block);
        stripe.latch.acquireExclusive();
        try {
            dropLatched(stripe, relation, block, line);
        } finally {
            stripe.latch.releaseExclusive();
        }
    }

    private static void dropLatched(Stripe stripe, int relation, int block, int line) {
        for (RowLockEntry e = stripe.first(relation, block); e != null; e = e.nextInBucket) {
            if (e.isOn(relation, block)) {
                e.clear(line);
            }
        }
    }

    /** The strongest mode that an owner holds on a row, or null. */
    public RowLockMode heldBy(LockOwner owner, int relation, int block, int line) {
        Stripe stripe = stripeOf(relation, block);
        RowLockMode strongest = null;
        stripe.latch.acquireExclusive();
        try {
            for (RowLockEntry e = stripe.first(relation, block); e != null; e = e.nextInBucket) {
                if (e.owner == owner
                        && e.isOn(relation, block)
                        && e.has(line)
                        && (strongest == null || e.mode.compareTo(strongest) > 0)) {
                    strongest = e.mode;
                }
            }
        } finally {
            stripe.latch.releaseExclusive();
        }
        return strongest;
    }

    @Override
    public void ended(LockOwner owner) {
        if (owner.rowLocks.isEmpty()) {
            return;
        }
        RowLockEntry carried = owner.rowLocks.close();
        removeTaken(owner, Integer.MIN_VALUE);
        for (RowLockEntry e = carried; e != null; e = e.olderOfOwner) {
            remove(e);
        }
        owner.rowLocks.reopen();
    }

    @Override
    public void rolledBackTo(LockOwner owner, int fromSub) {
        if (owner.rowLocks.isEmpty()) {
            return;
        }
        removeTaken(owner, fromSub);
        // an update may have carried one on while we were at it, and that one in turn: until a look finds none of these
        for (boolean found = true; found; ) {
            found = false;
            for (RowLockEntry e = owner.rowLocks.removeCarried(); e != null; ) {
                RowLockEntry next = e.olderOfOwner;
                if (e.sub >= fromSub) {
                    remove(e);
                    found = true;
                } else {
                    owner.rowLocks.carry(e);
                }
                e = next;
            }
        }
    }

    private void removeTaken(LockOwner owner, int fromSub) {
        for (RowLockEntry e = owner.rowLocks.removeTaken(fromSub); e != null; e = owner.rowLocks.removeTaken(fromSub)) {
            remove(e);
        }
    }

    private void remove(RowLockEntry entry) {
        Stripe stripe = stripeOf(entry.relation, entry.block);
        stripe.latch.acquireExclusive();
        try {
            stripe.remove(entry);
        } finally {
            stripe.latch.releaseExclusive();
        }
        entries.decrementAndGet(counterOf(entry.relation));
        usedBytes.addAndGet(-entry.bytes());
    }

    /** Caller holds the stripe. @return true if the owner holds the mode or a stronger one already */
    private static boolean search(
            Stripe stripe, LockOwner owner, int relation, int block, int line, RowLockMode mode, RowLockConflict out) {
        out.begin();
        for (RowLockEntry e = stripe.first(relation, block); e != null; e = e.nextInBucket) {
            if (!e.isOn(relation, block) || !e.has(line)) {
                continue;
            }
            if (e.owner == owner) {
                if (e.mode.compareTo(mode) >= 0) {
                    out.clear();
                    return true;
                }
                out.noteOwn();
            } else if (e.mode.conflictsWith(mode) && owner.root() != e.owner.root()) {
                out.add(e);
            }
        }
        return false;
    }

    private static RowLockEntry entryFor(
            Stripe stripe, LockOwner owner, int sub, RowLockMode mode, int relation, int block) {
        for (RowLockEntry e = stripe.first(relation, block); e != null; e = e.nextInBucket) {
            if (e.owner == owner && e.sub == sub && e.mode == mode && e.isOn(relation, block)) {
                return e;
            }
        }
        return null;
    }

    private void add(Stripe stripe, RowLockEntry entry) {
        entries.incrementAndGet(counterOf(entry.relation));
        stripe.add(entry);
    }

    private void reserve(int bytes) {
        if (bytes != 0 && usedBytes.addAndGet(bytes) > limitBytes) {
            usedBytes.addAndGet(-bytes);
            throw new StoppedException(
                    SqlState.OUT_OF_MEMORY,
                    "out of shared memory",
                    "row locks take " + usedBytes.get() + " bytes, rowLockMemoryBytes=" + limitBytes,
                    "You might need to increase rowLockMemoryBytes.",
                    null);
        }
    }

    private Stripe stripeOf(int relation, int block) {
        return stripes[stripeNumber(relation, block)];
    }

    private static int stripeNumber(int relation, int block) {
        return hash(relation, block) >>> 32 - STRIPE_BITS;
    }

    private static int hash(int relation, int block) {
        int mixed = (relation * 31 + block) * 0x9E3779B9;
        return mixed ^ mixed >>> 15;
    }

    /** A hash table of entries; everything but the latch is guarded by it. */
    private static final class Stripe {
        private static final int MIN_BUCKETS = 8;

        final Latch latch;
        private RowLockEntry[] buckets = new RowLockEntry[MIN_BUCKETS];
        private int count;

        Stripe(Scheduler scheduler) {
            latch = new Latch(LatchRank.ROW_LOCKS, scheduler);
        }

        /** The first of the entries among which a page's are. */
        RowLockEntry first(int relation, int block) {
            return buckets[hash(relation, block) & buckets.length - 1];
        }

        void add(RowLockEntry entry) {
            if (count == buckets.length) {
                resize(2 * count);
            }
            count++;
            put(entry);
        }

        void remove(RowLockEntry entry) {
            int bucket = hash(entry.relation, entry.block) & buckets.length - 1;
            RowLockEntry e = buckets[bucket];
            if (e == entry) {
                buckets[bucket] = e.nextInBucket;
            } else {
                while (e.nextInBucket != entry) {
                    e = e.nextInBucket;
                }
                e.nextInBucket = entry.nextInBucket;
            }
            if (--count == 0 && buckets.length > MIN_BUCKETS) {
                buckets = new RowLockEntry[MIN_BUCKETS];
            }
        }

        private void put(RowLockEntry entry) {
            int bucket = hash(entry.relation, entry.block) & buckets.length - 1;
            entry.nextInBucket = buckets[bucket];
            buckets[bucket] = entry;
        }

        private void resize(int size) {
            RowLockEntry[] old = buckets;
            buckets = new RowLockEntry[size];
            for (RowLockEntry head : old) {
                for (RowLockEntry e = head; e != null; ) {
                    RowLockEntry next = e.nextInBucket;
                    put(e);
                    e = next;
                }
            }
        }
    }
}
