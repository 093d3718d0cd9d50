package dev.palimpsest.inspect;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.UsageException;
import dev.palimpsest.buffer.PageFile;
import dev.palimpsest.buffer.PageGuard;
import dev.palimpsest.heap.HeapContext;
import dev.palimpsest.id.Lsn;
import dev.palimpsest.id.PageId;
import dev.palimpsest.page.LinePointer;
import dev.palimpsest.page.PageLayout;
import dev.palimpsest.page.PageType;
import dev.palimpsest.page.SlottedPage;
import dev.palimpsest.tuple.TupleLayout;
import java.nio.ByteBuffer;

/** A page as text, as PostgreSQL's {@code pageinspect} shows it. Stateless. */
public final class PageDump {
    private PageDump() {}

    public static String dump(HeapContext context, int fileNumber, int fork, int block) {
        boolean named = fileNumber > 0 && fileNumber <= PageId.MAX_FILE_NUMBER && fork >= 0 && fork < PageId.FORKS;
        PageFile file = named ? context.pool().file(fileNumber, fork) : null;
        if (file == null || block < 0 || block >= file.blockCount()) {
            throw new UsageException(
                    SqlState.INVALID_PARAMETER_VALUE,
                    "there is no such page",
                    "file=" + fileNumber + " fork=" + fork + " block=" + block + " blocks="
                            + (file == null ? "?" : file.blockCount()));
        }
        try (PageGuard guard = file.latchShared(block)) {
            return describe(guard.page(), file.pageId(block));
        }
    }

    private static String describe(ByteBuffer page, long pageId) {
        if (PageLayout.isNew(page)) {
            return PageId.toString(pageId) + " new\n";
        }
        PageType type = PageType.of(PageLayout.type(page));
        StringBuilder text = new StringBuilder(PageId.toString(pageId))
                .append(" type=")
                .append(type)
                .append(" lsn=")
                .append(Lsn.toString(PageLayout.lsn(page)))
                .append(" lower=")
                .append(PageLayout.lower(page))
                .append(" upper=")
                .append(PageLayout.upper(page))
                .append(" special=")
                .append(PageLayout.special(page))
                .append(" flags=")
                .append(PageLayout.flags(page))
                .append(PageLayout.own(page) == 0 ? "" : " own=" + PageLayout.own(page))
                .append('\n');
        if (type == PageType.HEAP) {
            for (int number = 1; number <= SlottedPage.lineCount(page); number++) {
                describeLine(text, page, number, SlottedPage.line(page, number));
            }
        }
        return text.toString();
    }

    private static void describeLine(StringBuilder text, ByteBuffer page, int number, int line) {
        text.append(number).append(": ").append(LinePointer.toString(line));
        if (LinePointer.hasItem(line)) { // a dead root has a body, too
            int at = LinePointer.offset(line);
            text.append(" xmin=").append(page.getLong(at + TupleLayout.XMIN));
            text.append(" xmax=").append(page.getLong(at + TupleLayout.XMAX));
            text.append(" cmin=").append(page.getInt(at + TupleLayout.CMIN));
            text.append(" cmax=").append(page.getInt(at + TupleLayout.CMAX));
            text.append(" ctid=(").append(page.getInt(at + TupleLayout.CTID_BLOCK));
            text.append(',')
                    .append(page.getShort(at + TupleLayout.CTID_LINE_POINTER) & 0xFFFF)
                    .append(')');
            text.append(" flags=").append(flags(page.getShort(at + TupleLayout.FLAGS)));
        }
        text.append('\n');
    }

    private static String flags(int flags) {
        String[] names = {
            "XMIN_COMMITTED",
            "XMIN_ABORTED",
            "XMAX_COMMITTED",
            "XMAX_ABORTED",
            "HAS_NULLS",
            "HAS_BIG_VALUES",
            "HOT_UPDATED",
            "HEAP_ONLY",
            "UPDATED",
            "KEYS_UPDATED",
        };
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < names.length; i++) {
            if ((flags >> i & 1) != 0) {
                text.append(text.length() == 0 ? "" : "|").append(names[i]);
            }
        }
        return text.length() == 0 ? "none" : text.toString();
    }
}
