package dev.palimpsest.heap;

import dev.palimpsest.api.RowLockMode;
import dev.palimpsest.buffer.Frame;
import dev.palimpsest.buffer.PageFile;
import dev.palimpsest.events.PagePruned;
import dev.palimpsest.id.Lsn;
import dev.palimpsest.id.Tid;
import dev.palimpsest.id.Xid;
import dev.palimpsest.lock.RowLocks;
import dev.palimpsest.page.PageLayout;
import dev.palimpsest.page.PageType;
import dev.palimpsest.page.SlottedPage;
import dev.palimpsest.scheduler.Fault;
import dev.palimpsest.scheduler.Step;
import dev.palimpsest.tuple.TupleLayout;
import dev.palimpsest.tx.Transaction;
import dev.palimpsest.wal.WalRecordBuilder;
import java.nio.ByteBuffer;
import java.util.concurrent.atomic.LongAdder;

/**
 * Changes heap pages. Every change follows one order: latch, look again, decide; then, with nothing left that could fail, mark dirty, set
 * the frame's newest CSN to infinite, change the bytes, append the WAL record, unlatch. A failure between the first changed byte and the
 * record poisons the engine: the page would say what the log doesn't.
 *
 * <p>At most two pages are latched at once, the lower block first. Thread-safe.
 */
final class HeapWriter {
    private final HeapContext context;

    /** One of the tests' bugs. */
    private final boolean leavesMapStale;

    private final PageFile file;
    private final Visibility visibility;
    private final RoomFinder room;
    private final FreeSpaceMap map;
    private final VisibilityMap visibilityMap;
    private final BigValues bigValues;
    private final Recycler recycler;
    private final RowLocks rowLocks;

    /** Versions removed on write. */
    private final LongAdder pruned;

    /** Where the row locks count this relation's. */
    private final int lockCounter;

    HeapWriter(
            HeapContext context,
            PageFile file,
            Visibility visibility,
            FreeSpaceMap map,
            VisibilityMap visibilityMap,
            BigValues bigValues) {
        this.context = context;
        this.file = file;
        this.visibility = visibility;
        this.map = map;
        this.visibilityMap = visibilityMap;
        this.bigValues = bigValues;
        room = new RoomFinder(file, map);
        recycler = new Recycler(context, visibility, file.fileNumber());
        rowLocks = context.transactions().rowLocks();
        leavesMapStale = context.scheduler().isSeeded(Fault.VISIBILITY_MAP_STALE);
        lockCounter = RowLocks.counterOf(file.fileNumber());
        pruned = context.counters().pruned(file.fileNumber());
    }

    long insert(Transaction tx, byte[] tuple, int length) {
        long[] tid = new long[1];
        insertAll(tx, tuple, new int[] {0, length}, 1, tid);
        return tid[0];
    }

    /** As many tuples to a page as fit, one record a page. */
    void insertAll(Transaction tx, byte[] packed, int[] offsets, int count, long[] tids) {
        long xid = context.transactions().assignXid(tx);
        context.scheduler().step(Step.HEAP_BEFORE_LATCH);
        for (int done = 0; done < count; ) {
            int needed = SlottedPage.bytesNeeded(offsets[done + 1] - offsets[done], true);
            Frame frame = room.latchPage(needed);
            try {
                done += fillPage(frame, tx, xid, packed, offsets, done, count, tids);
            } finally {
                frame.releaseExclusive();
                frame.unpin();
            }
            context.scheduler().step(Step.HEAP_CHANGED);
        }
    }

