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
     * A page couldn't archive a version. The first time this takes seconds; the caller holds nothing but its lock on the table.
     *
     * @return true if there is an archive now that wasn't there before
     */
    boolean open() {
        if (!tried.compareAndSet(false, true)) {
            return false;
        }
        if (scheduler.onEngineTask()) {
            make();
        } else { // it writes a file
            scheduler.join(scheduler.spawn("archive", this::make));
        }
        return archive != null;
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
        if (made == null || !made.isDue()) {
            return;
        }
        if (scheduler.onEngineTask()) {
            made.tend();
        } else { // it may write a file
            scheduler.join(scheduler.spawn("archive", made::tend));
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
