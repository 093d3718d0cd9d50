package dev.palimpsest.events;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A session waited for a lock, a row or another transaction. */
@Name("dev.palimpsest.LockWait")
@Label("Lock Wait")
@Description("A session waited for a lock, or for another transaction")
@Category("Palimpsest")
@StackTrace(true)
public final class LockWait extends Event {
    @Label("Session")
    public long session;

    @Label("Waited For")
    public String waitedFor;

    @Label("Granted")
    public boolean granted;

    /** It begins now; {@link #finish} follows, on the same thread. */
    public static LockWait start() {
        LockWait event = new LockWait();
        event.begin();
        return event;
    }

    public void finish(long newSession, String newWaitedFor, boolean newGranted) {
        end();
        if (shouldCommit()) {
            session = newSession;
            waitedFor = newWaitedFor;
            granted = newGranted;
            commit();
        }
    }
}