    private int fillPage(
            Frame frame, Transaction tx, long xid, byte[] packed, int[] offsets, int from, int count, long[] tids) {
        ByteBuffer page = frame.page;
        boolean init = PageLayout.isNew(page);
        leaveMap(frame, init);
        beginChange(frame);
        try {
            initIf(init, page);
            int done = from;
            do {
                int length = offsets[done + 1] - offsets[done];
                int linePointer = HeapPage.freeLine(page);
                long tid = Tid.of(frame.block(), linePointer);
                int offset = SlottedPage.addItem(page, linePointer, length);
                fill(page, offset, packed, offsets[done], length, xid, tx.commandId(), 0, tid);
                tids[done++] = tid;
            } while (done < count
                    && SlottedPage.freeBytes(page)
                            >= RoomFinder.withReserve(
                                    SlottedPage.bytesNeeded(offsets[done + 1] - offsets[done], true)));
            WalRecordBuilder record = HeapLog.begin(HeapLog.INSERT, xid);
            record.block(frame.pageId(), page, init).putShort(done - from);
            for (int i = from; i < done; i++) {
                HeapLog.putTuple(record, page, Tid.linePointer(tids[i]));
            }
            context.wal().append(record);
            return done - from;
        } catch (Throwable e) {
            context.wal().poison(e);
            throw e;
        }
    }

    /** Marks an own new version as a rolled-back transaction's. Unlike a mark that can be set again, this one is logged. */
    void kill(Transaction tx, long tid) {
        Frame frame = file.pin(Tid.block(tid));
        frame.acquireExclusive();
        try {
            int offset = HeapPage.tupleOffset(frame.page, Tid.linePointer(tid));
            long xid = HeapPage.xmin(frame.page, offset);
            assert tx.isOwn(xid) && HeapPage.xmax(frame.page, offset) == Xid.NONE : "not an own new version";
            leaveMap(frame, false);
            beginChange(frame);
            try {
                HeapPage.kill(frame.page, offset);
                HeapLog.logKill(context.wal(), frame, Tid.linePointer(tid), xid);
            } catch (Throwable e) {
                context.wal().poison(e);
                throw e;
            }
        } finally {
            frame.releaseExclusive();
            frame.unpin();
        }
        context.scheduler().step(Step.HEAP_CHANGED);
    }

    void delete(Transaction tx, long tid, long xmin, ModifyResult out) {
        long xid = context.transactions().assignXid(tx);
        context.scheduler().step(Step.HEAP_BEFORE_LATCH);
        Frame frame = file.pinIfPresent(Tid.block(tid));
        if (frame == null) {
            out.setGone();
            return;
        }
        frame.acquireExclusive();
        try {
            int offset = HeapPage.tupleOffset(frame.page, Tid.linePointer(tid));
            if (!mayEnd(frame.page, offset, tid, xmin, tx, RowLockMode.UPDATE, out)) {
                return;
            }
            leaveMap(frame, false);
            beginChange(frame);
            try {
                HeapPage.end(frame.page, offset, xid, tx.commandId(), 0, HeapPage.ctid(frame.page, offset));
                HeapLog.logDelete(context.wal(), frame, Tid.linePointer(tid), xid, tx.commandId());
            } catch (Throwable e) {
                context.wal().poison(e);
                throw e;
            }
            out.done(Tid.NONE, false);
        } finally {
            frame.releaseExclusive();
            frame.unpin();
        }
        context.scheduler().step(Step.HEAP_CHANGED);
    }

    void update(
            Transaction tx,
            long tid,
            long xmin,
            byte[] tuple,
            int length,
            boolean hotAllowed,
            boolean keysUpdated,
            ModifyResult out) {
        long xid = context.transactions().assignXid(tx);
        context.counters().updates.increment();
        while (!updateOnPage(tx, xid, tid, xmin, tuple, length, hotAllowed, keysUpdated, out)
                && !updateToOtherPage(tx, xid, tid, xmin, tuple, length, keysUpdated, out)) {
            context.scheduler().step(Step.HEAP_WAIT_OVER); // both pages changed under us: again
        }
        context.scheduler().step(Step.HEAP_CHANGED);
    }

