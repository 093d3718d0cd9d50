package dev.palimpsest.vacuum.service;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.UsageException;
import dev.palimpsest.api.VacuumOptions;
import dev.palimpsest.api.VacuumProgress;
import dev.palimpsest.api.VacuumReport;
import dev.palimpsest.api.WaitPolicy;
import dev.palimpsest.catalog.CatalogSnapshot;
import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.reclaim.ArchiveFactory;
import dev.palimpsest.reclaim.VacuumContext;
import dev.palimpsest.reclaim.VacuumService;
import dev.palimpsest.scheduler.Scheduler;
import dev.palimpsest.table.TableEngine;
import dev.palimpsest.table.UserSession;
import dev.palimpsest.vacuum.ArchiveOpener;
import dev.palimpsest.vacuum.StatusTruncation;
import dev.palimpsest.vacuum.TableVacuum;
import dev.palimpsest.vacuum.VacuumGoal;
import dev.palimpsest.vacuum.archive.Archives;
import dev.palimpsest.vacuum.auto.Autovacuum;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;

/** Vacuum of one open database. Thread-safe. */
final class EngineVacuum implements VacuumService {
    private final VacuumContext context;
    private final TableEngine tables;
    private final Scheduler scheduler;
    private final ArchiveFactory archives;
    private final ArchiveOpener archive;
    private final StatusTruncation status;
    private final TableVacuum vacuum;
    private final Autovacuum autovacuum;

    /** Set once. */
    private volatile boolean stopping;

    EngineVacuum(VacuumContext context) {
        this.context = context;
        tables = context.tables();
        scheduler = tables.heapContext().scheduler();
        ArchiveFactory chosen = context.settings().archives();
        archives =
                chosen != null ? chosen : Archives.standard(context.settings().archiveBytes());
        archive = new ArchiveOpener(
                archives, context.directory(), tables.heapContext().archive(), scheduler);
        status = new StatusTruncation(tables);
        vacuum = new TableVacuum(tables, archive, status, () -> stopping);
        autovacuum =
                new Autovacuum(tables, vacuum, status, context.settings().autovacuum(), () -> stopping, archive::tend);
    }

    @Override
    public void start() {
        archives.removeLeftovers(context.directory());
        autovacuum.prepare();
        if (context.settings().autovacuum().enabled()) {
            autovacuum.start();
        }
    }

    @Override
    public List<VacuumReport> vacuum(VacuumOptions options, List<String> names, UserSession session) {
        long start = scheduler.nanoTime();
        if (session != null) {
            session.beginSteps(start);
        }
        WaitPolicy wait = options.skipLocked() ? WaitPolicy.SKIP_LOCKED : WaitPolicy.BLOCK;
        List<VacuumReport> reports = new ArrayList<>();
        for (String name : existing(names)) {
            reports.add(vacuum.run(name, wait, session, start, parameters -> VacuumGoal.byHand(options, parameters)));
        }
        status.truncate();
        return reports;
    }

    private Iterable<String> existing(List<String> names) {
        CatalogSnapshot catalog = tables.currentCatalog();
        if (names.isEmpty()) {
            return catalog.tables().stream().map(TableInfo::name).toList();
        }
        for (String name : names) {
            if (!catalog.isTaken(name)) {
                throw new UsageException(SqlState.UNDEFINED_TABLE, "relation \"" + name + "\" does not exist");
            }
        }
        return new LinkedHashSet<>(names);
    }

    @Override
    public List<VacuumReport> runCycle() {
        return autovacuum.runCycle();
    }

    @Override
    public List<VacuumProgress> progress() {
        return vacuum.progress();
    }

    @Override
    public void stop() {
        stopping = true;
        autovacuum.awaitEnd();
    }

    @Override
    public void close() {
        archive.close();
    }
}
