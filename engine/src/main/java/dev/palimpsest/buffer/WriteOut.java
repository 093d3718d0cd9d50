package dev.palimpsest.buffer;

import dev.palimpsest.id.PageId;
import dev.palimpsest.page.PageChecksum;
import dev.palimpsest.page.PageLayout;
import dev.palimpsest.scheduler.Scheduler;
import dev.palimpsest.scheduler.Step;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * A batch of write-outs: private copies of dirty pages, then one wait for the WAL, then the writes, neighbours in one call.
 *
 * <p>From {@link #add} to {@link #flush} each frame is pinned and marked as being written: it can't be evicted (a reload would read
 * what is on disk, which is older) nor written by anybody else (two writes could land in the wrong order).
 *
 * <p>Belongs to one engine task. A failure poisons the engine.
 */
final class WriteOut {
    static final int BATCH = 32;

    private static final long RECHECK_NANOS = 20_000;

    private final BufferPool pool;
    private final Scheduler scheduler;
    private final ByteBuffer copies =
            ByteBuffer.allocateDirect(BATCH * PageLayout.SIZE).order(ByteOrder.LITTLE_ENDIAN);
    private final Frame[] frames = new Frame[BATCH];
    private final ByteBuffer[] pages = new ByteBuffer[BATCH];
    private int count;
    private long maxLsn;

    WriteOut(BufferPool pool) {
        this.pool = pool;
        scheduler = pool.scheduler();
        for (int i = 0; i < BATCH; i++) {
            pages[i] = copies.slice(i * PageLayout.SIZE, PageLayout.SIZE).order(ByteOrder.LITTLE_ENDIAN);
        }
    }

    boolean isFull() {
        return count == BATCH;
    }

    /** Copies the page, unless it is clean, gone, latched exclusively or being written. Caller adds in order of page id. */
    void addIfFree(Frame frame, long pageId) {
        assert !isFull();
        if (!frame.tryPinLoaded(pageId)) {
            return;
        }
        if (frame.isDirty() && frame.tryBeginWriting()) {
            if (frame.tryAcquireShared()) {
                copy(frame);
                return;
            }
            frame.endWriting(true);
        }
        frame.unpin();
    }

    /**
     * Returns once the changes that the page had when this was called are copied here or written. Where it has to wait, it flushes
     * first: nobody waits for this task's frames while this task waits for a latch.
     */
    void addWaiting(Frame frame, long pageId) {
        assert !isFull();
        while (!frame.tryPinLoaded(pageId)) {
            if (!frame.isDirty() || frame.pageId() != pageId) {
                return; // evicted since, hence written
            }
            scheduler.park(this, RECHECK_NANOS); // claimed by a sweep that had seen it clean, and will give it back
        }
        while (frame.isDirty() || frame.isWriting()) {
            if (!frame.tryBeginWriting()) {
                flush();
                frame.awaitWritten(() -> !frame.isWriting());
                pool.log().checkUsable();
            } else if (frame.tryAcquireShared()) {
                copy(frame);
                return;
            } else {
                flush();
                frame.acquireShared();
                copy(frame);
                return;
            }
        }
        frame.unpin();
    }

    /** Caller holds a pin, the right to write and the shared latch; the latch ends here, the others with {@link #flush}. */
    private void copy(Frame frame) {
        ByteBuffer page = pages[count];
        page.put(0, frame.page, 0, PageLayout.SIZE);
        frame.clearDirty();
        frame.releaseShared();
        frames[count++] = frame;
        maxLsn = Math.max(maxLsn, PageLayout.lsn(page));
        scheduler.step(Step.PAGE_COPIED);
    }

    void flush() {
        if (count == 0) {
            return;
        }
        boolean written = false;
        try {
            pool.log().flush(maxLsn); // the WAL rule: no page on disk is ahead of the durable WAL
            // a change without record poisons before its latch is released: a copy that has it isn't written, whatever
            // its LSN
            pool.log().checkUsable();
            for (int from = 0; from < count; from = writeRun(from)) {}
            written = true;
        } catch (Throwable e) {
            pool.log().poison(e);
            throw e;
        } finally {
            end(written);
        }
    }

    private void end(boolean written) {
        for (int i = 0; i < count; i++) {
            frames[i].endWriting(written);
            frames[i].unpinQuietly();
            frames[i] = null;
        }
        pool.events().unpinned().wakeAll();
        count = 0;
        maxLsn = 0;
        scheduler.step(Step.PAGE_WRITTEN);
    }

    /** Writes the copies from this one on as far as their blocks follow each other in one file; returns the index after them. */
    private int writeRun(int from) {
        long pageId = frames[from].pageId();
        int to = from;
        do {
            if (!PageLayout.isNew(pages[to])) {
                PageChecksum.set(pages[to], frames[to].pageId());
            }
            to++;
        } while (to < count && frames[to].pageId() == pageId + (to - from));
        ByteBuffer bytes = copies.duplicate().position(from * PageLayout.SIZE).limit(to * PageLayout.SIZE);
        pool.write(frames[from].file().file(), PageId.block(pageId), bytes);
        pool.metrics().pagesWritten.add(to - from);
        return to;
    }
}
