package dev.palimpsest.heap;

import dev.palimpsest.buffer.PageFile;
import dev.palimpsest.id.Tid;
import dev.palimpsest.page.LinePointer;
import dev.palimpsest.page.PageLayout;
import dev.palimpsest.page.SlottedPage;
import dev.palimpsest.tuple.TupleLayout;
import dev.palimpsest.tx.Snapshot;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * All rows of a heap that a snapshot sees, in order of their pages. Each page is decided from one private copy, so that nothing moves behind the
 * scan's back; pages that appear after its start hold nothing it could see, except its own transaction's, which its command id
 * rules out too. Holds neither pin nor latch between calls. Not thread-safe.
 */
public final class HeapScan {
    private final HeapReader reader;
    private final Visibility visibility;
    private final Snapshot snapshot;
    private final int blockCount;
    private final byte[] copy = new byte[PageLayout.SIZE];
    private final ByteBuffer page = ByteBuffer.wrap(copy).order(ByteOrder.LITTLE_ENDIAN);
    private int block = -1;
    private int number;
    private int lineCount;
    private boolean marksDecide;

    /** The page's archived versions that the snapshot may see; null where it is too young for any. */
    private ArchivedVersions archived;

    /** {@link #advance} stopped at one of those. */
    private boolean inArchive;

    /** Of the row that {@link #advance} stopped at. */
    private int offset;

    private int length;

    HeapScan(PageFile file, HeapReader reader, Visibility visibility, Snapshot snapshot) {
        this.reader = reader;
        this.visibility = visibility;
        this.snapshot = snapshot;
        blockCount = file.blockCount();
    }

    /** Moves to the next visible row; {@link #copyRow}, {@link #buffer} and {@link #offset} then tell of it. */
    public boolean advance() {
        while (!advanceInPage() && !advanceInArchive()) {
            if (!nextPage()) {
                return false;
            }
        }
        return true;
    }

    /**
     * After the page's own rows. A version that went to the archive between the page's copy and the look into the archive is in both:
     * the copy has had its say about it.
     */
    private boolean advanceInArchive() {
        while (archived != null && archived.advance()) {
            if (archived.isVisible(snapshot.csn()) && !isOnCopy(archived.line(), archived.xmin())) {
                inArchive = true;
                offset = archived.offset();
                length = archived.length();
                return true;
            }
        }
        return false;
    }

    private boolean isOnCopy(int line, long xmin) {
        int at = HeapPage.tupleOffset(page, line);
        return at >= 0 && HeapPage.xmin(page, at) == xmin;
    }

    private boolean advanceInPage() {
        try {
            while (number < lineCount) {
                int line = SlottedPage.line(page, ++number);
                if (LinePointer.isNormal(line) && isVisible(LinePointer.offset(line))) {
                    offset = LinePointer.offset(line);
                    length = LinePointer.length(line);
                    HeapReader.checkBounds(offset, length);
                    return true;
                }
            }
            return false;
        } catch (IndexOutOfBoundsException e) {
            throw reader.damaged(block, e);
        }
    }

    private boolean nextPage() {
        snapshot.transaction().checkInterrupts();
        inArchive = false;
        archived = null;
        while (++block < blockCount) {
            long decidesFrom = reader.copyPage(block, copy);
            if (decidesFrom >= 0) {
                marksDecide = decidesFrom <= snapshot.csn();
                if (snapshot.csn() < PageLayout.own(page)) {
                    archived = reader.archived(block);
                }
                number = 0;
                lineCount = SlottedPage.lineCount(page);
                return true;
            }
        }
        number = 0;
        lineCount = 0;
        block = blockCount;
        return false;
    }

    private boolean isVisible(int at) {
        int flags = HeapPage.flags(page, at);
        if (marksDecide) {
            return (flags & (TupleLayout.XMIN_COMMITTED | TupleLayout.XMAX_COMMITTED)) == TupleLayout.XMIN_COMMITTED;
        }
        return visibility.isVisible(
                snapshot,
                HeapPage.xmin(page, at),
                HeapPage.xmax(page, at),
                flags,
                HeapPage.cmin(page, at),
                HeapPage.cmax(page, at));
    }

    /** What the row lies in, from {@link #offset} on: the page's private copy, or archived bytes. Valid until the next {@link #advance}. */
    public byte[] buffer() {
        return inArchive ? archived.buffer() : copy;
    }

    /** As {@link HeapTuple#isArchived}. */
    public boolean isArchived() {
        return inArchive;
    }

    public int offset() {
        return offset;
    }

    public int length() {
        return length;
    }

    public long tid() {
        return Tid.of(block, inArchive ? archived.line() : number);
    }

    /** The current row as an array of its own. */
    public byte[] copyRow() {
        return Arrays.copyOfRange(buffer(), offset, offset + length);
    }

    /** {@link #advance} and {@link #copyRow} in one. */
    public boolean next(HeapTuple out) {
        if (!advance()) {
            return false;
        }
        if (inArchive) {
            out.setArchived(copyRow(), tid());
        } else {
            out.set(copyRow(), tid());
        }
        return true;
    }

    /** Progress: the page that the scan is at, and how many there are. */
    public int block() {
        return block;
    }

    public int blockCount() {
        return blockCount;
    }
}
