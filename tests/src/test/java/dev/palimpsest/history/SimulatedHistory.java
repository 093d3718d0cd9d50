package dev.palimpsest.history;

import dev.palimpsest.api.Database;
import dev.palimpsest.api.DatabaseStatistics;
import dev.palimpsest.api.VacuumOptions;
import dev.palimpsest.crash.SimulatedEngine;
import dev.palimpsest.scheduler.Fault;
import dev.palimpsest.sim.SeededScheduler;
import dev.palimpsest.sim.SimulatedDisk;
import java.util.SplittableRandom;

/**
 * One seed: a database on a simulated disk under the seeded scheduler, through several lives that end by a power cut, or quietly. Each life
 * is a window. Everything follows from the seed. Not thread-safe.
 */
final class SimulatedHistory {
    private static final String TABLE = "things";

    private final long seed;
    private final SplittableRandom random;
    private final SimulatedDisk disk;
    private final Recorder recorder = new Recorder();
    private final HistoryReport report = new HistoryReport();
    private final HistoryWork.Settings settings;
    private SimulatedEngine.Settings engine = SimulatedEngine.Settings.small();
    private Fault fault;
    private boolean loadsFirst;
    private boolean crashed;
    private History ended;

    int cuts;
    long vacuums;
    long archived;

    SimulatedHistory(long seed) {
        this.seed = seed;
        random = new SplittableRandom(seed);
        disk = new SimulatedDisk(seed);
        settings = new HistoryWork.Settings(
                3 + random.nextInt(10),
                random.nextBoolean(),
                random.nextInt(2) == 0 ? 1_500 : 300,
                new int[] {0, 50, 100}[random.nextInt(3)],
                random.nextInt(3) == 0 ? 25 : 0,
                true);
    }

    /** The first life only makes the tables. */
    SimulatedHistory loadsFirst() {
        loadsFirst = true;
        return this;
    }

    /** With autovacuum all the time, vacuums by hand, and an archive of pinned versions. */
    SimulatedHistory withVacuum() {
        engine = engine.withVacuum(seed % 4 == 0 ? 0 : Long.MAX_VALUE);
        return this;
    }

    /** From the second life on: without its tables nobody gets far. */
    SimulatedHistory with(Fault bug) {
        fault = bug;
        return loadsFirst();
    }

    /** @throws AssertionError with the first window that isn't right */
    HistoryReport live(int lives) {
        for (int life = 0; life <= lives; life++) {
            live(life, life == lives);
        }
        return report;
    }

    private void live(int life, boolean last) {
        SeededScheduler scheduler = new SeededScheduler(seed * 1_000 + life).limitEvents(5_000_000);
        if (fault != null && life > 0) {
            scheduler.seed(fault);
        }
        disk.requireEngineTasksOf(scheduler);
        if (!last && random.nextBoolean()) {
            disk.crashAt(60 + random.nextInt(400));
        }
        int sessions = 2 + random.nextInt(3);
        int transactions = 10 + random.nextInt(40);
        scheduler.run(() -> work(scheduler, sessions, last || loadsFirst && life == 0 ? 0 : transactions));
        if (ended != null) {
            HistoryReport found = HistoryChecker.check(ended);
            found.requireNone();
            report.add(found);
            ended = null;
        }
        if (!disk.isOff()) {
            disk.powerCut(random.nextLong());
        }
        cuts++;
        crashed = true;
        disk.reopenAfterCut();
    }

    private void work(SeededScheduler scheduler, int sessions, int transactions) {
        Database db = SimulatedEngine.open(disk, scheduler, engine);
        HistoryWork work = new HistoryWork(settings, recorder, db, TABLE);
        if (HistoryTable.exists(db, TABLE)) {
            SimulatedEngine.check(db, disk);
            ended = work.endWindow(crashed, true);
        } else {
            work.load();
        }
        for (int s = 0; s < sessions; s++) {
            String name = "s" + s + "#";
            SplittableRandom own = random.split();
            scheduler.spawnSession("session" + s, () -> {
                for (int i = 0; i < transactions; i++) {
                    work.transaction(own, name + i);
                    if (own.nextInt(40) == 0) {
                        db.checkpoint();
                    }
                    if (engine.autovacuum().enabled() && own.nextInt(20) == 0) {
                        db.vacuum(VacuumOptions.DEFAULT.withAwaitArchive(own.nextBoolean()));
                    }
                }
                DatabaseStatistics statistics = db.statistics();
                vacuums = Math.max(vacuums, statistics.vacuums());
                archived = Math.max(archived, statistics.versionsArchived());
            });
        }
    }
}
