package dev.palimpsest.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeFalse;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.UsageException;
import dev.palimpsest.scheduler.Scheduler;
import dev.palimpsest.scheduler.ThreadScheduler;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What only real files do: interrupts, other processes, permissions, a full device. */
class FileDiskTest {
    private static final int PAGE_BYTES = 8192;
    private static final int PAGES = 64;

    private final Scheduler scheduler = new ThreadScheduler();

    @TempDir
    Path directory;

    @Test
    void shouldKeepAnInterruptPendingAndStillRead() {
        try (FileDisk disk = new FileDisk(directory, scheduler)) {
            DiskFile file = filled(disk);
            Thread.currentThread().interrupt();
            assertPage(file, 3);
            assertTrue(Thread.interrupted(), "still pending");
            Thread.currentThread().interrupt();
            assertEquals((long) PAGES * PAGE_BYTES, file.size());
            assertTrue(Thread.interrupted(), "still pending");
            assertPage(file, 4);
        }
    }

    @Test
    @Timeout(60)
    void shouldReadThroughInterruptsOfOthers() throws Exception {
        int readers = 6;
        try (FileDisk disk = new FileDisk(directory, scheduler)) {
            DiskFile file = filled(disk);
            AtomicBoolean stop = new AtomicBoolean();
            AtomicReference<Throwable> failure = new AtomicReference<>();
            AtomicLong pending = new AtomicLong();
            List<Thread> threads = new ArrayList<>();
            for (int i = 0; i < readers; i++) {
                Thread thread = new Thread(() -> readUntil(stop, file, failure, pending));
                thread.start();
                threads.add(thread);
            }
            while (pending.get() < 300 && failure.get() == null) {
                // half the readers are never interrupted: these must not notice anything
                threads.get(ThreadLocalRandom.current().nextInt(readers / 2)).interrupt();
                Thread.yield();
            }
            stop.set(true);
            for (Thread thread : threads) {
                thread.join();
            }
            assertNull(failure.get(), () -> "a reader failed: " + failure.get());
            onEngineTask(() -> file.write(ByteBuffer.wrap(new byte[] {1}), 0));
        }
    }

    @Test
    void shouldRefuseWritesOutsideEngineTasks() {
        try (FileDisk disk = new FileDisk(directory, scheduler)) {
            DiskFile file = filled(disk);
            assertThrows(AssertionError.class, () -> file.write(ByteBuffer.allocate(1), 0));
            assertThrows(AssertionError.class, file::force);
            assertThrows(AssertionError.class, () -> file.truncate(0));
            assertThrows(AssertionError.class, () -> disk.forceDirectory(""));
        }
    }

    @Test
    void shouldCreateMissingDirectories() {
        try (FileDisk disk = new FileDisk(directory.resolve("a/b/c"), scheduler)) {
            disk.open("f", true);
            assertTrue(Files.exists(directory.resolve("a/b/c/f")));
        }
    }

    @Test
    void shouldNameAFileInTheDirectorysPlace() throws IOException {
        Path file = Files.createFile(directory.resolve("file"));
        DiskContractTest.expect(SqlState.IO_ERROR, "file", () -> new FileDisk(file, scheduler));
        DiskContractTest.expect(SqlState.IO_ERROR, "file", () -> new FileDisk(file.resolve("below"), scheduler));
    }

    @Test
    void shouldReportAFullDisk() {
        assumeTrue(Files.isWritable(Path.of("/dev/full")), "a device that is always full");
        try (FileDisk disk = new FileDisk(Path.of("/dev"), scheduler)) {
            DiskFile file = disk.open("full", false);
            onEngineTask(() -> DiskContractTest.expect(
                    SqlState.DISK_FULL, "/dev/full", () -> file.write(ByteBuffer.allocate(10), 0)));
        }
    }