    /** @return false if there is no room on the version's own page */
    private boolean updateOnPage(
            Transaction tx,
            long xid,
            long tid,
            long xmin,
            byte[] tuple,
            int length,
            boolean hotAllowed,
            boolean keysUpdated,
            ModifyResult out) {
        context.scheduler().step(Step.HEAP_BEFORE_LATCH);
        Frame frame = file.pinIfPresent(Tid.block(tid));
        if (frame == null) {
            out.setGone();
            return true;
        }
        frame.acquireExclusive();
        try {
            ByteBuffer page = frame.page;
            int oldLine = Tid.linePointer(tid);
            if (!mayEnd(page, HeapPage.tupleOffset(page, oldLine), tid, xmin, tx, strength(keysUpdated), out)) {
                return true;
            }
            int needed = SlottedPage.bytesNeeded(length, true);
            Recycler.Place place = SlottedPage.freeBytes(page) < needed ? recycler.find(frame, length) : null;
            if (place == null
                    && SlottedPage.freeBytes(page) < needed
                    && !(prune(frame) && SlottedPage.freeBytes(page) >= needed)) {
                return false;
            }
            int newLine = place == null || place.isRoot() ? HeapPage.freeLine(page) : place.line();
            long newTid = Tid.of(frame.block(), newLine);
            int endFlags = endFlags(hotAllowed, keysUpdated);
            if (rowLocks.isAnyLocked(lockCounter)) {
                if (place != null) {
                    rowLocks.drop(file.fileNumber(), frame.block(), place.line());
                }
                endFlags = carryLocks(tx, tid, newTid, endFlags);
            }
            changeUpdate(frame, frame, false, place, tx, xid, oldLine, newTid, tuple, length, endFlags);
            out.done(newTid, hotAllowed);
            count(frame, oldLine, hotAllowed, place);
            return true;
        } finally {
            frame.releaseExclusive();
            frame.unpin();
        }
    }

    private void count(Frame frame, int oldLine, boolean hot, Recycler.Place place) {
        if (hot) {
            Recycler.remember(frame, oldLine);
            context.counters().hotUpdates.increment();
        }
        if (place != null) {
            pruned.increment();
        }
    }

    /** @return false if the page found had lost its room, or was cut off, by the time both were latched */
    private boolean updateToOtherPage(
            Transaction tx,
            long xid,
            long tid,
            long xmin,
            byte[] tuple,
            int length,
            boolean keysUpdated,
            ModifyResult out) {
        int needed = SlottedPage.bytesNeeded(length, true);
        Frame target = room.latchPage(needed);
        target.releaseExclusive(); // both are latched in block order
        if (target.block() == Tid.block(tid)) {
            target.unpin();
            return false;
        }
        Frame old = null;
        try {
            old = file.pinIfPresent(Tid.block(tid));
            if (old == null) {
                out.setGone();
                return true;
            }
            latchInOrder(old, target);
            try {
                int offset = HeapPage.tupleOffset(old.page, Tid.linePointer(tid));
                if (!mayEnd(old.page, offset, tid, xmin, tx, strength(keysUpdated), out)) {
                    return true;
                }
                if (RoomFinder.freeBytes(target.page) < needed || file.isCut(target)) {
                    return false;
                }
                boolean init = PageLayout.isNew(target.page);
                int newLine = init ? 1 : HeapPage.freeLine(target.page);
                long newTid = Tid.of(target.block(), newLine);
                int endFlags = endFlags(false, keysUpdated);
                if (rowLocks.isAnyLocked(lockCounter)) {
                    endFlags = carryLocks(tx, tid, newTid, endFlags);
                }
                changeUpdate(old, target, init, null, tx, xid, Tid.linePointer(tid), newTid, tuple, length, endFlags);
                out.done(newTid, false);
                return true;
            } finally {
                old.releaseExclusive();
                target.releaseExclusive();
            }
        } finally {
            if (old != null) {
                old.unpin();
            }
            target.unpin();
        }
    }

    private static RowLockMode strength(boolean keysUpdated) {
        return keysUpdated ? RowLockMode.UPDATE : RowLockMode.NO_KEY_UPDATE;
    }

    private static int endFlags(boolean hot, boolean keysUpdated) {
        return TupleLayout.UPDATED | (hot ? TupleLayout.HOT_UPDATED : 0) | (keysUpdated ? TupleLayout.KEYS_UPDATED : 0);
    }

    /**
     * Gives the new version the locks that others hold on the old one. Before anything is changed, since it may fail (53200).
     *
     * @return the flags of the old version's end: an updater that had locked the row FOR UPDATE keeps KEY SHARE out with its update too
     */
    private int carryLocks(Transaction tx, long tid, long newTid, int endFlags) {
        int relation = file.fileNumber();
        int block = Tid.block(tid);
        int line = Tid.linePointer(tid);
        rowLocks.carry(tx, relation, block, line, Tid.block(newTid), Tid.linePointer(newTid));
        return rowLocks.heldBy(tx, relation, block, line) == RowLockMode.UPDATE
                ? endFlags | TupleLayout.KEYS_UPDATED
                : endFlags;
    }

