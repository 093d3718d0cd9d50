package dev.palimpsest.events;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** One checkpoint, from the choice of its redo position to its control record. */
@Name("dev.palimpsest.Checkpoint")
@Label("Checkpoint")
@Description("A checkpoint")
@Category("Palimpsest")
@StackTrace(false)
public final class Checkpoint extends Event {
    @Label("Immediate")
    public boolean immediate;

    @Label("Redo LSN")
    public long redoLsn;

    /** It begins now; {@link #finish} follows, on the same thread. */
    public static Checkpoint start() {
        Checkpoint event = new Checkpoint();
        event.begin();
        return event;
    }

    public void finish(boolean newImmediate, long newRedoLsn) {
        end();
        if (shouldCommit()) {
            immediate = newImmediate;
            redoLsn = newRedoLsn;
            commit();
        }
    }
}
