package dev.palimpsest.inspect;

import dev.palimpsest.api.HeapMapPage;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.heap.Visibility;
import dev.palimpsest.page.LinePointer;
import dev.palimpsest.page.PageLayout;
import dev.palimpsest.page.SlottedPage;
import dev.palimpsest.table.NamedTable;
import dev.palimpsest.table.TableEngine;
import dev.palimpsest.tx.LiveSnapshots;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** A table's pages, and what is on each. Stateless. */
public final class HeapMap {
    /** Of a page that was never used. */
    private static final int EMPTY_FREE_BYTES = PageLayout.SIZE - PageLayout.HEADER_BYTES;

    private HeapMap() {}

    public static List<HeapMapPage> list(TableEngine tables, Transaction tx, String name) {
        Pinning pinning = new Pinning(tables);
        return new NamedTable(tables, name).inspect(tx, (user, table) -> {
            List<HeapMapPage> pages = new ArrayList<>();
            StoredPage stored = new StoredPage(table.heap());
            for (int block = 0; block < table.heap().blockCount(); block++) {
                boolean allVisible = table.heap().vacuum().isAllVisible(block);
                pages.add(
                        stored.load(block)
                                ? page(table, stored, allVisible, pinning)
                                : new HeapMapPage(block, false, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, EMPTY_FREE_BYTES));
            }
            return pages;
        });
    }

    private static HeapMapPage page(TableInfo table, StoredPage stored, boolean allVisible, Pinning pinning) {
        Visibility visibility = table.heap().visibility();
        LiveSnapshots.Needs needs = pinning.in(table);
        byte[] bytes = stored.page().array();
        int[] versions = new int[3]; // live, dead, pinned
        int[] taken = new int[3];
        int redirects = 0;
        int archivedPointers = 0;
        for (int number = 1, count = stored.lineCount(); number <= count; number++) {
            int line = stored.line(number);
            redirects += LinePointer.state(line) == LinePointer.STATE_REDIRECT ? 1 : 0;
            archivedPointers += LinePointer.state(line) == LinePointer.STATE_ARCHIVED ? 1 : 0;
            if (LinePointer.hasItem(line)) {
                BitSet set = pinning.needing(needs, visibility, bytes, LinePointer.offset(line));
                int kind = !LinePointer.isNormal(line) ? 1 : set == null ? 0 : set.isEmpty() ? 1 : 2;
                versions[kind]++;
                taken[kind] += LinePointer.length(line);
            }
        }
        int archivedBytes = stored.archived().stream()
                .mapToInt(version -> version.tuple().length)
                .sum();
        return new HeapMapPage(
                stored.block(),
                allVisible,
                versions[0],
                taken[0],
                versions[1],
                taken[1],
                versions[2],
                taken[2],
                archivedPointers,
                stored.archived().size(),
                archivedBytes,
                redirects,
                stored.lineCount(),
                SlottedPage.freeBytesCompacted(stored.page()));
    }
}
