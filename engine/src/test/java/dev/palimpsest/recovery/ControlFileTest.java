package dev.palimpsest.recovery;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.storage.Disk;
import dev.palimpsest.storage.DiskFile;
import dev.palimpsest.storage.MemoryDisk;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;
import org.junit.jupiter.api.Test;

class ControlFileTest {
    private final Disk disk = new MemoryDisk();
    private final ControlFile file = new ControlFile(disk);
    private final ControlRecord first = new ControlRecord(0, 1L << 60, false, 500, 400, 30, 20, 10, 1 << 24, 0);

    @Test
    void shouldExistOnlyOnceItIsMade() {
        assertFalse(file.exists());
        assertFalse(file.isHalfMade());
        file.beginCreation();
        assertFalse(file.exists());
        assertTrue(file.isHalfMade());
        ControlRecord made = file.create(first);
        assertTrue(file.exists());
        assertFalse(file.isHalfMade());
        assertEquals(first.withSequence(1), made);
        assertEquals(made, file.read());
    }

    @Test
    void shouldReadWhatWasWrittenLast() {
        ControlRecord last = file.create(first);
        for (int i = 1; i < 6; i++) {
            ControlRecord next =
                    new ControlRecord(99, 1L << 60, i % 2 == 0, 500 + i, 400 + i, 30 + i, 20 + i, 10 + i, 1 << 24, 0);
            last = file.write(last, next);
            assertEquals(next.withSequence(1 + i), last);
            assertEquals(last, file.read());
        }
    }

    @Test
    void shouldNeverTouchTheNewerCopy() {
        ControlRecord last = file.create(first);
        for (int i = 1; i < 6; i++) {
            ControlRecord before = last;
            last = file.write(before, first.inUse());
            int at = (int) (last.sequence() % 2) * ControlLayout.COPY_DISTANCE;
            flip(at);
            assertEquals(before, file.read(), "as if this write was torn");
            flip(at);
        }
    }

    @Test
    void shouldFallBackToTheOtherCopyWhicheverByteIsDamaged() {
        ControlRecord older = file.create(first);
        ControlRecord newer = file.write(older, first.inUse());
        int newerAt = (int) (newer.sequence() % 2) * ControlLayout.COPY_DISTANCE;
        for (int i = 0; i < ControlLayout.BYTES; i++) {
            flip(newerAt + i);
            assertEquals(older, file.read(), "byte=" + i);
            flip(newerAt + i);
        }
        int olderAt = ControlLayout.COPY_DISTANCE - newerAt;
        for (int i = 0; i < ControlLayout.BYTES; i++) {
            flip(olderAt + i);
            assertEquals(newer, file.read(), "byte=" + i);
            flip(olderAt + i);
        }
    }

    @Test
    void shouldNameTheFileWhenBothCopiesAreDamaged() {
        file.create(first);
        flip(100);
        flip(ControlLayout.COPY_DISTANCE);
        StoppedException damaged = assertThrows(StoppedException.class, file::read);
        assertEquals(SqlState.DATA_CORRUPTED, damaged.sqlState());
        assertTrue(damaged.getMessage().contains("\"control\""), damaged.toString());
        assertTrue(
                damaged.detail().contains("copy 0: crc=") && damaged.detail().contains("copy 1: magic="),
                damaged.detail());
    }

    @Test
    void shouldTakeATruncatedFileForDamaged() {
        ControlRecord made = file.create(first);
        try (DiskFile control = disk.open(ControlFile.PATH, false)) {
            control.truncate(ControlLayout.COPY_DISTANCE + 511);
        }
        assertEquals(made.withSequence(0), file.read());
        try (DiskFile control = disk.open(ControlFile.PATH, false)) {
            control.truncate(0);
        }
        assertEquals(
                SqlState.DATA_CORRUPTED,
                assertThrows(StoppedException.class, file::read).sqlState());
    }

    @Test
    void shouldRefuseAnotherFormatVersion() {
        file.create(first);
        try (DiskFile control = disk.open(ControlFile.PATH, false)) {
            ByteBuffer copy = ControlLayout.form(first.withSequence(7));
            copy.putInt(8, 2);
            CRC32C crc = new CRC32C();
            crc.update(copy.duplicate().limit(508));
            copy.putInt(508, (int) crc.getValue());
            control.write(copy, 0);
        }
        StoppedException other = assertThrows(StoppedException.class, file::read);
        assertTrue(other.detail().contains("formatVersion=2 expected=1"), other.toString());
    }

    private void flip(int position) {
        try (DiskFile control = disk.open(ControlFile.PATH, false)) {
            ByteBuffer one = ByteBuffer.allocate(1);
            control.read(one, position);
            control.write(ByteBuffer.wrap(new byte[] {(byte) (one.get(0) ^ 0x10)}), position);
        }
    }
}
