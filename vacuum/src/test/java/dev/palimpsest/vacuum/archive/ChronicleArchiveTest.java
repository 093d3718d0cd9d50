package dev.palimpsest.vacuum.archive;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One thread against the archive: what goes in comes out, sizes, growth and its limit, the files, the end. */
class ChronicleArchiveTest {
    private static final long MIB = 1L << 20;

    @TempDir
    private Path directory;

    private final RecordingLogger log = new RecordingLogger();

    private ChronicleArchive open(long maxBytes) throws IOException {
        return new ChronicleArchive(directory, maxBytes, log);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 1005, 1006, 1007, 2012, 2013, 8192, 800_000})
    void shouldGiveBackWhatWasPut(int length) throws IOException {
        try (ChronicleArchive archive = open(4 * MIB)) {
            byte[] blob = blob(7, length);
            assertTrue(archive.put(7, 3, blob));
            assertArrayEquals(blob, archive.get(7, 3));
            assertNull(archive.get(7, 4));
            assertNull(archive.get(8, 3));
            assertEquals(1, archive.fill().pages());
            assertEquals(length, archive.fill().bytes());
            archive.remove(7, 3);
            assertNull(archive.get(7, 3));
            assertEquals(0, archive.fill().pages());
            assertEquals(0, archive.fill().bytes());
        }
    }

    /** Also where only its beginning, its end or one byte in between is another one. */
    @Test
    void shouldReplaceWhatChanged() throws IOException {
        Random random = new Random(3);
        try (ChronicleArchive archive = open(4 * MIB)) {
            byte[] blob = new byte[0];
            for (int i = 0; i < 2000; i++) {
                int length = random.nextInt(3) == 0
                        ? random.nextInt(6000)
                        : Math.min(6000, blob.length + random.nextInt(500));
                blob = Arrays.copyOf(blob, length);
                if (length > 0 && random.nextBoolean()) {
                    blob[random.nextInt(length)] = (byte) i;
                }
                assertTrue(archive.put(1, 1, blob.clone()));
                assertArrayEquals(blob, archive.get(1, 1));
            }
            assertEquals(blob.length, archive.fill().bytes());
        }
    }

    @Test
    void shouldKeepBlocksAndRelationsApartAlsoAtTheirLimits() throws IOException {
        try (ChronicleArchive archive = open(4 * MIB)) {
            int[] numbers = {0, 1, -1, Integer.MIN_VALUE, Integer.MAX_VALUE, (1 << 29) - 1};
            for (int relation : numbers) {
                for (int block : numbers) {
                    assertTrue(archive.put(relation, block, blob(relation ^ 31 * block, 1500)));
                }
            }
            for (int relation : numbers) {
                for (int block : numbers) {
                    assertArrayEquals(blob(relation ^ 31 * block, 1500), archive.get(relation, block));
                }
            }
        }
    }

    /** With and without a file, growing from the smallest shelf on; a map beside it says what is right. */
    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void shouldAgreeWithAMapThroughGrowthFullnessAndShrinking(boolean inFile) throws IOException {
        Random random = new Random(inFile ? 1 : 2);
        Map<Integer, byte[]> expected = new HashMap<>();
        int refused = 0;
        try (ChronicleArchive archive = new ChronicleArchive(inFile ? directory : null, 30 * MIB, log)) {
            for (int round = 0; round < 3; round++) {
                for (int i = 0; i < 12_000; i++) {
                    int block = random.nextInt(6_000);
                    if (random.nextInt(8) == 0) {
                        archive.remove(5, block);
                        expected.remove(block);
                    } else {
                        byte[] blob = blob(i, random.nextInt(16_000));
                        if (archive.put(5, block, blob)) {
                            expected.put(block, blob);
                        } else {
                            refused++;
                        }
                    }
                    archive.tend();
                }
                check(archive, expected);
                assertTrue(archive.fill().takenBytes() > 28 * MIB, "grown");
                archive.clear(5);
                expected.clear();
                check(archive, expected);
                archive.tend();
                assertTrue(archive.fill().takenBytes() <= 16 * MIB, "shrunk to the first shelf: " + archive.fill());
            }
        }
        assertTrue(refused > 1000, "was full, refused=" + refused);
        assertEquals(3, log.count("archive is full"), log.toString());
        assertEquals(3, log.size(), log.toString());
    }

    private static void check(ChronicleArchive archive, Map<Integer, byte[]> expected) {
        for (int block = 0; block < 6_000; block++) {
            assertArrayEquals(expected.get(block), archive.get(5, block), "block=" + block);
        }
        assertEquals(expected.size(), archive.fill().pages());
        assertEquals(
                expected.values().stream().mapToLong(b -> b.length).sum(),
                archive.fill().bytes());
    }

    @Test
    void shouldStayWithinItsLimit() throws IOException {
        try (ChronicleArchive archive = open(3 * MIB)) {
            int puts = 0;
            while (archive.put(1, puts, blob(puts, 900))) {
                puts++;
                archive.tend();
            }
            assertTrue(puts > 2600, "uses its room, puts=" + puts);
            assertTrue(filesBytes() <= 3 * MIB, "bytes=" + filesBytes());
            assertEquals(filesBytes(), archive.fill().takenBytes());
        }
    }

    @Test
    void shouldKeepTheOldBlobWhenThereIsNoRoomForTheNewOne() throws IOException {
        try (ChronicleArchive archive = open(MIB)) {
            byte[] old = blob(1, 300_000);
            assertTrue(archive.put(1, 1, old));
            assertFalse(archive.put(1, 1, blob(2, 2_000_000)));
            assertArrayEquals(old, archive.get(1, 1));
            assertTrue(archive.put(1, 2, blob(3, 300_000)));
            assertTrue(archive.put(1, 1, blob(4, 300_500)));
            assertArrayEquals(blob(4, 300_500), archive.get(1, 1));
        }
    }

    /** A blob larger than all that is free now gets its room, and one larger than the limit doesn't keep others out. */
    @Test
    void shouldGrowForALargeBlob() throws IOException {
        try (ChronicleArchive archive = open(64 * MIB)) {
            assertFalse(archive.put(1, 1, blob(1, 20_000_000)));
            archive.tend();
            assertTrue(archive.put(1, 1, blob(1, 20_000_000)));
            assertFalse(archive.put(1, 2, blob(1, 80_000_000)));
            for (int i = 0; i < 4; i++) {
                archive.tend();
            }
            assertFalse(archive.put(1, 2, blob(1, 80_000_000)));
            archive.remove(1, 1);
            archive.tend();
            assertTrue(archive.fill().takenBytes() <= 16 * MIB, "shrunk");
            assertTrue(archive.put(1, 3, blob(5, 8_000)));
        }
    }

    @Test
    void shouldHaveItsFilesInTheDirectoryAndRemoveThem() throws IOException {
        Files.writeString(directory.resolve("archive-0.tmp"), "left by a killed process");
        Files.writeString(directory.resolve("archive-17.tmp"), "and another");
        Files.writeString(directory.resolve("archive.txt"), "the user's");
        Archives.standard(MIB).removeLeftovers(directory);
        assertEquals(List.of("archive.txt"), names());
        ChronicleArchive archive = open(MIB);
        assertTrue(archive.put(1, 1, blob(1, 10)));
        assertEquals(List.of("archive-0.tmp", "archive.txt"), names());
        archive.close();
        assertEquals(List.of("archive.txt"), names());
        archive.close();
        Archives.standard(MIB).removeLeftovers(null);
        Archives.standard(MIB).removeLeftovers(directory.resolve("missing"));
    }

    @Test
    void shouldAnswerWithAnErrorAfterClosing() throws IOException {
        ChronicleArchive archive = open(MIB);
        assertTrue(archive.put(1, 1, blob(1, 10)));
        archive.close();
        StoppedException e = assertThrows(StoppedException.class, () -> archive.get(1, 1));
        assertEquals(SqlState.ADMIN_SHUTDOWN, e.sqlState());
        assertThrows(StoppedException.class, () -> archive.get(1, 2));
        assertFalse(archive.put(1, 1, blob(1, 10)));
        archive.remove(1, 1);
        archive.clear(1);
        archive.tend();
        assertEquals(0, log.size(), log.toString());
    }

    @Test
    void shouldWorkOnAnInterruptedThreadAndLeaveItInterrupted() throws IOException {
        try (ChronicleArchive archive = open(64 * MIB)) {
            Thread.currentThread().interrupt();
            assertTrue(archive.put(1, 1, blob(1, 5_000)));
            assertArrayEquals(blob(1, 5_000), archive.get(1, 1));
            archive.remove(1, 1);
            assertTrue(Thread.interrupted());
        }
    }

    /** A file can't be made on an interrupted thread; that is one log line, and not the end of the archive. */
    @Test
    void shouldSurviveAnInterruptWhileItGrows() throws IOException {
        try (ChronicleArchive archive = open(64 * MIB)) {
            assertFalse(archive.put(1, 1, blob(1, 20_000_000)));
            Thread.currentThread().interrupt();
            archive.tend();
            assertTrue(Thread.interrupted());
            assertEquals(1, log.count("archive is full"), log.toString());
            assertEquals(List.of("archive-0.tmp"), names());
            assertTrue(archive.put(1, 2, blob(1, 8_000)));
            archive.tend();
            assertFalse(archive.put(1, 1, blob(1, 20_000_000)));
            archive.tend();
            assertTrue(archive.put(1, 1, blob(1, 20_000_000)));
        }
    }

    @Test
    void shouldGiveNoArchiveForALimitOfZero() {
        assertNull(Archives.standard(0).open(directory));
    }

    private long filesBytes() throws IOException {
        long sum = 0;
        for (String name : names()) {
            sum += Files.size(directory.resolve(name));
        }
        return sum;
    }

    private List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    /** Bytes that tell one blob from another. */
    private static byte[] blob(int seed, int length) {
        byte[] blob = new byte[length];
        Arrays.fill(blob, (byte) seed);
        for (int i = 0; i < length; i += 64) {
            blob[i] = (byte) (seed * 31 + i / 64);
        }
        return blob;
    }
}
