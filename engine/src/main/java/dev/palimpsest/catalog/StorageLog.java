package dev.palimpsest.catalog;

import dev.palimpsest.wal.RedoPages;
import dev.palimpsest.wal.ResourceManager;
import dev.palimpsest.wal.ResourceManagerId;
import dev.palimpsest.wal.WalRecord;
import dev.palimpsest.wal.WalRecordBuilder;

/**
 * The record of a relation file's creation: {@code CREATE: u32 file number}. Redo makes no file (its pages' records do), it only keeps the
 * number from being handed out again. Files that no committed row of the catalog names are removed after recovery. Stateless.
 */
final class StorageLog implements ResourceManager {
    private static final int CREATE = 1;

    @Override
    public ResourceManagerId id() {
        return ResourceManagerId.STORAGE;
    }

    @Override
    public void redo(WalRecord record, RedoPages pages) {
        pages.noteFileNumber(record.payloadInt(0));
    }

    @Override
    public String describe(WalRecord record) {
        return "CREATE file=" + record.payloadInt(0);
    }

    static void formCreate(WalRecordBuilder record, int fileNumber, long xid) {
        record.begin(ResourceManagerId.STORAGE, CREATE, xid).putInt(fileNumber);
    }
}
