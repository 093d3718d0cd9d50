package dev.palimpsest.reclaim;

import dev.palimpsest.api.VacuumOptions;
import dev.palimpsest.api.VacuumProgress;
import dev.palimpsest.api.VacuumReport;
import dev.palimpsest.table.UserSession;
import java.util.List;

/** Vacuum of one open database. Thread-safe. */
public interface VacuumService {
    /**
     * After recovery, on an engine task, before the first user: what a former life left of the archive goes, and autovacuum's task begins, if
     * it is on.
     */
    void start();

    /**
     * Vacuums tables in the caller, outside of any transaction.
     *
     * @param tables names; none for all
     * @param session whose limits and cancel count, or null
     */
    List<VacuumReport> vacuum(VacuumOptions options, List<String> tables, UserSession session);

    /** One cycle of autovacuum in the caller, as if its nap were over now, also where it is off. Returns what was vacuumed. */
    List<VacuumReport> runCycle();

    /** What runs now. */
    List<VacuumProgress> progress();

    /**
     * On an engine task, while the database is being closed or its opening has failed: whatever runs comes out between two pages, and no more
     * begins. Returns once autovacuum's tasks have ended. No effect the second time.
     */
    void stop();

    /** On an engine task, after {@link #stop}, when nobody is inside the engine any more: the archive goes, and its file. */
    void close();
}