    private static void latchInOrder(Frame a, Frame b) {
        boolean aFirst = a.block() < b.block();
        (aFirst ? a : b).acquireExclusive();
        (aFirst ? b : a).acquireExclusive();
    }

    /**
     * Ends the old version and puts the new one in place, as one record. Caller holds both latches.
     *
     * @param place a dead version of the page whose place the new one takes, or null
     */
    private void changeUpdate(
            Frame old,
            Frame target,
            boolean init,
            Recycler.Place place,
            Transaction tx,
            long xid,
            int oldLine,
            long newTid,
            byte[] tuple,
            int length,
            int endFlags) {
        leaveMap(old, false);
        if (target != old) {
            leaveMap(target, init);
        }
        beginChange(old);
        if (target != old) {
            beginChange(target);
        }
        try {
            initIf(init, target.page);
            int newLine = Tid.linePointer(newTid);
            int offset;
            if (place == null) {
                offset = SlottedPage.addItem(target.page, newLine, length);
            } else {
                offset = place.offset();
                if ((HeapPage.flags(target.page, offset) & TupleLayout.HAS_BIG_VALUES) != 0) {
                    bigValues.noteRemoved();
                }
                place.free(target.page);
                SlottedPage.reuseItem(target.page, newLine, offset, length);
            }
            int newFlags = (endFlags & TupleLayout.HOT_UPDATED) != 0 ? TupleLayout.HEAP_ONLY : 0;
            fill(target.page, offset, tuple, 0, length, xid, tx.commandId(), newFlags, newTid);
            HeapPage.end(old.page, HeapPage.tupleOffset(old.page, oldLine), xid, tx.commandId(), endFlags, newTid);
            WalRecordBuilder record = HeapLog.begin(HeapLog.UPDATE, xid);
            record.block(target.pageId(), target.page, init);
            if (target != old) {
                record.block(old.pageId(), old.page, false);
            }
            record.putShort(oldLine)
                    .putInt(tx.commandId())
                    .putShort(endFlags)
                    .putInt(Tid.block(newTid))
                    .putShort(newLine);
            HeapLog.putPlace(record, place);
            if (target == old) {
                HeapLog.putDifference(record, old.page, oldLine, newLine);
            } else {
                HeapLog.putTuple(record, target.page, newLine);
            }
            context.wal().append(record);
        } catch (Throwable e) {
            context.wal().poison(e);
            throw e;
        }
    }

    /**
     * Looks at a version's end and its locks; if somebody else's stands in the way, {@code out} says whose.
     *
     * @param offset -1 if the line pointer has no tuple any more
     * @param xmin the version's, since its place may be another one's by now; {@link Xid#NONE} if that can't be
     * @param strength what the change is as a row lock
     */
    private boolean mayEnd(
            ByteBuffer page, int offset, long tid, long xmin, Transaction tx, RowLockMode strength, ModifyResult out) {
        if (offset < 0 || xmin != Xid.NONE && HeapPage.xmin(page, offset) != xmin) {
            out.setGone();
            return false;
        }
        long xmax = HeapPage.xmax(page, offset);
        int flags = HeapPage.flags(page, offset);
        if (xmax == Xid.NONE || (flags & TupleLayout.XMAX_ABORTED) != 0) {
            return !isLocked(tid, tx, strength, out);
        }
        if (tx.isOwn(xmax)) {
            out.set(ModifyResult.Status.OWN_LATER, xmax, HeapPage.ctid(page, offset));
            return false;
        }
        long end = visibility.endCsn(xmax, flags);
        if (end == Visibility.ABORTED) {
            return !isLocked(tid, tx, strength, out);
        }
        if (end > context.transactions().published()) {
            out.waitForXid(xmax, hasLocked(tid, tx));
            return false;
        }
        boolean updated = (flags & TupleLayout.UPDATED) != 0;
        out.set(updated ? ModifyResult.Status.UPDATED : ModifyResult.Status.DELETED, xmax, HeapPage.ctid(page, offset));
        return false;
    }

