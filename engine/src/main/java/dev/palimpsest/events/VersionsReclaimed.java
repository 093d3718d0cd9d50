package dev.palimpsest.events;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** Vacuum removed dead versions of one page: from the page, and from the archive. */
@Name("dev.palimpsest.VersionsReclaimed")
@Label("Versions Reclaimed")
@Description("Vacuum removed dead versions of one page")
@Category("Palimpsest")
@StackTrace(false)
public final class VersionsReclaimed extends Event {
    @Label("Relation File")
    public int relation;

    @Label("Block")
    public int block;

    @Label("Versions")
    public int versions;

    @Label("Archived Versions")
    public int archivedVersions;

    public static void happened(int relation, int block, int versions, int archivedVersions) {
        VersionsReclaimed event = new VersionsReclaimed();
        if (event.isEnabled()) {
            event.relation = relation;
            event.block = block;
            event.versions = versions;
            event.archivedVersions = archivedVersions;
            event.commit();
        }
    }
}
