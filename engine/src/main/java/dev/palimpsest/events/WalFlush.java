package dev.palimpsest.events;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** One force of the log; all commits that waited for it are durable then. */
@Name("dev.palimpsest.WalFlush")
@Label("WAL Flush")
@Description("The log was forced to the disk")
@Category("Palimpsest")
@StackTrace(false)
public final class WalFlush extends Event {
    @Label("Bytes Made Durable")
    @DataAmount
    public long bytes;

    /** It begins now; {@link #finish} follows, on the same thread. */
    public static WalFlush start() {
        WalFlush event = new WalFlush();
        event.begin();
        return event;
    }

    public void finish(long newBytes) {
        end();
        if (shouldCommit()) {
            bytes = newBytes;
            commit();
        }
    }
}