    /** Do others' locks stand in the way of a change? One read where nobody locks rows of this table. */
    private boolean isLocked(long tid, Transaction tx, RowLockMode strength, ModifyResult out) {
        if (!rowLocks.isAnyLocked(lockCounter)
                || !rowLocks.conflict(
                        tx, file.fileNumber(), Tid.block(tid), Tid.linePointer(tid), strength, out.conflict)) {
            return false;
        }
        out.waitForHolder(out.conflict.isAlreadyLocked());
        return true;
    }

    private boolean hasLocked(long tid, Transaction tx) {
        return rowLocks.isAnyLocked(lockCounter)
                && rowLocks.heldBy(tx, file.fileNumber(), Tid.block(tid), Tid.linePointer(tid)) != null;
    }

    /** Removes what nobody needs from a page; the caller holds its exclusive latch. Returns whether anything went. */
    boolean prune(Frame frame) {
        if (!Pruner.worthTrying(frame.page)) {
            return false;
        }
        context.scheduler().step(Step.HEAP_PRUNED);
        PrunePlan plan = new Pruner(
                        frame.page,
                        frame.block(),
                        file.fileNumber(),
                        visibility,
                        context.transactions().captureHorizon(),
                        context.wal().durableLsn())
                .plan();
        if (plan.isEmpty()) {
            return false;
        }
        if (rowLocks.isAnyLocked(lockCounter)) {
            plan.forEachGone(line -> rowLocks.drop(file.fileNumber(), frame.block(), line));
        }
        leaveMap(frame, false);
        beginChange(frame);
        frame.setRoomHint(0); // all that is dead goes now
        int big = bigValues.countOn(frame.page);
        try {
            plan.apply(frame.page);
            HeapLog.logPrune(context.wal(), frame, plan);
        } catch (Throwable e) {
            context.wal().poison(e);
            throw e;
        }
        if (bigValues.countOn(frame.page) < big) {
            bigValues.noteRemoved();
        }
        context.counters().prunes.increment();
        pruned.add(plan.removedVersions());
        PagePruned.happened(file.fileNumber(), frame.block(), plan.removedVersions());
        noteRoom(frame);
        return true;
    }

    /** Much room is told to inserters; a little is kept for this page's updates. */
    private void noteRoom(Frame frame) {
        int free = SlottedPage.freeBytes(frame.page);
        if (free >= PageLayout.SIZE / 4 && map.recorded(frame.block()) < free / 2) {
            map.record(frame.block(), free);
        }
    }

    /**
     * Before a change, while it may still fail: the page's bit in the visibility map goes. A new page has none, unless the file was cut
     * short before it and the bit is its predecessor's.
     */
    private void leaveMap(Frame frame, boolean init) {
        if (!leavesMapStale && (init || HeapPage.isAllVisible(frame.page))) {
            visibilityMap.clear(frame.block());
        }
    }

    static void beginChange(Frame frame) {
        frame.markDirty();
        frame.setNewestCsn(Lsn.INFINITE);
        HeapPage.clearAllVisible(frame.page);
    }

    private static void initIf(boolean init, ByteBuffer page) {
        if (init) {
            PageLayout.init(page, PageType.HEAP, 0);
        }
    }

    /** A new version's bytes, with its header completed. */
    private static void fill(
            ByteBuffer page, int offset, byte[] tuple, int from, int length, long xid, int cmin, int flags, long tid) {
        page.put(offset, tuple, from, length);
        page.putLong(offset + TupleLayout.XMIN, xid);
        page.putLong(offset + TupleLayout.XMAX, Xid.NONE);
        page.putInt(offset + TupleLayout.CMIN, cmin);
        page.putInt(offset + TupleLayout.CMAX, 0);
        int formed = HeapPage.flags(page, offset) & (TupleLayout.HAS_NULLS | TupleLayout.HAS_BIG_VALUES);
        HeapPage.setFlags(page, offset, formed | flags);
        HeapPage.setCtid(page, offset, tid);
    }
}
