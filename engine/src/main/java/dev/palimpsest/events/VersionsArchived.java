package dev.palimpsest.events;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** Vacuum moved versions of one page, which only old snapshots see, to the archive. */
@Name("dev.palimpsest.VersionsArchived")
@Label("Versions Archived")
@Description("Vacuum moved versions of one page to the archive")
@Category("Palimpsest")
@StackTrace(false)
public final class VersionsArchived extends Event {
    @Label("Relation File")
    public int relation;

    @Label("Block")
    public int block;

    @Label("Versions")
    public int versions;

    public static void happened(int relation, int block, int versions) {
        VersionsArchived event = new VersionsArchived();
        if (event.isEnabled()) {
            event.relation = relation;
            event.block = block;
            event.versions = versions;
            event.commit();
        }
    }
}
