package dev.palimpsest.storage;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.api.UsageException;
import dev.palimpsest.scheduler.Scheduler;
import dev.palimpsest.scheduler.ThreadScheduler;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What every {@link Disk} does, real or in memory. */
class DiskContractTest {
    enum Kind {
        FILE,
        MEMORY
    }

    /** A test's body; may throw anything. */
    interface Body {
        void run(Disk disk) throws Exception;
    }

    private static final Scheduler SCHEDULER = new ThreadScheduler();

    @TempDir
    Path directory;

    @ParameterizedTest
    @EnumSource(Kind.class)
    void shouldReadBackWhatWasWritten(Kind kind) {
        onEngineTask(kind, disk -> {
            DiskFile file = disk.open("a", true);
            write(file, 0, "hello world");
            write(file, 6, "there");
            assertEquals("hello there", read(file, 0, 100));
            assertEquals("there", read(file, 6, 5));
            assertEquals(11, file.size());
            assertEquals("a", file.path());
        });
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void shouldReadShortAtTheEndAndNothingPastIt(Kind kind) {
        onEngineTask(kind, disk -> {
            DiskFile file = disk.open("a", true);
            assertEquals("", read(file, 0, 10));
            write(file, 0, "12345");
            ByteBuffer dst = ByteBuffer.allocate(10);
            assertEquals(3, file.read(dst, 2));
            assertEquals(3, dst.position());
            assertEquals(0, file.read(dst, 5));
            assertEquals(0, file.read(dst, 1L << 40));
        });
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void shouldFillAGapWithZeroes(Kind kind) {
        onEngineTask(kind, disk -> {
            DiskFile file = disk.open("a", true);
            write(file, 40_000, "x");
            byte[] expected = new byte[40_001];
            expected[40_000] = 'x';
            assertArrayEquals(expected, bytes(file, 0, 50_000));
        });
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void shouldTruncateAndNotBringBackOldBytes(Kind kind) {
        onEngineTask(kind, disk -> {
            DiskFile file = disk.open("a", true);
            write(file, 0, "x".repeat(50_000));
            file.truncate(20_000);
            assertEquals(20_000, file.size());
            file.truncate(30_000);
            assertEquals(20_000, file.size(), "truncating doesn't extend");
            write(file, 49_999, "y");
            byte[] expected = new byte[50_000];
            Arrays.fill(expected, 0, 20_000, (byte) 'x');
            expected[49_999] = 'y';
            assertArrayEquals(expected, bytes(file, 0, 50_000));
        });
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void shouldMoveLargeHeapAndDirectBuffersWhole(Kind kind) {
        onEngineTask(kind, disk -> {
            byte[] data = new byte[1_000_003];
            new Random(1).nextBytes(data);
            DiskFile file = disk.open("big", true);
            file.write(ByteBuffer.wrap(data), 7);
            assertArrayEquals(data, bytes(file, 7, data.length));
            ByteBuffer direct = ByteBuffer.allocateDirect(data.length);
            file.read(direct, 7);
            file.write(direct.flip(), 0);
            assertArrayEquals(data, bytes(file, 0, data.length));
        });
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void shouldCreateListRenameAndDelete(Kind kind) {
        onEngineTask(kind, disk -> {
            assertEquals(List.of(), disk.list("wal"));
            disk.createDirectory("wal");
            disk.createDirectory("wal");
            write(disk.open("wal/2", true), 0, "two");
            write(disk.open("wal/1", true), 0, "one");
            disk.open("walnut", true);
            disk.forceDirectory("wal");
            disk.forceDirectory("");
            assertEquals(List.of("1", "2"), disk.list("wal"));
            assertEquals(List.of("wal", "walnut"), disk.list(""));
            disk.rename("wal/1", "wal/2");
            assertEquals(List.of("2"), disk.list("wal"));
            assertEquals("one", read(disk.open("wal/2", false), 0, 10));
            assertTrue(disk.exists("wal/2"));
            disk.delete("wal/2");
            disk.delete("wal/2");
            assertFalse(disk.exists("wal/2"));
            disk.delete("wal");
            assertFalse(disk.exists("wal"));
        });
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void shouldOpenAnExistingFileWithItsBytes(Kind kind) {
        onEngineTask(kind, disk -> {
            DiskFile first = disk.open("a", true);
            write(first, 0, "abc");
            first.force();
            first.close();
            DiskFile second = disk.open("a", true);
            assertEquals("abc", read(second, 0, 10));
            write(disk.open("a", false), 3, "d");
            assertEquals("abcd", read(second, 0, 10));
        });
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void shouldNameWhatIsMissing(Kind kind) {
        onEngineTask(kind, disk -> {
            expect(SqlState.UNDEFINED_FILE, "base/7", () -> disk.open("base/7", false));
            expect(SqlState.UNDEFINED_FILE, "base/7", () -> disk.open("base/7", true));
            expect(SqlState.UNDEFINED_FILE, "old", () -> disk.rename("old", "new"));
            expect(SqlState.UNDEFINED_FILE, "x/y", () -> disk.createDirectory("x/y"));
            expect(SqlState.UNDEFINED_FILE, "gone", () -> disk.forceDirectory("gone"));
        });
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void shouldRefuseAFileWhereADirectoryIsWanted(Kind kind) {
        onEngineTask(kind, disk -> {
            disk.open("base", true);
            expect(SqlState.IO_ERROR, "base", () -> disk.createDirectory("base"));
            disk.createDirectory("wal");
            disk.open("wal/1", true);
            expect(SqlState.IO_ERROR, "wal", () -> disk.delete("wal"));
        });
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void shouldRefuseEverythingAfterClose(Kind kind) {
        onEngineTask(kind, disk -> {
            DiskFile file = disk.open("a", true);
            write(file, 0, "abc");
            DiskFile other = disk.open("a", true);
            other.close();
            expect(SqlState.ADMIN_SHUTDOWN, "a", () -> read(other, 0, 1));
            assertEquals("abc", read(file, 0, 3), "another handle is untouched");
            disk.close();
            expect(SqlState.ADMIN_SHUTDOWN, "a", () -> read(file, 0, 1));
            expect(SqlState.ADMIN_SHUTDOWN, "a", () -> write(file, 0, "x"));
            expect(SqlState.ADMIN_SHUTDOWN, "a", file::force);
            expect(SqlState.ADMIN_SHUTDOWN, "a", file::size);
            expect(SqlState.ADMIN_SHUTDOWN, "a", () -> file.truncate(0));
            expect(SqlState.ADMIN_SHUTDOWN, "a", () -> disk.open("a", false));
        });
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void shouldLockOnceAndNameDirectoryAndProcess(Kind kind) {
        onEngineTask(kind, disk -> {
            AutoCloseable lock = disk.lock("lock");
            Disk second = kind == Kind.FILE ? new FileDisk(directory.resolve("db/../db"), SCHEDULER) : disk;
            for (int i = 0; i < 2; i++) { // a refused attempt must not have let the lock go
                UsageException error = assertThrows(UsageException.class, () -> second.lock("lock"));
                assertSame(SqlState.OBJECT_IN_USE, error.sqlState());
                assertTrue(error.getMessage().contains(disk.describe()), error.toString());
                assertTrue(
                        error.detail().contains("pid=" + ProcessHandle.current().pid()), error.toString());
            }
            lock.close();
            second.lock("lock").close();
        });
    }

    @ParameterizedTest
    @EnumSource(Kind.class)
    void shouldAgreeWithAPlainArrayOverRandomOperations(Kind kind) {
        onEngineTask(kind, disk -> {
            Random random = new Random(42);
            DiskFile file = disk.open("a", true);
            byte[] model = new byte[0];
            for (int i = 0; i < 2_000; i++) {
                int at = random.nextInt(100_000);
                if (random.nextInt(10) == 0) {
                    file.truncate(at);
                    model = Arrays.copyOf(model, Math.min(model.length, at));
                } else if (random.nextBoolean()) {
                    byte[] data = new byte[random.nextInt(30_000) + 1];
                    random.nextBytes(data);
                    file.write(ByteBuffer.wrap(data), at);
                    model = Arrays.copyOf(model, Math.max(model.length, at + data.length));
                    System.arraycopy(data, 0, model, at, data.length);
                } else {
                    int length = random.nextInt(30_000);
                    int end = Math.min(model.length, at + length);
                    byte[] expected = at < end ? Arrays.copyOfRange(model, at, end) : new byte[0];
                    assertArrayEquals(expected, bytes(file, at, length), "step " + i);
                }
                assertEquals(model.length, file.size());
            }
        });
    }

    static void expect(SqlState state, String named, Runnable action) {
        StoppedException error = assertThrows(StoppedException.class, action::run);
        assertSame(state, error.sqlState(), error.toString());
        assertTrue(error.getMessage().startsWith("could not "), error.toString());
        assertTrue(error.getMessage().contains(named), error.toString());
    }

    static void write(DiskFile file, long position, String text) {
        ByteBuffer src = ByteBuffer.wrap(text.getBytes());
        file.write(src, position);
        assertFalse(src.hasRemaining());
    }

    static String read(DiskFile file, long position, int length) {
        return new String(bytes(file, position, length));
    }

    static byte[] bytes(DiskFile file, long position, int length) {
        ByteBuffer dst = ByteBuffer.allocate(length);
        int count = file.read(dst, position);
        assertEquals(dst.position(), count);
        return Arrays.copyOf(dst.array(), dst.position());
    }

    private void onEngineTask(Kind kind, Body body) {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        SCHEDULER.join(SCHEDULER.spawn("test", () -> {
            try (Disk disk = kind == Kind.FILE ? new FileDisk(directory.resolve("db"), SCHEDULER) : new MemoryDisk()) {
                body.run(disk);
            } catch (Throwable e) {
                failure.set(e);
            }
        }));
        if (failure.get() != null) {
            throw new AssertionError(failure.get());
        }
    }
}
