package dev.palimpsest.retention;

import dev.palimpsest.api.VacuumOptions;
import dev.palimpsest.api.VacuumReport;
import dev.palimpsest.crash.SimulatedEngine;
import dev.palimpsest.engine.EngineDatabase;
import dev.palimpsest.recovery.CheckpointOptions;
import dev.palimpsest.retention.RetentionOracle.Doomed;
import dev.palimpsest.scheduler.Fault;
import dev.palimpsest.sim.SeededScheduler;
import dev.palimpsest.sim.SimulatedDisk;
import dev.palimpsest.wal.WalOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * One seed: a database on a simulated disk through several lives, with writers, readers of every kind, vacuum cycles and the oracle's looks; a
 * life ends by a power cut, often within a vacuum, or quietly. Everything follows from the seed. Not thread-safe.
 */
final class RetentionLives {
    static final class Counts {
        final RetentionOracle.Counts oracle = new RetentionOracle.Counts();
        int lives;
        int cuts;
        int cutsInVacuum;
        long transactions;
        long compared;
        long removed;
        long archived;
        long archivedRemoved;
        long freed;
        long entries;
        long indexScans;
        long indexPages;
        long pagesCut;

        void add(Counts other) {
            oracle.add(other.oracle);
            lives += other.lives;
            cuts += other.cuts;
            cutsInVacuum += other.cutsInVacuum;
            transactions += other.transactions;
            compared += other.compared;
            removed += other.removed;
            archived += other.archived;
            archivedRemoved += other.archivedRemoved;
            freed += other.freed;
            entries += other.entries;
            indexScans += other.indexScans;
            indexPages += other.indexPages;
            pagesCut += other.pagesCut;
        }

        private void add(VacuumReport report) {
            removed += report.versionsRemoved();
            archived += report.versionsArchived();
            archivedRemoved += report.archivedRemoved();
            freed += report.linePointersFreed();
            pagesCut += Math.max(0, report.pagesBefore() - report.pagesAfter());
            for (VacuumReport.IndexReport index : report.indexes()) {
                entries += index.entriesRemoved();
                indexScans += index.fullScans();
                indexPages += index.pagesDeleted();
            }
        }

        @Override
        public String toString() {
            return "lives=" + lives + " cuts=" + cuts + " cutsInVacuum=" + cutsInVacuum + " transactions="
                    + transactions + " rowsCompared=" + compared + " removed=" + removed + " archived=" + archived
                    + " archivedRemoved=" + archivedRemoved + " linePointersFreed=" + freed + " entries=" + entries
                    + " indexScans=" + indexScans + " indexPages=" + indexPages + " pagesCut=" + pagesCut + " oracle: "
                    + oracle;
        }
    }

    /** Everything that a table keeps is in its pages if this is all that the archive holds. */
    private static final int TINY_ARCHIVE = 600;

    final Counts counts = new Counts();

    private final long seed;
    private final SplittableRandom random;
    private final SimulatedDisk disk;
    private final VersionModel model = new VersionModel();
    private final RetentionWork.Settings work;
    private final SimulatedEngine.Settings engine;
    private Fault fault;
    private boolean crashed;
    private long traceHash;

    RetentionLives(long seed) {
        this.seed = seed;
        random = new SplittableRandom(seed);
        disk = new SimulatedDisk(seed);
        boolean bulk = random.nextInt(3) == 0;
        work = new RetentionWork.Settings(
                4 + random.nextInt(20),
                random.nextBoolean() ? 1_200 : 250,
                bulk ? 60 + random.nextInt(seed % 2 == 0 ? 1_000 : 200) : 0);
        long archiveBytes = random.nextInt(8) == 0 ? TINY_ARCHIVE : random.nextInt(12) == 0 ? 0 : Long.MAX_VALUE;
        SimulatedEngine.Settings settings = new SimulatedEngine.Settings(
                        random.nextInt(3) == 0 ? 64 : 400,
                        new WalOptions(64 << 10, 128 << 10, 5_000_000L),
                        new CheckpointOptions(400_000, 300_000_000L, 0.5))
                .withVacuum(archiveBytes);
        engine = random.nextInt(3) == 0
                ? settings
                : settings.withAutovacuum(settings.autovacuum().withEnabled(false));
    }

    /** From the second life on. */
    RetentionLives with(Fault bug) {
        fault = bug;
        return this;
    }

    RetentionLives live(int lives) {
        for (int life = 0; life < lives; life++) {
            oneLife(life);
        }
        return this;
    }

    /** Over everything that happened. */
    long traceHash() {
        return traceHash;
    }