    @Test
    void shouldReportAReadOnlyDirectoryAndFile() throws IOException {
        Files.createFile(directory.resolve("file"));
        Files.setPosixFilePermissions(directory.resolve("file"), PosixFilePermissions.fromString("r--r--r--"));
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("r-xr-xr-x"));
        try (FileDisk disk = new FileDisk(directory, scheduler)) {
            assumeFalse(Files.isWritable(directory), "the superuser may write anywhere");
            DiskContractTest.expect(SqlState.IO_ERROR, "lock", () -> disk.lock("lock"));
            DiskContractTest.expect(SqlState.IO_ERROR, "new", () -> disk.open("new", true));
            DiskFile file = disk.open("file", false);
            onEngineTask(() ->
                    DiskContractTest.expect(SqlState.IO_ERROR, "file", () -> file.write(ByteBuffer.allocate(1), 0)));
        } finally {
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        }
    }

    @Test
    @Timeout(60)
    void shouldNameTheOtherProcessThatHoldsTheLock() throws Exception {
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        Process other = new ProcessBuilder(
                        java,
                        "-XX:TieredStopAtLevel=1",
                        "-cp",
                        System.getProperty("java.class.path"),
                        LockHolder.class.getName(),
                        directory.toString())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (FileDisk disk = new FileDisk(directory, scheduler)) {
            assertEquals('L', other.getInputStream().read(), "the other process holds the lock");
            UsageException error = assertThrows(UsageException.class, () -> disk.lock("lock"));
            assertSame(SqlState.OBJECT_IN_USE, error.sqlState());
            assertTrue(error.getMessage().contains(directory.toString()), error.toString());
            assertTrue(error.detail().contains("pid=" + other.pid()), error.toString());
            other.destroyForcibly().waitFor();
            disk.lock("lock").close(); // a killed process leaves no lock behind
        } finally {
            other.destroyForcibly();
        }
    }

    @Test
    void shouldLockOnAnInterruptedThread() throws Exception {
        try (FileDisk disk = new FileDisk(directory, scheduler)) {
            Thread.currentThread().interrupt();
            AutoCloseable lock = disk.lock("lock");
            assertTrue(Thread.interrupted(), "still pending");
            assertThrows(UsageException.class, () -> disk.lock("lock"));
            lock.close();
        }
    }

    /** The other process: locks, says so, and stays until it is killed or its input ends. */
    static final class LockHolder {
        private LockHolder() {}

        public static void main(String[] arguments) throws Exception {
            FileDisk disk = new FileDisk(Path.of(arguments[0]), new ThreadScheduler());
            AutoCloseable lock = disk.lock("lock");
            System.out.print("L");
            System.out.flush();
            System.in.read();
            lock.close();
        }
    }

    private DiskFile filled(FileDisk disk) {
        DiskFile file = disk.open("pages", true);
        onEngineTask(() -> {
            for (int page = 0; page < PAGES; page++) {
                ByteBuffer bytes = ByteBuffer.allocate(PAGE_BYTES);
                for (int i = 0; i < PAGE_BYTES; i++) {
                    bytes.put(i, (byte) page);
                }
                file.write(bytes, (long) page * PAGE_BYTES);
            }
        });
        return file;
    }

    private static void readUntil(
            AtomicBoolean stop, DiskFile file, AtomicReference<Throwable> failure, AtomicLong pending) {
        try {
            while (!stop.get()) {
                assertPage(file, ThreadLocalRandom.current().nextInt(PAGES));
                if (Thread.interrupted()) {
                    pending.incrementAndGet();
                }
            }
        } catch (Throwable e) {
            failure.compareAndSet(null, e);
        }
    }

    private static void assertPage(DiskFile file, int page) {
        ByteBuffer bytes = ThreadLocalRandom.current().nextBoolean()
                ? ByteBuffer.allocate(PAGE_BYTES)
                : ByteBuffer.allocateDirect(PAGE_BYTES);
        assertEquals(PAGE_BYTES, file.read(bytes, (long) page * PAGE_BYTES));
        for (int i = 0; i < PAGE_BYTES; i++) {
            assertEquals((byte) page, bytes.get(i));
        }
    }

    private void onEngineTask(Runnable body) {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        scheduler.join(scheduler.spawn("test", () -> {
            try {
                body.run();
            } catch (Throwable e) {
                failure.set(e);
            }
        }));
        assertNull(failure.get());
    }
}
