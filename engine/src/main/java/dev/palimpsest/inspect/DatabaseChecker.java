package dev.palimpsest.inspect;

import dev.palimpsest.api.Database;
import dev.palimpsest.api.DatabaseOptions;
import dev.palimpsest.api.EngineException;
import dev.palimpsest.buffer.BufferPool;
import dev.palimpsest.catalog.Catalog;
import dev.palimpsest.catalog.CatalogSnapshot;
import dev.palimpsest.catalog.CatalogVerifier;
import dev.palimpsest.catalog.SequenceInfo;
import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.id.PageId;
import dev.palimpsest.lock.LockMode;
import dev.palimpsest.storage.Disk;
import dev.palimpsest.storage.RelationFiles;
import dev.palimpsest.table.TableEngine;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * Checks a whole database that nobody else uses but vacuum, which is kept off the table that is being checked: every page of every relation
 * file, the catalog, every tuple and chain, every index entry against the rows, maps, sequences and big values. One use.
 */
public final class DatabaseChecker {
    private final TableEngine tables;
    private final Disk disk;
    private final Problems problems = new Problems();

    public DatabaseChecker(TableEngine tables, Disk disk) {
        this.tables = tables;
        this.disk = disk;
    }

    /**
     * What {@link #check} found.
     *
     * @param recovered the database hadn't been shut down cleanly: it was recovered first
     * @param problems each with file, block and line pointer where it has them; empty if all is well
     */
    public record Report(boolean recovered, List<String> problems) {}

    /**
     * Checks a closed database. Opens it for that, which recovers it where it wasn't shut down cleanly, as any opening does.
     *
     * @throws EngineException if it can't be opened at all
     */
    public static Report check(Path directory, DatabaseOptions options, CheckProgress progress) {
        try (Database database = Database.open(directory, options.withCreateIfMissing(false))) {
            InspectableDatabase inside = (InspectableDatabase) database;
            return new Report(inside.wasRecovered(), inside.check(progress));
        }
    }

    public List<String> run(CheckProgress progress) {
        try {
            checkPages(progress);
            if (problems.count() == 0) { // else the rest would only say it again, or not come to an end
                checkContents(progress);
            }
        } catch (EngineException e) {
            problems.add(e.text());
        }
        return problems.list();
    }

    private void checkPages(CheckProgress progress) {
        BufferPool pool = tables.heapContext().pool();
        Set<Integer> named = tables.currentCatalog().fileNumbers();
        for (String name : disk.list(RelationFiles.DIRECTORY)) {
            long pageId = RelationFiles.parse(name);
            if (pageId == PageId.NONE || !named.contains(PageId.fileNumber(pageId))) {
                problems.add("file " + RelationFiles.DIRECTORY + "/" + name + " belongs to nothing in the catalog");
            }
        }
        for (int fileNumber : named) {
            for (int fork = 0; fork < PageId.FORKS; fork++) {
                PageCheck.check(pool.file(fileNumber, fork), problems, progress);
            }
        }
    }

    private void checkContents(CheckProgress progress) {
        Catalog catalog = tables.catalog();
        problems.addAll(tables.inTransaction(tx -> CatalogVerifier.verify(catalog, tx)));
        CatalogSnapshot snapshot = tables.currentCatalog();
        long nextXid = tables.transactions().nextXid();
        for (TableInfo table : snapshot.tables()) {
            tables.inTransaction(tx -> {
                tables.transactions()
                        .locks()
                        .lockRelation(tx, table.oid(), LockMode.SHARE_UPDATE_EXCLUSIVE, table.name());
                new TableCheck(table, tx, nextXid, problems, progress).run();
                return null;
            });
        }
        for (SequenceInfo sequence : snapshot.sequences()) {
            String problem = sequence.handle().problem();
            if (problem != null) {
                problems.add("sequence " + sequence.name() + ": " + problem);
            }
        }
    }
}