    private void oneLife(int life) {
        SeededScheduler seeded = new SeededScheduler(seed * 1_000 + life).limitEvents(8_000_000);
        if (fault != null && life > 0) {
            seeded.seed(fault);
        }
        disk.requireEngineTasksOf(seeded);
        FreezingScheduler scheduler = new FreezingScheduler(seeded);
        int cut = random.nextInt(4);
        if (cut == 0 && life > 0) {
            disk.crashAt(30 + random.nextInt(400));
        }
        long stepsInVacuum = cut == 1 ? 1 + random.nextInt(random.nextBoolean() ? 60 : 600) : 0;
        seeded.run(() -> work(scheduler, stepsInVacuum));
        traceHash = traceHash * 31 + seeded.traceHash();
        counts.lives++;
        counts.cuts += disk.isOff() ? 1 : 0;
        if (!disk.isOff()) {
            disk.powerCut(random.nextLong());
        }
        crashed = true;
        disk.reopenAfterCut();
    }

    private void work(FreezingScheduler scheduler, long stepsInVacuum) {
        EngineDatabase db = SimulatedEngine.open(disk, scheduler, engine);
        if (!RetentionTable.exists(db)) {
            RetentionTable.create(db);
        } else {
            SimulatedEngine.check(db, disk);
        }
        Set<Long> survivors = RetentionTable.marks(db);
        RetentionOracle oracle = new RetentionOracle(db, RetentionTable.NAME, scheduler, model, counts.oracle);
        scheduler.watch(oracle::published);
        if (crashed) {
            model.crashed(survivors, oracle.published());
        }
        RetentionReaders readers = readers(db, oracle, scheduler);
        readers.repeatedReader(3);
        startSessions(scheduler, db, oracle, stepsInVacuum);
    }

    private RetentionReaders readers(EngineDatabase db, RetentionOracle oracle, FreezingScheduler scheduler) {
        return new RetentionReaders(model, oracle, db, scheduler, random.split(), work.keys());
    }

    private void startSessions(
            FreezingScheduler scheduler, EngineDatabase db, RetentionOracle oracle, long stepsInVacuum) {
        List<Thread> writers = new ArrayList<>();
        boolean[] over = new boolean[1];
        int transactions = 10 + random.nextInt(25);
        for (int i = 0; i < 3; i++) {
            RetentionWork session = new RetentionWork(work, model, oracle, db, scheduler, random.split(), "writer" + i);
            writers.add(scheduler.seeded.spawnSession("writer" + i, () -> {
                for (int t = 0; t < transactions; t++) {
                    session.transaction();
                    counts.transactions++;
                }
            }));
        }
        for (int i = 0; i < 4; i++) {
            int kind = i == 3 ? 3 : random.nextInt(3);
            SplittableRandom own = random.split();
            RetentionReaders reader = readers(db, oracle, scheduler);
            scheduler.seeded.spawnSession("reader" + i, () -> {
                while (!over[0]) {
                    switch (kind) {
                        case 0, 1 -> reader.repeatedReader(1 + own.nextInt(own.nextBoolean() ? 4 : 40));
                        case 2 -> reader.cursor();
                        default -> reader.lockingCursor();
                    }
                }
                counts.compared += reader.compared;
            });
        }
        SplittableRandom vacuums = random.split();
        scheduler.seeded.spawnSession("vacuum", () -> {
            while (!over[0]) {
                cycle(scheduler, db, oracle, stepsInVacuum);
                scheduler.park(this, vacuums.nextInt(30_000_000));
                if (vacuums.nextInt(10) == 0) {
                    db.checkpoint();
                }
            }
        });
        SplittableRandom looks = random.split();
        scheduler.seeded.spawnSession("oracle", () -> {
            while (!over[0]) {
                oracle.checkNothingIsMissing();
                scheduler.park(this, looks.nextInt(10_000_000));
            }
        });
        writers.forEach(scheduler::join);
        over[0] = true;
    }

    private void cycle(FreezingScheduler scheduler, EngineDatabase db, RetentionOracle oracle, long stepsInVacuum) {
        Doomed doomed = oracle.doomed();
        if (stepsInVacuum != 0) {
            scheduler.cutAfter(stepsInVacuum, () -> {
                counts.cutsInVacuum++;
                disk.powerCut(seed);
                disk.exists(""); // throws
            });
        }
        List<VacuumReport> reports = db.vacuum(VacuumOptions.DEFAULT, RetentionTable.NAME);
        scheduler.cutNoMore();
        for (VacuumReport report : reports) {
            if (!report.isDone()) {
                throw new AssertionError("not vacuumed: " + report.skipped());
            }
            counts.add(report);
        }
        if (doomed != null) {
            oracle.checkNothingIsLeft(doomed);
        }
    }
}
