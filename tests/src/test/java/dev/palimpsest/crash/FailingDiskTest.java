package dev.palimpsest.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.Database;
import dev.palimpsest.api.EngineException;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.sim.SeededScheduler;
import dev.palimpsest.sim.SimulatedDisk;
import dev.palimpsest.storage.Disk;
import dev.palimpsest.storage.DiskFile;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/**
 * A disk that is full, fails a call, fails a force or can't be written: whoever calls gets an error that names the file, the engine stops
 * where it can't know what is on the disk, and reopening on a sound disk loses nothing acknowledged.
 */
class FailingDiskTest {
    private static final Set<SqlState> CLEAR = EnumSet.of(SqlState.IO_ERROR, SqlState.DISK_FULL);

    @Test
    void shouldSurviveAFailedForce() {
        int failures =
                failing(30, (disk, random) -> disk.failCall(SimulatedDisk.Call.FORCE, 1 + random.nextInt(25)), true);
        assertTrue(failures > 12, "failures=" + failures);
    }

    @Test
    void shouldSurviveAFailedWrite() {
        int failures =
                failing(30, (disk, random) -> disk.failCall(SimulatedDisk.Call.WRITE, 1 + random.nextInt(60)), true);
        assertTrue(failures > 12, "failures=" + failures);
    }

    @Test
    void shouldSurviveAnyFailedCall() {
        int failures = failing(60, (disk, random) -> disk.failCall(1 + random.nextInt(300)), false);
        assertTrue(failures > 15, "failures=" + failures);
    }

    @Test
    void shouldSurviveAFullDisk() {
        int failures =
                failing(30, (disk, random) -> disk.limitCapacity(disk.usedBytes() + random.nextInt(300_000)), true);
        assertTrue(failures > 12, "failures=" + failures);
    }

    @Test
    void shouldSayThatTheDiskIsReadOnly() {
        SimulatedDisk disk = new EngineLives(1).live(2).disk;
        StoppedException[] error = new StoppedException[1];
        run(
                disk,
                3,
                scheduler -> error[0] = assertThrows(
                        StoppedException.class,
                        () -> SimulatedEngine.open(readOnly(disk), scheduler, SimulatedEngine.Settings.small())));
        assertEquals(SqlState.IO_ERROR, error[0].sqlState());
        assertTrue(error[0].getMessage().contains("Read-only file system"), error[0].toString());
        run(disk, 4, scheduler -> {
            Database db = SimulatedEngine.open(disk, scheduler, SimulatedEngine.Settings.small());
            SimulatedEngine.check(db);
            db.close();
        });
    }

    private interface Fault {
        void arm(SimulatedDisk disk, SplittableRandom random);
    }

    /** @return in how many of the seeds somebody noticed */
    private static int failing(int seeds, Fault fault, boolean stops) {
        int[] noticed = {0};
        ManySeeds.forEach(0, seeds, seed -> {
            FailingLife life = new FailingLife(seed, fault);
            life.run();
            synchronized (noticed) {
                noticed[0] += life.errors.isEmpty() ? 0 : 1;
            }
            assertTrue(!stops || life.errors.isEmpty() || life.stopped != null, () -> "goes on after " + life.errors);
        });
        return noticed[0];
    }

    /** A database, a fault while sessions work on it, and the opening on a sound disk. */
    private static final class FailingLife {
        final List<EngineException> errors = new ArrayList<>();
        EngineException stopped;

        private final long seed;
        private final Fault fault;
        private final SplittableRandom random;
        private final SimulatedDisk disk;
        private final Ledger ledger = new Ledger();

        FailingLife(long seed, Fault fault) {
            this.seed = seed;
            this.fault = fault;
            this.random = new SplittableRandom(seed);
            this.disk = new SimulatedDisk(seed);
        }

        void run() {
            FailingDiskTest.run(disk, seed, this::work);
            if (random.nextBoolean()) {
                disk.powerCut(random.nextLong());
                disk.reopenAfterCut();
            } else {
                disk.processDied();
            }
            SimulatedDisk sound = disk.copy(seed);
            FailingDiskTest.run(sound, seed + 1_000, scheduler -> {
                Database db = SimulatedEngine.open(sound, scheduler, SimulatedEngine.Settings.small());
                SimulatedEngine.check(db);
                ledger.verify(Contents.read(db));
                db.close();
            });
        }

        private void work(SeededScheduler scheduler) {
            Database db = SimulatedEngine.open(disk, scheduler, SimulatedEngine.Settings.small());
            EngineWork.create(db, ledger);
            CutPoints none = new CutPoints(disk, scheduler, CutKind.ANY, 0, 0, path -> false);
            EngineWork work = new EngineWork(db, ledger, none, Map.of());
            SplittableRandom first = random.split();
            for (int i = 0; i < 10; i++) {
                work.transaction(first);
            }
            fault.arm(disk, random);
            int[] left = {3};
            for (int s = 0; s < 3; s++) {
                SplittableRandom own = random.split();
                scheduler.spawnSession("session" + s, () -> {
                    session(work, own);
                    if (--left[0] == 0) {
                        end(db);
                    }
                });
            }
        }

        private void session(EngineWork work, SplittableRandom own) {
            for (int i = 0; i < 30; i++) {
                try {
                    work.transaction(own);
                } catch (EngineException e) {
                    noteError(e);
                }
            }
        }

        /** Does it still take transactions? */
        private void end(Database db) {
            Ledger.Entry entry = ledger.begin(true);
            try (Transaction tx = db.begin()) {
                db.table("ledger").insert(tx, entry.number);
                entry.wrote(Contents.thing("ledger", entry.number), String.valueOf(entry.number));
                entry.commits();
                tx.commit();
                entry.isAcknowledged();
            } catch (EngineException e) {
                stopped = e;
            }
            try {
                db.close();
            } catch (EngineException e) {
                noteError(e);
            }
        }

        private void noteError(EngineException e) {
            errors.add(e);
            assertTrue(CLEAR.contains(e.sqlState()), e::toString);
            assertNotNull(e.getMessage());
        }
    }

    private static void run(SimulatedDisk disk, long seed, Consumer<SeededScheduler> body) {
        SeededScheduler scheduler = new SeededScheduler(seed).limitEvents(5_000_000);
        disk.requireEngineTasksOf(scheduler);
        scheduler.run(() -> body.accept(scheduler));
    }

    private static Disk readOnly(Disk disk) {
        return proxy(Disk.class, disk, Set.of("rename", "delete", "createDirectory", "forceDirectory"));
    }

    /** Whatever changes something fails. */
    private static <T> T proxy(Class<T> type, T target, Set<String> refused) {
        return type.cast(Proxy.newProxyInstance(
                type.getClassLoader(), new Class<?>[] {type}, (self, method, arguments) -> {
                    if (refused.contains(method.getName())) {
                        throw new StoppedException(
                                SqlState.IO_ERROR,
                                "could not " + method.getName() + " \"" + (arguments == null ? target : arguments[0])
                                        + "\": Read-only file system");
                    }
                    try {
                        Object result = method.invoke(target, arguments);
                        return result instanceof DiskFile file
                                ? proxy(DiskFile.class, file, Set.of("write", "force", "truncate"))
                                : result;
                    } catch (InvocationTargetException e) {
                        throw e.getCause();
                    }
                }));
    }
}
