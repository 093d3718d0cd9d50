package dev.palimpsest.heap;

import dev.palimpsest.buffer.Frame;
import dev.palimpsest.buffer.PageFile;
import dev.palimpsest.id.PageId;
import dev.palimpsest.scheduler.Step;
import dev.palimpsest.wal.RedoPages;
import dev.palimpsest.wal.ResourceManager;
import dev.palimpsest.wal.ResourceManagerId;
import dev.palimpsest.wal.WalRecord;

/**
 * Gives back the pages at the end of a heap that hold nothing, one at a time from the last one on: whether a page is empty, its record and
 * the shorter length are one hold of its latch, so no inserter can come in between. Why readers and writers with stale block numbers do no
 * harm: buffer/README.md, "Cutting the tail off". For one reclaimer a relation.
 *
 * <pre>
 *  record CUT: no block. u64 page id of the first page that is gone
 * </pre>
 */
final class Truncation {
    private static final int CUT = 0;

    private final HeapContext context;
    private final PageFile file;
    private final FreeSpaceMap map;
    private final VisibilityMap visibilityMap;

    Truncation(HeapContext context, PageFile file, FreeSpaceMap map, VisibilityMap visibilityMap) {
        this.context = context;
        this.file = file;
        this.map = map;
        this.visibilityMap = visibilityMap;
    }

    /** @return pages given back, at most so many */
    int run(int atMost) {
        int count = 0;
        while (count < atMost && cutLast()) {
            count++;
        }
        if (count > 0) {
            map.cut(file.blockCount());
        }
        return count;
    }

    private boolean cutLast() {
        context.scheduler().step(Step.HEAP_BEFORE_LATCH);
        int block = file.blockCount() - 1;
        Frame frame = block < 0 ? null : file.pinIfPresent(block);
        if (frame == null) {
            return false;
        }
        frame.acquireExclusive();
        try {
            if (!HeapVacuum.isEmpty(frame.page)) {
                return false;
            }
            visibilityMap.clear(block); // before the cut: the bit would outlive the page, and be the next one's
            if (!file.cutLast(frame, () -> log(frame.pageId()))) {
                return false;
            }
        } finally {
            frame.releaseExclusive();
            frame.unpin();
        }
        context.scheduler().step(Step.HEAP_CHANGED);
        file.discardCut(block);
        return true;
    }

    private long log(long pageId) {
        return context.wal()
                .append(HeapLog.begin(ResourceManagerId.TRUNCATION, CUT, 0).putLong(pageId));
    }

    /** Redo of CUT. */
    static final class Log implements ResourceManager {
        @Override
        public ResourceManagerId id() {
            return ResourceManagerId.TRUNCATION;
        }

        @Override
        public void redo(WalRecord record, RedoPages pages) {
            pages.cut(record.payloadLong(0));
        }

        @Override
        public String describe(WalRecord record) {
            return "CUT " + PageId.toString(record.payloadLong(0));
        }
    }
}
