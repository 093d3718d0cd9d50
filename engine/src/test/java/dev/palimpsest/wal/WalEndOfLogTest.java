package dev.palimpsest.wal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WalEndOfLogTest {
    private final WalFixture log = new WalFixture(new TestDisk(), WalFixture.SMALL).create();

    @AfterEach
    void close() {
        log.wal.close();
    }

    @Test
    void shouldGoOnBehindTheLastRecord() {
        log.append("one");
        log.append("two");
        log.wal.close();
        log.reopen();
        log.append("three");
        log.wal.close();
        log.reopen();
        assertEquals(List.of("one", "two", "three"), log.texts());
    }

    @Test
    void shouldNeverReadRecordsOfAnOlderLife() {
        log.append("one");
        long torn = log.append("AAAA");
        log.append("left over 1");
        log.append("left over 2");
        log.wal.close();
        // the power went: of the unforced records the second is torn, those behind it are whole
        log.overwrite(1, torn % log.first() - 10, (byte) 99);
        log.reopen();
        assertEquals(List.of("one"), log.texts());
        assertEquals(torn, log.append("BBBB"), "goes exactly up to where the left-over records began");
        log.wal.close();
        log.reopen();
        assertEquals(List.of("one", "BBBB"), log.texts());
    }

    @Test
    void shouldRefuseDamageBeforeALaterSegment() {
        List<String> written = fill(3);
        log.overwrite(2, 5000, (byte) 99, (byte) 98, (byte) 97);
        StoppedException damaged = assertThrows(StoppedException.class, log::texts);
        assertEquals(SqlState.DATA_CORRUPTED, damaged.sqlState());
        assertTrue(damaged.getMessage().contains("wal/0000000000000002"), damaged.toString());
        assertTrue(damaged.detail().contains("offset="), damaged.toString());
        // by the later segment, or by a later record of the same one if a background force came between
        assertTrue(
                damaged.detail().contains("goes on in wal/0000000000000003")
                        || damaged.detail().contains("was durable here"),
                damaged.toString());
        assertTrue(written.size() > 10);
    }

    @Test
    void shouldRefuseAMissingSegment() {
        fill(3);
        log.disk.delete(WalSegmentLayout.path(2));
        StoppedException damaged = assertThrows(StoppedException.class, log::texts);
        assertTrue(damaged.detail().contains("missing"), damaged.toString());
    }

    @Test
    void shouldRefuseADamagedSegmentHeader() {
        fill(2);
        for (int offset : new int[] {0, 8, 12, 16, 24, 40, 60}) {
            byte[] sound = log.contents(2);
            log.overwrite(2, offset, (byte) (sound[offset] ^ 1));
            StoppedException damaged = assertThrows(StoppedException.class, log::texts);
            assertEquals(SqlState.DATA_CORRUPTED, damaged.sqlState());
            log.overwrite(2, offset, sound[offset]);
        }
    }

    @Test
    void shouldRefuseDamageThatALaterRecordOfTheSegmentProves() {
        long first = log.append("one");
        log.wal.flush(first);
        log.wal.flush(log.append("two")); // appended when "one" was durable, and says so
        log.wal.close();
        log.overwrite(1, first % log.first() - 9, (byte) 99);
        StoppedException damaged = assertThrows(StoppedException.class, log::texts);
        assertEquals(SqlState.DATA_CORRUPTED, damaged.sqlState());
        assertTrue(damaged.detail().contains("was durable here"), damaged.toString());
    }

    @Test
    void shouldNoticeATruncatedLastSegment() {
        log.append("one");
        long second = log.append("two");
        log.wal.close();
        log.onEngineTask(() -> {
            try (var file = log.disk.open(WalSegmentLayout.path(1), false)) {
                file.truncate(second % log.first() - 6);
            }
        });
        StoppedException damaged = assertThrows(StoppedException.class, log::texts);
        assertEquals(SqlState.DATA_CORRUPTED, damaged.sqlState());
        assertTrue(damaged.detail().contains("the file is cut off"), damaged.toString());
    }

    @Test
    void shouldDescribeTheLogInADump() {
        log.append("one");
        log.wal.flush(log.append("two"));
        List<String> lines = new ArrayList<>();
        WalDump.print(log.wal, log.first(), id -> null, lines::add);
        assertEquals(3, lines.size());
        assertTrue(lines.get(0).contains("rmgr=HEAP info=7 xid=99"), lines.get(0));
        assertTrue(lines.get(2).startsWith("end of log: wal/0000000000000001 offset="), lines.get(2));
    }

    /** Records over this many segments, closed. */
    private List<String> fill(int segments) {
        List<String> written = new ArrayList<>();
        for (int i = 0; log.wal.insertLsn() < (segments + 1L) * log.first() - 2000; i++) {
            written.add(WalFixture.text(i, 1000));
            log.append(written.get(i));
        }
        log.wal.close();
        assertEquals(written, log.texts());
        return written;
    }
}
