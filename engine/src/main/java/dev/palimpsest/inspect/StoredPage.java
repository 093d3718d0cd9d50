package dev.palimpsest.inspect;

import dev.palimpsest.heap.ArchivedVersions;
import dev.palimpsest.heap.Heap;
import dev.palimpsest.id.Tid;
import dev.palimpsest.page.LinePointer;
import dev.palimpsest.page.PageLayout;
import dev.palimpsest.page.SlottedPage;
import dev.palimpsest.tuple.TupleReader;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * What is stored of one heap page at one moment: a copy of the page, and its archived versions. Loaded again and again; not thread-safe.
 *
 * <p>A version on its way to the archive is in both for a moment: then it counts as the page's.
 */
final class StoredPage {
    /** So often the page and its archive are read again when the page changes between the two. */
    private static final int ATTEMPTS = 4;

    /** An archived version. */
    record Archived(long root, long tid, long beginCsn, long endCsn, byte[] tuple) {
        boolean isVisible(long snapshotCsn) {
            return beginCsn <= snapshotCsn && snapshotCsn < endCsn;
        }
    }

    private final Heap heap;
    private final byte[] bytes = new byte[PageLayout.SIZE];
    private final ByteBuffer page = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    private final List<Archived> archived = new ArrayList<>();
    private int block;

    StoredPage(Heap heap) {
        this.heap = heap;
    }

    /** @return false if there is no such page, or nothing on it */
    boolean load(int newBlock) {
        block = newBlock;
        archived.clear();
        if (!heap.copyPage(block, bytes)) {
            return false;
        }
        // asked in any case: of what nobody needs the page says nothing, but bodies are kept for their keys
        addArchived();
        return true;
    }

    /** Put into the archive comes before the page's change, removal after it: with the page unchanged, what was read in between fits it. */
    private void addArchived() {
        byte[] blob = null;
        for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
            long before = PageLayout.lsn(page);
            blob = heap.archived(block);
            if (blob == null || !heap.copyPage(block, bytes) || PageLayout.lsn(page) == before) {
                break;
            }
        }
        for (ArchivedVersions versions = new ArchivedVersions(blob); versions.advance(); ) {
            byte[] tuple =
                    Arrays.copyOfRange(versions.buffer(), versions.offset(), versions.offset() + versions.length());
            if (!isOnPage(versions.line(), tuple)) {
                archived.add(new Archived(
                        Tid.of(block, versions.root()),
                        Tid.of(block, versions.line()),
                        versions.beginCsn(),
                        versions.endCsn(),
                        tuple));
            }
        }
    }

    private boolean isOnPage(int number, byte[] tuple) {
        if (number > SlottedPage.lineCount(page)) {
            return false;
        }
        int line = SlottedPage.line(page, number);
        return LinePointer.hasItem(line)
                && TupleReader.xmin(bytes, LinePointer.offset(line)) == TupleReader.xmin(tuple, 0);
    }

    int block() {
        return block;
    }

    ByteBuffer page() {
        return page;
    }

    int lineCount() {
        return SlottedPage.lineCount(page);
    }

    /** A line pointer's bits. */
    int line(int number) {
        return SlottedPage.line(page, number);
    }

    /** The item of a line pointer that has one. */
    byte[] tuple(int line) {
        return Arrays.copyOfRange(bytes, LinePointer.offset(line), LinePointer.offset(line) + LinePointer.length(line));
    }

    /** Those of one chain oldest first. */
    List<Archived> archived() {
        return archived;
    }
}
