package dev.palimpsest.recovery;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.id.PageId;
import dev.palimpsest.page.PageLayout;
import dev.palimpsest.wal.ResourceManagerId;
import dev.palimpsest.wal.WalDump;
import dev.palimpsest.wal.WalRecordBuilder;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class RecoveryTest {
    private PageDatabase database = PageDatabase.create();

    @AfterEach
    void close() {
        database.crash();
    }

    @Test
    void shouldBringBackWhatWasLoggedButNeverWritten() {
        database.set(3, 1, 11);
        long last = database.set(3, 2, 22);
        database.wal.flush(database.set(0, 1, 33));
        database = database.crashAndReopen();
        assertEquals(last, database.pageLsn(3));
        assertEquals(11, database.get(3, 1));
        assertEquals(22, database.get(3, 2));
        assertEquals(33, database.get(0, 1));
        assertTrue(database.result.changes());
    }

    @Test
    void shouldRedoOnlyWhatCameAfterTheLastCheckpoint() {
        for (int i = 0; i < 500; i++) {
            database.set(i % 10, i % 50, i);
        }
        database.checkpointer.checkpoint();
        database.wal.flush(database.set(1, 1, -1));
        database = database.crashAndReopen();
        assertEquals(2, database.result.records(), "the checkpoint and one change");
        assertEquals(-1, database.get(1, 1));
        assertEquals(499, database.get(9, 49));
    }

    @Test
    void shouldHaveNothingToDoAfterACleanShutdown() {
        database.set(1, 1, 5);
        database = database.shutDownAndReopen();
        assertEquals(1, database.result.records());
        assertFalse(database.result.changes());
        assertEquals(0, database.checkpointer.checkpointCount());
        assertFalse(database.checkpointer.control().clean(), "in use again");
        assertEquals(5, database.get(1, 1));
        database.wal.flush(database.set(1, 1, 6));
        database = database.crashAndReopen();
        assertEquals(6, database.get(1, 1));
    }

    @Test
    void shouldHealATornPageByItsImage() {
        database.set(2, 0, 7);
        database.set(2, 40, 8);
        database.checkpointer.checkpoint();
        long last = database.set(2, 0, 9);
        database.checkpointPagesOnly();
        database.crash();
        database.damage("base/" + PageDatabase.FILE, 2 * PageLayout.SIZE + 4096, 1024);
        database = database.reopen();
        assertEquals(9, database.get(2, 0));
        assertEquals(8, database.get(2, 40));
        assertEquals(last, database.pageLsn(2));
    }

    @Test
    void shouldGiveTheSamePagesWhenReplayedTwice() {
        for (int i = 0; i < 2000; i++) {
            database.set(i % 23, i % 50, i);
        }
        database.wal.flush(database.wal.insertLsn());
        database.crash();
        database = database.reopenWithoutCheckpoint();
        byte[][] once = database.contents();
        database.redoAgain();
        byte[][] twice = database.contents();
        assertEquals(23, once.length);
        for (int block = 0; block < once.length; block++) {
            assertArrayEquals(once[block], twice[block], "block=" + block);
        }
    }

    @Test
    void shouldNeverHandOutNumbersTwice() {
        database.append(new WalRecordBuilder()
                .begin(ResourceManagerId.HEAP, PageDatabase.NOTE, 1000)
                .putLong(2000)
                .putInt(3000)
                .putLong(4000));
        database = database.crashAndReopen();
        assertEquals(2001, database.result.nextXid());
        assertEquals(3001, database.result.nextFileNumber());
        assertEquals(4001, database.result.nextOid());
        database = database.shutDownAndReopen();
        assertEquals(2001, database.result.nextXid());
        assertEquals(3001, database.result.nextFileNumber());
        assertEquals(4001, database.result.nextOid());
    }

    @Test
    void shouldRemoveTheLogBeforeTheRedoPositionOfTheOtherControlCopy() {
        while (database.wal.insertLsn() < 6L * database.wal.options().segmentBytes()) {
            database.set(1, 1, 1);
        }
        database.wal.flush(database.wal.insertLsn()); // what is in its buffer only has no segment yet
        assertTrue(database.disk.list("wal").size() >= 5);
        database.checkpointer.checkpoint();
        database.checkpointer.checkpoint();
        assertTrue(
                database.disk.list("wal").size() <= 3, database.disk.list("wal").toString());
        database = database.crashAndReopen();
        assertEquals(1, database.get(1, 1));
    }

    @Test
    void shouldCheckpointByItselfByLogVolume() {
        for (int i = 0; database.checkpointer.checkpointCount() < 3; i++) {
            database.set(i % 20, 1, i);
        }
    }

    @Test
    void shouldRefuseALogThatDoesNotReachTheCheckpoint() {
        database.set(1, 1, 1);
        database.checkpointer.checkpoint();
        long end = database.checkpointer.control().checkpointLsn();
        database.crash();
        database.damage(
                "wal/0000000000000001", (int) (end % database.wal.options().segmentBytes()) - 8, 4);
        StoppedException damaged = assertThrows(StoppedException.class, () -> database.reopen());
        assertEquals(SqlState.DATA_CORRUPTED, damaged.sqlState());
        assertTrue(damaged.getMessage().contains("wal/0000000000000001"), damaged.toString());
        assertTrue(damaged.detail().contains("the last checkpoint ends at"), damaged.toString());
    }

    @Test
    void shouldNameTheRecordThatCannotBeRedone() {
        database.append(new WalRecordBuilder().begin(ResourceManagerId.HEAP, PageDatabase.FAIL, 9));
        StoppedException failed = assertThrows(StoppedException.class, () -> database.crashAndReopen());
        assertEquals(SqlState.DATA_CORRUPTED, failed.sqlState());
        assertTrue(failed.detail().contains("offset=") && failed.detail().contains("TEST info=2"), failed.toString());
    }

    @Test
    void shouldRefuseRecordsThatNobodyWrites() {
        database.append(new WalRecordBuilder().begin(ResourceManagerId.SEQUENCE, 0, 9));
        StoppedException failed = assertThrows(StoppedException.class, () -> database.crashAndReopen());
        assertTrue(failed.detail().contains("no resource manager for: rmgr=SEQUENCE"), failed.toString());
    }

    @Test
    void shouldReportProgress() {
        for (int i = 0; i < 10_000; i++) {
            database.set(i % 20, 1, i);
        }
        database.wal.flush(database.wal.insertLsn());
        database.crash();
        List<Long> reported = new ArrayList<>();
        database = database.reopen((records, lsn, from) -> reported.add(records));
        assertTrue(reported.size() >= 2, reported.toString());
        assertEquals(database.result.records(), reported.get(reported.size() - 1));
    }

    @Test
    void shouldStopTheEngineWhenACheckpointFails() {
        database.failEffects = true;
        assertThrows(StoppedException.class, () -> database.checkpointer.checkpoint());
        StoppedException stopped = assertThrows(StoppedException.class, () -> database.set(1, 1, 1));
        assertTrue(stopped.detail().contains("test"), stopped.toString());
    }

    @Test
    void shouldAskItsParticipantsInOrder() {
        database.calls.clear();
        database.checkpointer.checkpoint();
        assertEquals(List.of("awaitEffects", "writeStatus", "writePages"), database.calls);
    }

    @Test
    void shouldDescribeItsRecords() {
        List<String> lines = new ArrayList<>();
        database.wal.flush(database.set(1, 1, 1));
        WalDump.print(database.wal, database.wal.options().segmentBytes(), PageDatabase.MANAGERS::of, lines::add);
        assertTrue(lines.get(0).contains("CHECKPOINT_ONLINE redo=0/"), lines.get(0));
        assertTrue(
                lines.get(1).contains("block 0: " + PageId.toString(PageId.of(PageDatabase.FILE, 0, 0))), lines.get(1));
    }
}
