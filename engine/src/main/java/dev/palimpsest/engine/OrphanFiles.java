package dev.palimpsest.engine;

import dev.palimpsest.buffer.BufferPool;
import dev.palimpsest.id.PageId;
import dev.palimpsest.storage.Disk;
import dev.palimpsest.storage.RelationFiles;
import dev.palimpsest.table.TableEngine;
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

    void remove(TableEngine tables) {
        Set<Integer> known = tables.currentCatalog().fileNumbers();
        Set<Integer> orphans = new TreeSet<>();
        for (String name : disk.list(RelationFiles.DIRECTORY)) {
            long pageId = RelationFiles.parse(name);
            if (pageId != PageId.NONE && !known.contains(PageId.fileNumber(pageId))) {
                orphans.add(PageId.fileNumber(pageId));
            }
        }
        orphans.forEach(pool::drop);
    }
}
