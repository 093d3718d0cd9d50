package dev.palimpsest.events;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** One vacuum of one table, from its lock on; the thread is the one that did it. */
@Name("dev.palimpsest.VacuumCycle")
@Label("Vacuum Cycle")
@Description("One vacuum of one table")
@Category("Palimpsest")
@StackTrace(false)
public final class VacuumCycle extends Event {
    @Label("Table")
    public String table;

    @Label("Automatic")
    public boolean automatic;

    @Label("Pages Scanned")
    public int pagesScanned;

    @Label("Versions Removed")
    public long versionsRemoved;

    @Label("Versions Archived")
    public long versionsArchived;

    @Label("Versions Pinned")
    public long versionsPinned;

    /** It begins now; {@link #finish} follows, on the same thread. */
    public static VacuumCycle start() {
        VacuumCycle event = new VacuumCycle();
        event.begin();
        return event;
    }

    public void finish(
            String newTable,
            boolean newAutomatic,
            int newPagesScanned,
            long newVersionsRemoved,
            long newVersionsArchived,
            long newVersionsPinned) {
        end();
        if (shouldCommit()) {
            table = newTable;
            automatic = newAutomatic;
            pagesScanned = newPagesScanned;
            versionsRemoved = newVersionsRemoved;
            versionsArchived = newVersionsArchived;
            versionsPinned = newVersionsPinned;
            commit();
        }
    }
}
