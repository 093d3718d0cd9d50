package dev.palimpsest.vacuum.archive;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Readers beside a vacuum that replaces, removes, grows, shrinks and closes: a blob is read whole, never older than one read before it was put,
 * and an archive closed under its readers answers with an error. (Without the waits of {@code close} the last test fails.)
 */
class ArchiveConcurrencyTest {
    private static final int BLOCKS = 200;
    private static final int READERS = 3;
    private static final int RELATION = 9;

    @TempDir
    private Path directory;

    private final RecordingLogger log = new RecordingLogger();
    private final ExecutorService threads = Executors.newCachedThreadPool();

    /** The newest version that is certainly in the archive, by block; 0 for none. */
    private final AtomicIntegerArray put = new AtomicIntegerArray(BLOCKS);

    /** The newest version whose put has begun. */
    private final AtomicIntegerArray begun = new AtomicIntegerArray(BLOCKS);

    @AfterEach
    void stop() throws InterruptedException {
        threads.shutdownNow();
        assertTrue(threads.awaitTermination(30, TimeUnit.SECONDS));
    }

    @Test
    void shouldReadWholeBlobsWhileTheyAreReplaced() throws Exception {
        try (ChronicleArchive archive = new ChronicleArchive(directory, 256L << 20, log)) {
            AtomicBoolean over = new AtomicBoolean();
            List<Future<Integer>> readers = startReaders(archive, over);
            for (int version = 1; version <= 60; version++) {
                for (int block = 0; block < BLOCKS; block++) {
                    begun.set(block, version);
                    assertTrue(archive.put(RELATION, block, blob(block, version)));
                    put.set(block, version);
                    archive.tend();
                }
            }
            over.set(true);
            for (Future<Integer> reader : readers) {
                assertTrue(reader.get() > 0);
            }
            assertEquals(BLOCKS, archive.fill().pages());
        }
        assertEquals(0, log.size(), log.toString());
    }

    private List<Future<Integer>> startReaders(ChronicleArchive archive, AtomicBoolean over) {
        List<Future<Integer>> readers = new ArrayList<>();
        for (int reader = 0; reader < READERS; reader++) {
            int first = reader * 31;
            readers.add(threads.submit(() -> {
                int reads = 0;
                for (int block = first % BLOCKS; !over.get(); block = (block + 7) % BLOCKS, reads++) {
                    int atLeast = put.get(block);
                    byte[] blob = archive.get(RELATION, block);
                    int atMost = begun.get(block);
                    int version = blob == null ? 0 : versionOf(block, blob);
                    assertTrue(
                            atLeast <= version && version <= atMost,
                            "version=" + version + " after=" + atLeast + " before=" + atMost);
                }
                return reads;
            }));
        }
        return readers;
    }

    /** Shelves come and go while readers look at blobs that stay. */
    @Test
    void shouldReadWhileShelvesComeAndGo() throws Exception {
        try (ChronicleArchive archive = new ChronicleArchive(directory, 256L << 20, log)) {
            for (int block = 0; block < BLOCKS; block++) {
                begun.set(block, 3);
                assertTrue(archive.put(RELATION, block, blob(block, 3)));
                put.set(block, 3);
            }
            AtomicBoolean over = new AtomicBoolean();
            List<Future<Integer>> readers = startReaders(archive, over);
            byte[] large = new byte[1 << 20];
            for (int round = 0; round < 3; round++) {
                int block = 0;
                for (; archive.fill().takenBytes() < 60 << 20; block++) {
                    archive.put(RELATION + 1, block, large);
                    archive.tend();
                }
                archive.clear(RELATION + 1);
                archive.tend();
                assertTrue(archive.fill().takenBytes() <= 16 << 20, "" + archive.fill());
            }
            over.set(true);
            for (Future<Integer> reader : readers) {
                assertTrue(reader.get() > 0);
            }
        }
        assertEquals(0, log.size(), log.toString());
    }

    @Test
    void shouldAnswerReadersWithAnErrorWhenItIsClosedUnderThem() throws Exception {
        for (int round = 0; round < 30; round++) {
            closeUnderReaders();
        }
        assertEquals(0, log.size(), log.toString());
    }

    private void closeUnderReaders() throws IOException, Exception {
        ChronicleArchive archive = new ChronicleArchive(directory, 1L << 20, log);
        for (int block = 0; block < 10; block++) {
            assertTrue(archive.put(RELATION, block, blob(block, 40)));
        }
        List<Future<SqlState>> readers = new ArrayList<>();
        for (int reader = 0; reader < READERS; reader++) {
            readers.add(threads.submit(() -> {
                for (int block = 0; ; block = (block + 1) % 10) {
                    try {
                        assertEquals(40, versionOf(block, archive.get(RELATION, block)));
                    } catch (StoppedException e) {
                        return e.sqlState();
                    }
                }
            }));
        }
        Future<Boolean> writer = threads.submit(() -> {
            int puts = 0;
            while (archive.put(RELATION, puts % 10, blob(puts % 10, 40))) {
                puts++;
            }
            return true;
        });
        for (int block = 0; block < 1000; block++) {
            archive.get(RELATION, block % 20);
        }
        archive.close();
        for (Future<SqlState> reader : readers) {
            assertEquals(SqlState.ADMIN_SHUTDOWN, reader.get());
        }
        assertTrue(writer.get());
    }

    /** The version in each of its ints, and as many of them as the version says. */
    private static byte[] blob(int block, int version) {
        ByteBuffer blob = ByteBuffer.allocate(length(block, version));
        while (blob.hasRemaining()) {
            blob.putInt(version);
        }
        return blob.array();
    }

    private static int length(int block, int version) {
        return Integer.BYTES * (1 + (version * 7919 + block * 31) % 2000);
    }

    private static int versionOf(int block, byte[] bytes) {
        ByteBuffer blob = ByteBuffer.wrap(bytes);
        int version = blob.getInt();
        assertEquals(length(block, version), bytes.length);
        while (blob.hasRemaining()) {
            assertEquals(version, blob.getInt());
        }
        return version;
    }
}
