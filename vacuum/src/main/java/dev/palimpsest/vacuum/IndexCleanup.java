package dev.palimpsest.vacuum;

import dev.palimpsest.api.VacuumReport.IndexReport;
import dev.palimpsest.btree.BtreeBatch;
import dev.palimpsest.btree.BtreeVacuum;
import dev.palimpsest.catalog.IndexInfo;
import dev.palimpsest.catalog.TableInfo;
import java.util.ArrayList;
import java.util.List;

/** Takes the entries of dead roots out of all indexes of a table, and counts. One vacuum's. */
final class IndexCleanup {
    /** An index is read whole if this many of its entries go for each of its pages, a good part of what a page has. */
    private static final int SCAN_FROM_ENTRIES_PER_PAGE = 50;

    private final TableInfo table;
    private final Pace pace;

    /** One of the tests' bugs. */
    private final boolean leavesEntries;

    private final BtreeVacuum vacuum = new BtreeVacuum();
    private final long[] removed;
    private final int[] fullScans;
    private final long[] deletedPages;

    IndexCleanup(TableInfo table, Pace pace, boolean leavesEntries) {
        this.table = table;
        this.pace = pace;
        this.leavesEntries = leavesEntries;
        removed = new long[table.indexes().size()];
        fullScans = new int[removed.length];
        deletedPages = new long[removed.length];
    }

    /** When it returns no index has an entry for any of the roots. */
    void remove(DeadRoots roots) {
        for (int i = 0; i < removed.length && !leavesEntries; i++) {
            IndexInfo index = table.indexes().get(i);
            BtreeBatch entries = roots.entries(i);
            long pages = index.btree().file().blockCount();
            long deletedBefore = vacuum.deletedPages();
            if (roots.hasKeyless() || entries.size() > SCAN_FROM_ENTRIES_PER_PAGE * pages) {
                TidList tids = roots.tids();
                removed[i] += vacuum.removeTids(index.btree(), tids::contains, pace);
                fullScans[i]++;
            } else {
                removed[i] += vacuum.removeAll(index.btree(), entries, pace);
            }
            deletedPages[i] += vacuum.deletedPages() - deletedBefore;
        }
    }

    List<IndexReport> reports() {
        List<IndexReport> reports = new ArrayList<>();
        for (int i = 0; i < removed.length; i++) {
            IndexInfo index = table.indexes().get(i);
            reports.add(new IndexReport(
                    index.name(),
                    index.btree().file().blockCount(),
                    removed[i],
                    fullScans[i],
                    (int) deletedPages[i],
                    index.btree().freePageCount()));
        }
        return reports;
    }
}
