package dev.palimpsest.vacuum;

import dev.palimpsest.heap.ArchiveHolder;
import dev.palimpsest.reclaim.ArchiveFactory;
import dev.palimpsest.reclaim.ArchiveFactory.OpenArchive;
import dev.palimpsest.scheduler.Scheduler;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.concurrent.atomic.AtomicBoolean;

/** Makes a database's archive when the first version wants to go there, and takes it away at the end. Thread-safe. */
public final class ArchiveOpener {
    private static final Logger LOG = System.getLogger(ArchiveOpener.class.getName());

    private final ArchiveFactory factory;
    private final Path directory;
    private final ArchiveHolder holder;
    private final Scheduler scheduler;

    /** CAS by who makes it; others go on without. What couldn't be made isn't tried again. */
    private final AtomicBoolean tried = new AtomicBoolean();

    /** Null until there is one. Written by who made it. */
    private volatile OpenArchive archive;

    public ArchiveOpener(ArchiveFactory factory, Path directory, ArchiveHolder holder, Scheduler scheduler) {
        this.factory = factory;
        this.directory = directory;
        this.holder = holder;
        this.scheduler = scheduler;
    }

    /**
     * A page couldn't archive a version: makes the archive, or makes it larger. The first time this takes seconds; the caller holds nothing but
     * its lock on the table.
     *
     * @return true if there is room now that wasn't there before
     */
    boolean makeRoom() {
        if (tried.compareAndSet(false, true)) {
            onEngineTask(this::make);
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
        }
    }

    /** Between two pages: the archive may grow or shrink. */
    public void tend() {
        OpenArchive made = archive;
        if (made != null && made.isDue()) {
            onEngineTask(() -> tend(made));
        }
    }

    /** Nobody asks it any more, and no vacuum runs. */
    public void close() {
        tried.set(true);
        OpenArchive made = archive;
        if (made != null) {
            archive = null;
            made.close();
        }
    }
}
