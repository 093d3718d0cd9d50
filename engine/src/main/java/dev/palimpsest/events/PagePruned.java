package dev.palimpsest.events;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A writer removed dead versions from a page that had no room. */
@Name("dev.palimpsest.PagePruned")
@Label("Page Pruned")
@Description("A writer removed dead versions from the page that it needed room on")
@Category("Palimpsest")
@StackTrace(false)
public final class PagePruned extends Event {
    @Label("Relation File")
    public int relation;

    @Label("Block")
    public int block;

    @Label("Versions")
    public int versions;

    public static void happened(int relation, int block, int versions) {
        PagePruned event = new PagePruned();
        if (event.isEnabled()) {
            event.relation = relation;
            event.block = block;
            event.versions = versions;
            event.commit();
        }
    }
}
