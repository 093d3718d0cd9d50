package dev.palimpsest.recovery;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.storage.Disk;
import dev.palimpsest.storage.DiskFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The file {@code control}: two copies of the control record, written in turn, each forced before the other is touched again, so that
 * one of them is always whole. The file gets its name last when a database is made: where it exists there is a database.
 *
 * <p>Used by one task at a time: first the one that opens the database, then the checkpointer. Writes on engine tasks.
 */
public final class ControlFile {
    public static final String PATH = "control";

    private static final String TEMPORARY_PATH = PATH + ".tmp";

    private final Disk disk;

    public ControlFile(Disk disk) {
        this.disk = disk;
    }

    /** Whether there is a database here. */
    public boolean exists() {
        return disk.exists(PATH);
    }

    /**
     * Whether somebody began to make a database here and the power went: {@link #beginCreation} was done and {@link #create} not. Nothing
     * in it was ever visible to anybody, so that its files may be deleted.
     */
    public boolean isHalfMade() {
        return !exists() && disk.exists(TEMPORARY_PATH);
    }

    /** The first step of making a database, before any other file: marks the directory as half made. */
    public void beginCreation() {
        disk.open(TEMPORARY_PATH, true).close();
        disk.forceDirectory("");
    }

    /** Makes the database exist: durable, content and name, when this returns. Everything else that it needs is durable before. */
    public ControlRecord create(ControlRecord first) {
        ControlRecord record = first.withSequence(1);
        try (DiskFile file = disk.open(TEMPORARY_PATH, true)) {
            file.write(ControlLayout.form(record.withSequence(0)), 0);
            file.write(ControlLayout.form(record), ControlLayout.COPY_DISTANCE);
            file.force();
        }
        disk.rename(TEMPORARY_PATH, PATH);
        disk.forceDirectory("");
        return record;
    }

    /**
     * The newer one of the sound copies.
     *
     * @throws StoppedException XX001 if no copy is sound, or the database is of another format
     */
    public ControlRecord read() {
        ControlRecord newest = null;
        StringBuilder problems = new StringBuilder();
        try (DiskFile file = disk.open(PATH, false)) {
            for (int copy = 0; copy < ControlLayout.COPIES; copy++) {
                ByteBuffer bytes = read(file, copy);
                String problem = ControlLayout.problem(bytes);
                if (problem != null) {
                    problems.append(problems.isEmpty() ? "" : "; ")
                            .append("copy ")
                            .append(copy)
                            .append(": ")
                            .append(problem);
                    continue;
                }
                checkCompatible(bytes);
                ControlRecord record = ControlLayout.deform(bytes);
                newest = newest == null || record.sequence() > newest.sequence() ? record : newest;
            }
        }
        if (newest == null) {
            throw new StoppedException(
                    SqlState.DATA_CORRUPTED,
                    "both copies of the control record in file \"" + PATH + "\" are damaged",
                    problems.toString(),
                    "Restore the database from a backup.",
                    null);
        }
        return newest;
    }

    /**
     * Writes over the older copy and forces it.
     *
     * @param last what {@link #read}, {@link #create} or this gave last
     * @return what was written: {@code next} with its sequence number
     */
    public ControlRecord write(ControlRecord last, ControlRecord next) {
        ControlRecord record = next.withSequence(last.sequence() + 1);
        try (DiskFile file = disk.open(PATH, false)) {
            file.write(ControlLayout.form(record), position((int) (record.sequence() % ControlLayout.COPIES)));
            file.force();
        }
        return record;
    }

    private static void checkCompatible(ByteBuffer bytes) {
        String incompatibility = ControlLayout.incompatibility(bytes);
        if (incompatibility != null) {
            throw new StoppedException(
                    SqlState.DATA_CORRUPTED,
                    "the database was made by an incompatible version",
                    "file=" + PATH + " " + incompatibility);
        }
    }

    private static ByteBuffer read(DiskFile file, int copy) {
        ByteBuffer bytes = ByteBuffer.allocateDirect(ControlLayout.BYTES).order(ByteOrder.LITTLE_ENDIAN);
        file.read(bytes, position(copy)); // what is missing stays zero, which no CRC forgives
        return bytes.clear();
    }

    private static long position(int copy) {
        return (long) copy * ControlLayout.COPY_DISTANCE;
    }
}
