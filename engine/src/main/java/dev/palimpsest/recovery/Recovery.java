package dev.palimpsest.recovery;

import dev.palimpsest.api.EngineException;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.buffer.BufferPool;
import dev.palimpsest.id.Lsn;
import dev.palimpsest.storage.Disk;
import dev.palimpsest.wal.ResourceManager;
import dev.palimpsest.wal.ResourceManagerId;
import dev.palimpsest.wal.Wal;
import dev.palimpsest.wal.WalReader;
import dev.palimpsest.wal.WalRecord;
import java.util.List;

/**
 * Redo: does again everything in the log since the redo position of the last checkpoint. There is no undo, since the versions of an
 * aborted transaction are never visible.
 *
 * <p>Runs on one engine task, before the log is started and before anybody else uses the pool.
 */
public final class Recovery {
    private static final int RECORDS_PER_PROGRESS = 4096;

    private final Disk disk;
    private final List<String> dataDirectories;
    private final Wal wal;
    private final BufferPool pool;
    private final ResourceManagers managers;

    /** @param dataDirectories all directories, besides the log's, in which a checkpoint makes files durable */
    public Recovery(Disk disk, List<String> dataDirectories, Wal wal, BufferPool pool, ResourceManagers managers) {
        this.disk = disk;
        this.dataDirectories = dataDirectories;
        this.wal = wal;
        this.pool = pool;
        this.managers = managers;
    }

    /**
     * Brings pages (and whatever else the resource managers keep) to the state at the end of the log. The caller then starts the log at
     * {@link RedoResult#endLsn} and ends recovery with a checkpoint.
     *
     * @throws StoppedException XX001 naming segment and offset if the log is damaged or doesn't reach the last checkpoint
     */
    public RedoResult redo(ControlRecord control, RedoProgress progress) {
        wal.forceForRecovery(control.redoLsn());
        forceDirectories();
        RecordPages pages = new RecordPages(pool);
        long records = 0;
        boolean changes = false;
        try (WalReader reader = wal.read(control.redoLsn())) {
            while (reader.next()) {
                redo(reader, pages);
                changes |= reader.record().rmgr() != ResourceManagerId.CONTROL;
                if (++records % RECORDS_PER_PROGRESS == 0) {
                    progress.redone(records, reader.record().lsn(), control.redoLsn());
                }
            }
            long end = reader.endLsn();
            if (end < control.checkpointLsn()) {
                String problem =
                        reader.endReason() + "; the last checkpoint ends at " + Lsn.toString(control.checkpointLsn());
                throw reader.damaged(end, problem);
            }
            progress.redone(records, end, control.redoLsn());
            return new RedoResult(
                    end,
                    records,
                    changes,
                    Math.max(control.nextXid(), pages.maxXid() + 1),
                    Math.max(control.nextFileNumber(), pages.maxFileNumber() + 1),
                    Math.max(control.nextOid(), pages.maxOid() + 1));
        }
    }

    /**
     * A killed process leaves names that the system shows but hasn't made durable, and this life's checkpoints would not know of them.
     * (Bytes it left in data files are written again: whatever was changed behind the redo position has an image there.)
     */
    private void forceDirectories() {
        for (String directory : dataDirectories) {
            disk.forceDirectory(directory);
        }
    }

    private void redo(WalReader reader, RecordPages pages) {
        WalRecord record = reader.record();
        ResourceManager manager = managers.of(record.rmgr());
        if (manager == null) {
            throw reader.damaged(record.startLsn(), "no resource manager for: " + record);
        }
        try {
            pages.begin(record);
            manager.redo(record, pages);
            pages.end();
        } catch (RuntimeException e) {
            throw failed(reader, record, manager, e);
        } finally {
            pages.release();
        }
    }

    private static StoppedException failed(
            WalReader reader, WalRecord record, ResourceManager manager, RuntimeException cause) {
        boolean ours = cause instanceof EngineException;
        return new StoppedException(
                ours ? ((EngineException) cause).sqlState() : SqlState.DATA_CORRUPTED,
                "could not redo a WAL record: " + (ours ? cause.getMessage() : cause),
                reader.where(record.startLsn()) + ": " + record + " | " + describe(manager, record),
                null,
                cause);
    }

    private static String describe(ResourceManager manager, WalRecord record) {
        try {
            return manager.describe(record);
        } catch (RuntimeException e) {
            return "can't be described: " + e;
        }
    }
}
