package dev.palimpsest.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.DatabaseOptions;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.inspect.InspectableDatabase;
import dev.palimpsest.scheduler.Scheduler;
import dev.palimpsest.scheduler.ThreadScheduler;
import dev.palimpsest.storage.Disk;
import dev.palimpsest.storage.DiskFile;
import dev.palimpsest.storage.FileDisk;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Closing while things fail: the first failure comes out, and the directory is free for the next. */
@Timeout(60)
class ClosingTest {
    private final OutOfMemoryError error = new OutOfMemoryError("test");
    private final ThreadScheduler threads = new ThreadScheduler();

    @TempDir
    Path directory;

    private volatile boolean failing;

    @Test
    void shouldReleaseTheLockWhenFilesCannotBeClosed() {
        Database db = open(diskThatFails(), threads);
        failing = true;
        assertSame(error, assertThrows(OutOfMemoryError.class, db::close));
        assertReopens(false);
    }

    @Test
    void shouldReleaseTheLockWhenThereIsNoThreadForIt() {
        Database db = open(new FileDisk(directory, threads), schedulerThatFails());
        failing = true;
        assertSame(error, assertThrows(OutOfMemoryError.class, db::close));
        db.close(); // again: does nothing, and waits for nobody
        assertReopens(true);
    }

    private Database open(Disk disk, Scheduler scheduler) {
        Database db = EngineDatabase.open(EngineConfig.of(disk, scheduler, DatabaseOptions.DEFAULT));
        db.transact(tx -> {
            tx.createTable(TableSchema.named("t")
                    .column("id", ColumnType.BIGINT)
                    .primaryKey("id")
                    .build());
            db.table("t").insert(tx, 1L);
            return null;
        });
        return db;
    }

    private void assertReopens(boolean recovered) {
        try (Database db = Database.open(directory)) {
            assertEquals(recovered, ((InspectableDatabase) db).wasRecovered());
            assertTrue(db.read(tx -> db.table("t").get(tx, 1L)) != null);
        }
    }

    private Disk diskThatFails() {
        Disk disk = new FileDisk(directory, threads);
        return proxy(Disk.class, (method, arguments) -> {
            Object result = call(disk, method, arguments);
            return result instanceof DiskFile file && file.path().contains("base") ? fileThatFails(file) : result;
        });
    }

    private DiskFile fileThatFails(DiskFile file) {
        return proxy(DiskFile.class, (method, arguments) -> {
            if (failing && method.getName().equals("close")) {
                throw error;
            }
            return call(file, method, arguments);
        });
    }

    private Scheduler schedulerThatFails() {
        return proxy(Scheduler.class, (method, arguments) -> {
            if (failing && method.getName().equals("spawn")) {
                throw error;
            }
            return call(threads, method, arguments);
        });
    }

    private interface Handler {
        Object handle(Method method, Object[] arguments) throws Throwable;
    }

    private static <T> T proxy(Class<T> type, Handler handler) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(),
                new Class<?>[] {type},
                (proxy, method, arguments) -> handler.handle(method, arguments)));
    }

    private static Object call(Object target, Method method, Object[] arguments) throws Throwable {
        try {
            return method.invoke(target, arguments);
        } catch (InvocationTargetException e) {
            throw e.getCause();
        }
    }
}
