package dev.palimpsest.crash;

import dev.palimpsest.scheduler.Scheduler;
import dev.palimpsest.scheduler.Step;
import dev.palimpsest.sim.ForwardingScheduler;
import dev.palimpsest.sim.SeededScheduler;
import dev.palimpsest.sim.SimulatedDisk;
import dev.palimpsest.storage.Disk;
import dev.palimpsest.storage.DiskFile;
import java.nio.ByteBuffer;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;

/**
 * Cuts the power at the nth event of a kind: stands between the engine and its disk and scheduler, sees every call of the disk and
 * every marked step, and knows what the engine is in the middle of. A cut at a call may or may not have the call's effect; one at a step
 * lies between two calls.
 *
 * <p>Used by the tasks of one {@link SeededScheduler}, one at a time: plain fields and collections.
 */
final class CutPoints {
    /** A thread that takes one of these has come out of its split. */
    private static final Set<Step> OUTSIDE_OF_SPLITS = EnumSet.of(
            Step.BTREE_BEFORE_LATCH,
            Step.HEAP_BEFORE_LATCH,
            Step.HEAP_CHANGED,
            Step.COMMIT_APPENDED,
            Step.LOCK_REQUESTED,
            Step.XID_ASSIGNED,
            Step.SNAPSHOT_PENDING,
            Step.ABORT_STORED);

    private final SimulatedDisk disk;
    private final SeededScheduler scheduler;
    private final CutKind kind;
    private final long cutSeed;
    private final Set<Thread> splitting = new HashSet<>();
    private final Set<Thread> committing = new HashSet<>();
    private long left;
    private boolean opening = true;
    private boolean checkpointing;
    private int bigValues;

    /** Forces of these files and directories are left out. */
    private final Predicate<String> unforced;

    /** @param nth which event of the kind, from 1; 0 for no cut at all */
    CutPoints(
            SimulatedDisk disk,
            SeededScheduler scheduler,
            CutKind kind,
            long nth,
            long cutSeed,
            Predicate<String> unforced) {
        this.disk = disk;
        this.scheduler = scheduler;
        this.kind = kind;
        this.left = nth;
        this.cutSeed = cutSeed;
        this.unforced = unforced;
    }

    Disk disk() {
        return new WatchedDisk();
    }

    Scheduler scheduler() {
        return new WatchedScheduler();
    }

    CutKind kind() {
        return kind;
    }

    boolean isOpening() {
        return opening;
    }

    /** The database is open and verified. */
    void opened() {
        opening = false;
    }

    void bigValueBegins() {
        bigValues++;
    }

    void bigValueEnds() {
        bigValues--;
    }

    void statementEnded() {
        splitting.remove(Thread.currentThread());
    }

    private void call(String path, boolean changes) {
        boolean counts = switch (kind) {
            case WAL -> !opening && changes && path.startsWith("wal");
            case CONTROL_RECORD -> path.startsWith("control");
            case STATUS_LOG -> changes && path.startsWith("status");
            case RECOVERY -> opening;
            case ANY -> true;
            case VACUUM -> isVacuum();
            default -> inMiddle();
        };
        if (counts && --left == 0) {
            disk.crashAt(1);
        }
    }

    private void step(Step step) {
        Thread self = Thread.currentThread();
        switch (step) {
            case CHECKPOINT_REDO_CHOSEN -> checkpointing = true;
            case BTREE_SPLIT -> splitting.add(self);
            case COMMIT_APPENDED -> committing.add(self);
            case COMMIT_STATUS_STORED -> committing.clear();
            default -> {
                if (OUTSIDE_OF_SPLITS.contains(step)) {
                    splitting.remove(self);
                }
            }
        }
        if (inMiddle() && --left == 0) {
            disk.powerCut(cutSeed);
            disk.exists(""); // throws
        }
        if (step == Step.CHECKPOINT_CONTROL_WRITTEN) {
            checkpointing = false;
        }
    }

    private boolean isVacuum() {
        return !opening && Thread.currentThread().getName().startsWith("autovacuum");
    }

    private boolean inMiddle() {
        return switch (kind) {
            case CHECKPOINT -> !opening && checkpointing;
            case SPLIT -> !splitting.isEmpty();
            case BIG_VALUE -> bigValues > 0;
            case COMMIT -> !committing.isEmpty();
            case VACUUM -> isVacuum();
            default -> false;
        };
    }

    private final class WatchedScheduler extends ForwardingScheduler {
        WatchedScheduler() {
            super(scheduler);
        }

        @Override
        public void step(Step step) {
            CutPoints.this.step(step);
            super.step(step);
        }
    }

    private final class WatchedDisk implements Disk {
        @Override
        public DiskFile open(String path, boolean create) {
            call(path, create);
            return new WatchedFile(disk.open(path, create));
        }

        @Override
        public boolean exists(String path) {
            call(path, false);
            return disk.exists(path);
        }

        @Override
        public void rename(String from, String to) {
            call(to, true);
            disk.rename(from, to);
        }

        @Override
        public void delete(String path) {
            call(path, true);
            disk.delete(path);
        }

        @Override
        public List<String> list(String directory) {
            call(directory, false);
            return disk.list(directory);
        }

        @Override
        public void createDirectory(String directory) {
            call(directory, true);
            disk.createDirectory(directory);
        }

        @Override
        public void forceDirectory(String directory) {
            call(directory, true);
            if (!unforced.test(directory + "/")) {
                disk.forceDirectory(directory);
            }
        }

        @Override
        public AutoCloseable lock(String path) {
            call(path, false);
            return disk.lock(path);
        }

        @Override
        public String describe() {
            return disk.describe();
        }

        @Override
        public void close() {
            disk.close();
        }
    }

    private final class WatchedFile implements DiskFile {
        private final DiskFile file;

        WatchedFile(DiskFile file) {
            this.file = file;
        }

        @Override
        public int read(ByteBuffer dst, long position) {
            call(path(), false);
            return file.read(dst, position);
        }

        @Override
        public void write(ByteBuffer src, long position) {
            call(path(), true);
            file.write(src, position);
        }

        @Override
        public void force() {
            call(path(), true);
            if (!unforced.test(path())) {
                file.force();
            }
        }

        @Override
        public void truncate(long sizeBytes) {
            call(path(), true);
            file.truncate(sizeBytes);
        }

        @Override
        public long size() {
            call(path(), false);
            return file.size();
        }

        @Override
        public String path() {
            return file.path();
        }

        @Override
        public void close() {
            file.close();
        }
    }
}
