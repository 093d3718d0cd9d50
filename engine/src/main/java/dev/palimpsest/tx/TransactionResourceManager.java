package dev.palimpsest.tx;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.wal.RedoPages;
import dev.palimpsest.wal.ResourceManager;
import dev.palimpsest.wal.ResourceManagerId;
import dev.palimpsest.wal.WalRecord;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.function.IntConsumer;

/** Redoes commits and aborts: statuses, and the removal of files; and the truncation of the status log. Redone twice they give the same. Single-threaded. */
public final class TransactionResourceManager implements ResourceManager {
    private final CommitLog statuses;
    private final IntConsumer fileRemover;

    /** @param fileRemover removes all forks of a relation file; no error if they aren't there */
    public TransactionResourceManager(CommitLog statuses, IntConsumer fileRemover) {
        this.statuses = statuses;
        this.fileRemover = fileRemover;
    }

    @Override
    public ResourceManagerId id() {
        return ResourceManagerId.TRANSACTION;
    }

    @Override
    public void redo(WalRecord record, RedoPages pages) {
        if (record.info() == TransactionRecords.TRUNCATE_STATUS) {
            statuses.truncate(TransactionRecords.truncationPoint(record));
            return;
        }
        boolean commit = isCommit(record);
        store(record.xid(), commit, record.lsn());
        for (int i = 0; i < TransactionRecords.subxidCount(record); i++) {
            long subxid = TransactionRecords.subxid(record, i);
            pages.noteXid(subxid);
            store(subxid, commit, record.lsn());
        }
        for (int i = 0; i < TransactionRecords.fileCount(record); i++) {
            int file = TransactionRecords.file(record, i);
            pages.noteFileNumber(file);
            fileRemover.accept(file);
        }
    }

    @Override
    public String describe(WalRecord record) {
        if (record.info() == TransactionRecords.TRUNCATE_STATUS) {
            return "TRUNCATE_STATUS point=" + TransactionRecords.truncationPoint(record);
        }
        StringBuilder text = new StringBuilder(isCommit(record) ? "COMMIT" : "ABORT");
        text.append(" time=").append(Instant.EPOCH.plus(TransactionRecords.timeMicros(record), ChronoUnit.MICROS));
        for (int i = 0; i < TransactionRecords.subxidCount(record); i++) {
            text.append(i == 0 ? " subxids=" : ",").append(TransactionRecords.subxid(record, i));
        }
        for (int i = 0; i < TransactionRecords.fileCount(record); i++) {
            text.append(i == 0 ? " files=" : ",").append(TransactionRecords.file(record, i));
        }
        return text.toString();
    }

    private void store(long xid, boolean commit, long lsn) {
        if (commit) {
            statuses.setCommitted(xid, lsn);
        } else {
            statuses.setAborted(xid, lsn);
        }
    }

    private static boolean isCommit(WalRecord record) {
        return switch (record.info()) {
            case TransactionRecords.COMMIT -> true;
            case TransactionRecords.ABORT -> false;
            default ->
                throw new StoppedException(
                        SqlState.DATA_CORRUPTED, "unknown transaction record", "info=" + record.info() + " " + record);
        };
    }
}
