package dev.palimpsest.vacuum.service;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.UsageException;
import dev.palimpsest.api.VacuumOptions;
import dev.palimpsest.api.VacuumProgress;
import dev.palimpsest.api.VacuumReport;
import dev.palimpsest.reclaim.ArchiveFactory;
import dev.palimpsest.reclaim.VacuumContext;
import dev.palimpsest.reclaim.VacuumService;
import dev.palimpsest.table.UserSession;
import dev.palimpsest.vacuum.archive.Archives;
import java.util.List;

/** Vacuum of one open database. Thread-safe. */
final class EngineVacuum implements VacuumService {
    private final VacuumContext context;
    private final ArchiveFactory archives;

    EngineVacuum(VacuumContext context) {
        this.context = context;
        ArchiveFactory chosen = context.settings().archives();
        this.archives =
                chosen != null ? chosen : Archives.standard(context.settings().archiveBytes());
    }

    @Override
    public void start() {
        archives.removeLeftovers(context.directory());
    }

    @Override
    public List<VacuumReport> vacuum(VacuumOptions options, List<String> tables, UserSession session) {
        throw new UsageException(SqlState.FEATURE_NOT_SUPPORTED, "vacuum is not supported yet");
    }

    @Override
    public List<VacuumReport> runCycle() {
        return List.of();
    }

    @Override
    public List<VacuumProgress> progress() {
        return List.of();
    }

    @Override
    public void stop() {}
}
