package dev.palimpsest.vacuum;

import dev.palimpsest.heap.ArchiveHolder;
import dev.palimpsest.reclaim.ArchiveFactory;
import dev.palimpsest.reclaim.ArchiveFactory.OpenArchive;
import dev.palimpsest.scheduler.Scheduler;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;

/**
 * Makes a database's archive when the first version wants to go there, on a task of its own, and takes it away at the end. Thread-safe.
 */
public final class ArchiveOpener {
    private static final Logger LOG = System.getLogger(ArchiveOpener.class.getName());

    /** Who waits looks so often whether he has to stop. */
    private static final long LOOK_NANOS = 20_000_000;

    private final ArchiveFactory factory;
    private final Path directory;
    private final ArchiveHolder holder;
    private final Scheduler scheduler;

    /** CAS by the first who wants it. What couldn't be made isn't tried again. */
    private final AtomicBoolean wanted = new AtomicBoolean();

    /** The task that makes it; null until then. Written by the first who wants it. */
    private volatile Thread maker;

    /** Null until there is one. Written by its maker. */
    private volatile OpenArchive archive;

    /** It was made, or couldn't be. Written by its maker, after {@link #archive}. */
    private volatile boolean decided;

    public ArchiveOpener(ArchiveFactory factory, Path directory, ArchiveHolder holder, Scheduler scheduler) {
        this.factory = factory;
        this.directory = directory;
        this.holder = holder;
        this.scheduler = scheduler;
    }

    /** Is there one? */
    boolean isThere() {
        return archive != null;
    }

    /** There is one, or there may soon be. */
    boolean isExpected() {
        return !decided || archive != null;
    }

    /**
     * A page couldn't archive a version: has the archive made, or makes it larger. The caller holds nothing but its lock on the table.
     *
     * @param hadArchive was it there when that page was looked at?
     * @param await waits for an archive that is still to be made, which may take seconds
     * @param check throws if the waiting has to end
     * @return true if there is room now that wasn't there before
     */
    boolean makeRoom(boolean hadArchive, boolean await, Runnable check) {
        if (!hadArchive) {
            begin();
            while (await && !decided) {
                check.run();
                scheduler.park(this, LOOK_NANOS);
            }
            return archive != null;
        }
        OpenArchive made = archive;
        if (made == null || !made.isDue()) {
            return false;
        }
        long before = made.fill().takenBytes();
        onEngineTask(() -> tend(made));
        return made.fill().takenBytes() > before;
    }

    private void begin() {
        if (!wanted.compareAndSet(false, true)) {
            return;
        }
        try {
            maker = scheduler.spawn("archive", this::make);
        } catch (Throwable e) {
            decided = true;
            throw e;
        }
    }

    /** It may write a file. */
    private void onEngineTask(Runnable work) {
        if (scheduler.onEngineTask()) {
            work.run();
        } else {
            scheduler.join(scheduler.spawn("archive", work));
        }
    }

    private static void tend(OpenArchive made) {
        try {
            made.tend();
        } catch (Exception | LinkageError e) {
            LOG.log(Level.WARNING, "the archive of old versions could not be made larger or smaller", e);
        }
    }

    private void make() {
        try {
            OpenArchive made = factory.open(directory);
            if (made != null) {
                holder.install(made);
                archive = made;
            }
        } catch (Exception | LinkageError e) {
            LOG.log(Level.WARNING, "versions that only old snapshots see stay in their pages: there is no archive", e);
        } finally {
            decided = true;
        }
    }

    /** Between two pages: the archive may grow or shrink. */
    public void tend() {
        OpenArchive made = archive;
        if (made != null && made.isDue()) {
            onEngineTask(() -> tend(made));
        }
    }

    /**
     * Nobody asks it any more, and no vacuum runs. If it is just being made, that ends first: its file would lie in a directory that isn't ours any
     * more.
     */
    public void close() {
        wanted.set(true);
        Thread making = maker;
        if (making != null) {
            scheduler.join(making);
        }
        OpenArchive made = archive;
        if (made != null) {
            archive = null;
            made.close();
        }
    }
}
