package dev.palimpsest.recovery;

import dev.palimpsest.id.Lsn;
import dev.palimpsest.id.Xid;
import dev.palimpsest.wal.RedoPages;
import dev.palimpsest.wal.ResourceManager;
import dev.palimpsest.wal.ResourceManagerId;
import dev.palimpsest.wal.WalRecord;
import dev.palimpsest.wal.WalRecordBuilder;

/**
 * The record that ends a checkpoint, and its resource manager. Payload: redo position u64, next xid u64, next file number u32, next oid
 * u64. Redoing it changes no page.
 */
final class CheckpointRecord implements ResourceManager {
    static final int ONLINE = 1;
    static final int SHUTDOWN = 2;

    private static final int REDO_OFFSET = 0;
    private static final int NEXT_XID_OFFSET = REDO_OFFSET + Long.BYTES;
    private static final int NEXT_FILE_NUMBER_OFFSET = NEXT_XID_OFFSET + Long.BYTES;
    private static final int NEXT_OID_OFFSET = NEXT_FILE_NUMBER_OFFSET + Integer.BYTES;

    static WalRecordBuilder form(boolean shutdown, long redoLsn, long nextXid, int nextFileNumber, long nextOid) {
        return new WalRecordBuilder()
                .begin(ResourceManagerId.CONTROL, shutdown ? SHUTDOWN : ONLINE, Xid.NONE)
                .putLong(redoLsn)
                .putLong(nextXid)
                .putInt(nextFileNumber)
                .putLong(nextOid);
    }

    @Override
    public ResourceManagerId id() {
        return ResourceManagerId.CONTROL;
    }

    @Override
    public void redo(WalRecord record, RedoPages pages) {
        pages.noteXid(record.payloadLong(NEXT_XID_OFFSET) - 1);
        pages.noteFileNumber(record.payloadInt(NEXT_FILE_NUMBER_OFFSET) - 1);
        pages.noteOid(record.payloadLong(NEXT_OID_OFFSET) - 1);
    }

    @Override
    public String describe(WalRecord record) {
        return (record.info() == SHUTDOWN ? "CHECKPOINT_SHUTDOWN" : "CHECKPOINT_ONLINE")
                + " redo=" + Lsn.toString(record.payloadLong(REDO_OFFSET))
                + " nextXid=" + record.payloadLong(NEXT_XID_OFFSET)
                + " nextFileNumber=" + record.payloadInt(NEXT_FILE_NUMBER_OFFSET)
                + " nextOid=" + record.payloadLong(NEXT_OID_OFFSET);
    }
}
