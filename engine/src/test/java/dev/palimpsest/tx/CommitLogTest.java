package dev.palimpsest.tx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.scheduler.ThreadScheduler;
import dev.palimpsest.storage.Disk;
import dev.palimpsest.storage.DiskFile;
import dev.palimpsest.storage.MemoryDisk;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class CommitLogTest {
    private static final long FAR = 300L * StatusLayout.XIDS_PER_CHUNK; // in the second file

    private final Disk disk = new MemoryDisk();
    private final FakeWal wal = new FakeWal();
    private long nextXid = FAR + 100_000;

    private CommitLog open(long firstXid) {
        CommitLog log = new CommitLog(disk, new ThreadScheduler());
        log.startRun(firstXid, () -> nextXid);
        return log;
    }

    @Test
    void shouldRememberStatusAcrossReopen() {
        CommitLog log = open(3);
        Random random = new Random(1);
        for (long xid : new long[] {3, 1000, 32_400, 32_768, FAR, FAR + 70_000}) {
            for (long i = xid; i < xid + 300; i++) {
                if (random.nextInt(3) == 0) {
                    log.setCommitted(i, 8);
                } else if (random.nextInt(2) == 0) {
                    log.setAborted(i, 8);
                }
            }
        }
        int[] before = statuses(log);
        log.writeDirty(wal);
        log.close();
        CommitLog again = open(nextXid);
        int[] after = statuses(again);
        for (int i = 0; i < before.length; i++) {
            int expected = before[i] == CommitLog.IN_PROGRESS ? CommitLog.ABORTED : before[i];
            assertEquals(expected, after[i], "i=" + i);
        }
        assertEquals(CommitLog.COMMITTED, again.status(1), "bootstrap");
    }

    private static int[] statuses(CommitLog log) {
        int[] found = new int[6 * 300];
        int n = 0;
        for (long xid : new long[] {3, 1000, 32_400, 32_768, FAR, FAR + 70_000}) {
            for (long i = xid; i < xid + 300; i++) {
                found[n++] = log.status(i);
            }
        }
        return found;
    }

    @Test
    void shouldReadAsCommittedBelowThePoint() {
        CommitLog log = open(3);
        log.setAborted(5, 8);
        log.setCommitted(6, 8);
        log.setAborted(StatusLayout.XIDS_PER_CHUNK + 5, 8);
        log.truncate(StatusLayout.XIDS_PER_CHUNK);
        for (long xid : new long[] {5, 6, 7, StatusLayout.XIDS_PER_CHUNK - 1}) {
            assertEquals(CommitLog.COMMITTED, log.status(xid));
        }
        assertEquals(CommitLog.ABORTED, log.status(StatusLayout.XIDS_PER_CHUNK + 5));
        assertEquals(CommitLog.IN_PROGRESS, log.status(StatusLayout.XIDS_PER_CHUNK + 6));
        assertTrue(log.allEnded(0, StatusLayout.XIDS_PER_CHUNK));
        log.setAborted(7, 8); // redo of what is before the point's record
        assertEquals(CommitLog.COMMITTED, log.status(7));
        log.truncate(0);
        assertEquals(StatusLayout.XIDS_PER_CHUNK, log.truncationPoint(), "never back");
    }

    @Test
    void shouldRemoveFilesBelowThePointAndMissNone() {
        CommitLog log = open(3);
        log.setCommitted(5, 8);
        log.setCommitted(FAR + 5, 8);
        log.writeDirty(wal);
        assertEquals(List.of("00000000", "00000001"), disk.list("status"));
        log.truncate(CommitLog.alignedPoint(FAR));
        log.removeFiles(0);
        assertEquals(2, disk.list("status").size());
        log.removeFiles(CommitLog.alignedPoint(FAR));
        assertEquals(List.of("00000001"), disk.list("status"));
        log.close();
        CommitLog again = new CommitLog(disk, new ThreadScheduler());
        again.truncate(CommitLog.alignedPoint(FAR));
        again.expectWritten(nextXid);
        again.startRun(nextXid, () -> nextXid);
        assertEquals(CommitLog.COMMITTED, again.status(5));
        assertEquals(CommitLog.COMMITTED, again.status(FAR + 5));
        assertEquals(CommitLog.ABORTED, again.status(FAR + 6));
    }

    @Test
    void shouldFindTheFirstThatHasNotEnded() {
        nextXid = 100_000;
        CommitLog log = open(40);
        assertEquals(40, log.firstUnended(nextXid), "those before were cut off by a crash");
        for (long xid = 40; xid < 90_000; xid++) {
            if (xid != 70_001) {
                log.setAborted(xid, 8);
            }
        }
        assertEquals(70_001, log.firstUnended(nextXid));
        log.setCommitted(70_001, 8);
        assertEquals(90_000, log.firstUnended(nextXid));
        log.truncate(2L * StatusLayout.XIDS_PER_CHUNK);
        assertEquals(90_000, log.firstUnended(nextXid));
        assertEquals(90_000, log.firstUnended(90_000));
    }

    @Test
    void shouldFlushWalBeforeStatusIsWritten() {
        wal.manual();
        CommitLog log = open(3);
        log.setCommitted(10, 800);
        var writing = TransactionFixture.async(() -> log.writeDirty(wal));
        long end = System.nanoTime() + 50_000_000;
        while (System.nanoTime() < end) {
            assertFalse(writing.isDone());
            assertTrue(!disk.exists(StatusLayout.path(0))
                    || disk.open(StatusLayout.path(0), false).size() == 0);
        }
        wal.force(800);
        assertEquals(null, TransactionFixture.end(writing));
        assertTrue(disk.open(StatusLayout.path(0), false).size() > 0);
    }

    /** Each 512-byte sector of a rewrite reaches the disk or not: whatever the mixture, it reads, and each status is the old or the new. */
    @Test
    void shouldSurviveTornWriteAtEverySector() {
        CommitLog log = open(3);
        for (long xid = 3; xid < 20_000; xid += 2) {
            log.setCommitted(xid, 8);
        }
        log.writeDirty(wal);
        byte[] old = contents();
        for (long xid = 4; xid < 20_000; xid += 2) {
            log.setAborted(xid, 8);
        }
        log.writeDirty(wal);
        byte[] young = contents();
        Random random = new Random(7);
        for (int round = 0; round < 40; round++) {
            byte[] torn = old.clone();
            for (int sector = 0; sector < torn.length; sector += StatusLayout.SECTOR_BYTES) {
                if (random.nextBoolean()) {
                    System.arraycopy(young, sector, torn, sector, StatusLayout.SECTOR_BYTES);
                }
            }
            overwrite(0, torn);
            CommitLog recovering = new CommitLog(disk, new ThreadScheduler()); // before startRun: as redo sees it
            for (long xid = 3; xid < 20_000; xid++) {
                int status = recovering.status(xid);
                assertTrue(xid % 2 == 1 ? status == CommitLog.COMMITTED : status != CommitLog.COMMITTED, "xid=" + xid);
            }
            for (long xid = 3; xid < 20_000; xid++) { // redo
                if (xid % 2 == 1) {
                    recovering.setCommitted(xid, 8);
                } else {
                    recovering.setAborted(xid, 8);
                }
            }
            recovering.startRun(20_000, () -> 20_000);
            assertEquals(CommitLog.ABORTED, recovering.status(19_998));
        }
    }

    @Test
    void shouldNameFileAndOffsetOfDamage() {
        CommitLog log = open(3);
        log.setCommitted(3000, 8); // word 93: second sector
        log.writeDirty(wal);
        log.close();
        byte[] bytes = contents();
        bytes[StatusLayout.SECTOR_BYTES + 100] ^= 4;
        overwrite(0, bytes);
        CommitLog damaged = new CommitLog(disk, new ThreadScheduler());
        StoppedException e = assertThrows(StoppedException.class, () -> damaged.status(3000));
        assertEquals(SqlState.DATA_CORRUPTED, e.sqlState());
        assertEquals("invalid sector in status file status/00000000", e.getMessage());
        assertTrue(e.detail().startsWith("offset=512 crc="), e.detail());
    }

    @Test
    void shouldNotTakeSectorsOfAnotherPlace() {
        CommitLog log = open(3);
        log.setCommitted(3000, 8);
        log.writeDirty(wal);
        log.close();
        byte[] bytes = contents();
        System.arraycopy(bytes, 512, bytes, 1024, 512);
        overwrite(0, bytes);
        assertThrows(StoppedException.class, () -> new CommitLog(disk, new ThreadScheduler()).status(3000));
    }

    @Test
    void shouldForgetStatusOfXidsThatAreHandedOutAgain() {
        CommitLog log = open(3);
        log.setCommitted(50, 8);
        log.setAborted(60, 8);
        log.setAborted(40_000, 8);
        log.writeDirty(wal);
        log.close();
        CommitLog again = open(55);
        assertEquals(CommitLog.COMMITTED, again.status(50));
        assertEquals(CommitLog.IN_PROGRESS, again.status(60));
        assertEquals(CommitLog.IN_PROGRESS, again.status(40_000));
    }

    @Test
    void shouldRefuseXidsThatWereNeverHandedOut() {
        CommitLog log = open(3);
        for (long xid : new long[] {-5, nextXid + 200_000, Long.MAX_VALUE}) {
            StoppedException e = assertThrows(StoppedException.class, () -> log.status(xid));
            assertEquals("could not access status of transaction " + xid, e.getMessage());
        }
    }

    @Test
    void shouldLoadEvictedChunksAgain() {
        CommitLog log = open(3);
        int chunks = 700;
        nextXid = (long) (chunks + 1) * StatusLayout.XIDS_PER_CHUNK;
        for (long xid = 3; xid < (long) chunks * StatusLayout.XIDS_PER_CHUNK; xid++) {
            log.setCommitted(xid, 8);
        }
        log.writeDirty(wal);
        for (int chunk = 0; chunk < chunks; chunk++) {
            assertEquals(CommitLog.COMMITTED, log.status((long) chunk * StatusLayout.XIDS_PER_CHUNK + 5));
        }
        assertTrue(log.allEnded(4096, 4096));
        assertFalse(log.allEnded((long) chunks * StatusLayout.XIDS_PER_CHUNK, 32));
    }

    private byte[] contents() {
        DiskFile file = disk.open(StatusLayout.path(0), false);
        ByteBuffer buffer = ByteBuffer.allocate((int) file.size());
        file.read(buffer, 0);
        return buffer.array();
    }

    private void overwrite(long position, byte[] bytes) {
        disk.open(StatusLayout.path(0), false).write(ByteBuffer.wrap(bytes), position);
    }
}
