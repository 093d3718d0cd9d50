package dev.palimpsest.inspect;

import dev.palimpsest.api.EngineException;
import dev.palimpsest.buffer.PageFile;
import dev.palimpsest.buffer.PageGuard;
import dev.palimpsest.id.PageId;
import dev.palimpsest.page.PageLayout;
import dev.palimpsest.page.PageType;
import dev.palimpsest.page.SlottedPage;
import java.nio.ByteBuffer;
import java.util.Set;

/** Checks pages one by one: checksum and header (when they are read), their type, and a heap page's line pointers. Stateless. */
final class PageCheck {
    private PageCheck() {}

    static void check(PageFile file, Problems problems, CheckProgress progress) {
        int count = file.blockCount();
        for (int block = 0; block < count; block++) {
            try (PageGuard guard = file.latchSharedIfPresent(block)) {
                if (guard == null) {
                    break; // cut off since
                }
                String problem = problem(guard.page(), file.fork());
                if (problem != null) {
                    problems.add(file.path() + " block " + block + ": " + problem);
                }
            } catch (EngineException e) {
                problems.add(file.path() + " block " + block + ": " + e.text());
            }
            if ((block & 127) == 127 || block == count - 1) {
                progress.at(file.path(), block + 1, count);
            }
        }
    }

    private static String problem(ByteBuffer page, int fork) {
        if (PageLayout.isNew(page)) {
            return null; // extended, then nothing came of it
        }
        String header = PageLayout.headerProblem(page);
        if (header != null) {
            return header;
        }
        PageType type = PageType.of(PageLayout.type(page));
        Set<PageType> expected = switch (fork) {
            case PageId.MAIN -> Set.of(PageType.HEAP, PageType.BTREE, PageType.BTREE_META, PageType.SEQUENCE);
            case PageId.FREE_SPACE_MAP -> Set.of(PageType.FREE_SPACE_MAP);
            case PageId.VISIBILITY_MAP -> Set.of(PageType.VISIBILITY_MAP);
            case PageId.BIG_VALUES -> Set.of(PageType.BIG_VALUE);
            default -> Set.of();
        };
        if (!expected.contains(type)) {
            return "page type " + type + " in fork " + fork;
        }
        return type == PageType.HEAP ? SlottedPage.problem(page) : null;
    }
}
