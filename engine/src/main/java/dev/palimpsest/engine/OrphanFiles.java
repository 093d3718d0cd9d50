package dev.palimpsest.engine;

import dev.palimpsest.api.IsolationLevel;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.buffer.BufferPool;
import dev.palimpsest.catalog.CatalogVerifier;
import dev.palimpsest.id.PageId;
import dev.palimpsest.storage.Disk;
import dev.palimpsest.storage.RelationFiles;
import dev.palimpsest.table.TableEngine;
import dev.palimpsest.tx.Transaction;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/**
 * Relation files that no committed row of the catalog names: their creators didn't commit before a crash. Removed when the database is
 * opened, after recovery and before the first user. Used once.
 */
final class OrphanFiles {
    private final Disk disk;
    private final BufferPool pool;

    OrphanFiles(Disk disk, BufferPool pool) {
        this.disk = disk;
        this.pool = pool;
    }

    /** @throws StoppedException XX001 if the catalog is damaged: files that it doesn't name any more may be wanted */
    void remove(TableEngine tables) {
        Set<Integer> known = tables.currentCatalog().fileNumbers();
        Set<Integer> orphans = new TreeSet<>();
        for (String name : disk.list(RelationFiles.DIRECTORY)) {
            long pageId = RelationFiles.parse(name);
            if (pageId != PageId.NONE && !known.contains(PageId.fileNumber(pageId))) {
                orphans.add(PageId.fileNumber(pageId));
            }
        }
        if (!orphans.isEmpty()) {
            checkCatalog(tables);
        }
        orphans.forEach(pool::drop);
    }

    private static void checkCatalog(TableEngine tables) {
        Transaction reader = tables.transactions().begin(IsolationLevel.READ_COMMITTED, true);
        try {
            List<String> problems = CatalogVerifier.verify(tables.catalog(), reader);
            if (!problems.isEmpty()) {
                throw new StoppedException(
                        SqlState.DATA_CORRUPTED,
                        "the catalog is damaged: " + problems.get(0),
                        String.join("; ", problems.subList(0, Math.min(5, problems.size()))),
                        "Restore the files base/1 to base/5, or the database from a backup.",
                        null);
            }
        } finally {
            tables.transactions().abort(reader);
        }
    }
}
