package dev.palimpsest.recovery;

import dev.palimpsest.buffer.BufferPool;
import dev.palimpsest.buffer.Frame;
import dev.palimpsest.id.PageId;
import dev.palimpsest.page.PageLayout;
import dev.palimpsest.wal.RedoPages;
import dev.palimpsest.wal.WalRecord;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The pages of the record under redo, by the redo rule (README.md): an image replaces the page, INIT makes it anew, anything else is
 * redone only on a page that doesn't carry the record yet. Also gathers the highest numbers seen. Single-threaded.
 */
final class RecordPages implements RedoPages {
    private final BufferPool pool;
    private WalRecord record;
    private Frame[] frames = new Frame[8];
    private boolean[] done = new boolean[8];

    /** Looked at by {@link #pageById}. */
    private Frame[] others = new Frame[2];

    private int otherCount;
    private long maxXid;
    private int maxFileNumber;
    private long maxOid;

    RecordPages(BufferPool pool) {
        this.pool = pool;
    }

    /** Takes up a record: restores the images, one page after the other. */
    void begin(WalRecord next) {
        record = next;
        int blocks = next.blockCount();
        if (frames.length < blocks) {
            frames = new Frame[blocks];
            done = new boolean[blocks];
        }
        noteXid(next.xid());
        for (int i = 0; i < blocks; i++) {
            noteFileNumber(PageId.fileNumber(next.pageId(i)));
            done[i] = next.hasImage(i);
            if (done[i]) {
                restoreImage(i);
            }
        }
    }

    /** Releases the record's pages, each with its new LSN. */
    void end() {
        for (int i = 0; i < record.blockCount(); i++) {
            assert done[i] : "block=" + i + " was not redone: " + record;
            if (frames[i] != null) {
                PageLayout.setLsn(frames[i].page, record.lsn());
            }
        }
        release();
    }

    /** Releases what is latched, after {@link #end} or an error. */
    void release() {
        for (int i = 0; i < frames.length; i++) {
            release(frames[i]);
        }
        for (int i = 0; i < otherCount; i++) {
            release(others[i]);
        }
        Arrays.fill(frames, null);
        otherCount = 0;
    }

    @Override
    public ByteBuffer page(int block) {
        if (frames[block] != null) {
            return frames[block].page;
        }
        if (done[block]) {
            return null;
        }
        boolean init = record.isInit(block);
        Frame frame = latch(record.pageId(block), init);
        done[block] = true;
        if (!init && PageLayout.lsn(frame.page) >= record.lsn()) {
            release(frame);
            return null;
        }
        frame.markDirty();
        if (init) {
            PageLayout.zero(frame.page);
        }
        frames[block] = frame;
        return frame.page;
    }

    @Override
    public ByteBuffer pageById(long pageId) {
        for (int i = 0; i < record.blockCount(); i++) {
            if (frames[i] != null && record.pageId(i) == pageId) {
                return frames[i].page;
            }
        }
        for (int i = 0; i < otherCount; i++) {
            if (others[i].pageId() == pageId) {
                return others[i].page;
            }
        }
        if (otherCount == others.length) {
            others = Arrays.copyOf(others, otherCount * 2);
        }
        others[otherCount] = latch(pageId, false);
        return others[otherCount++].page;
    }

    @Override
    public void cut(long pageId) {
        assert record.blockCount() == 0 : "a page of the record may be cut off";
        pool.file(PageId.fileNumber(pageId), PageId.fork(pageId)).cutForRedo(PageId.block(pageId));
    }

    @Override
    public void noteXid(long xid) {
        maxXid = Math.max(maxXid, xid);
    }

    @Override
    public void noteFileNumber(int fileNumber) {
        maxFileNumber = Math.max(maxFileNumber, fileNumber);
    }

    @Override
    public void noteOid(long oid) {
        maxOid = Math.max(maxOid, oid);
    }

    long maxXid() {
        return maxXid;
    }

    int maxFileNumber() {
        return maxFileNumber;
    }

    long maxOid() {
        return maxOid;
    }

    private void restoreImage(int block) {
        Frame frame = latch(record.pageId(block), true);
        frame.markDirty();
        record.restoreImage(block, frame.page);
        PageLayout.setLsn(frame.page, record.lsn());
        release(frame);
    }

    private Frame latch(long pageId, boolean overwrite) {
        Frame frame = pool.file(PageId.fileNumber(pageId), PageId.fork(pageId))
                .pinOrExtendForRedo(PageId.block(pageId), overwrite);
        frame.acquireExclusive();
        return frame;
    }

    private static void release(Frame frame) {
        if (frame != null) {
            frame.releaseExclusive();
            frame.unpin();
        }
    }
}
