package dev.palimpsest.crash;

import dev.palimpsest.api.Database;
import dev.palimpsest.sim.SeededScheduler;
import dev.palimpsest.sim.SimulatedDisk;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Predicate;

/**
 * A database on a simulated disk through several lives, each of which ends by a power cut (or the process is killed, or closes it). Each
 * opening is followed by a complete check and a comparison with the {@link Ledger}. Everything follows from the seed. Not thread-safe.
 */
final class EngineLives {
    private static final int MOST_SESSIONS = 4;

    /** What happened, added up. */
    static final class Counts {
        final Map<CutKind, Integer> cuts = new EnumMap<>(CutKind.class);
        int allCuts;
        int cutsWhileOpening;
        int kills;
        int closes;
        int openings;
        long commits;

        void add(Counts other) {
            other.cuts.forEach((kind, count) -> cuts.merge(kind, count, Integer::sum));
            allCuts += other.allCuts;
            cutsWhileOpening += other.cutsWhileOpening;
            kills += other.kills;
            closes += other.closes;
            openings += other.openings;
            commits += other.commits;
        }

        @Override
        public String toString() {
            return "cuts=" + allCuts + " whileOpening=" + cutsWhileOpening + " byKind=" + cuts + " kills=" + kills
                    + " closes=" + closes + " openings=" + openings + " commits=" + commits;
        }
    }

    final SimulatedDisk disk;
    final Counts counts = new Counts();

    private final long seed;
    private final SplittableRandom random;
    private final Ledger ledger = new Ledger();
    private SimulatedEngine.Settings settings;
    private Predicate<String> unforced = path -> false;
    private long traceHash;

    EngineLives(long seed) {
        this.seed = seed;
        random = new SplittableRandom(seed);
        disk = new SimulatedDisk(seed);
        settings = SimulatedEngine.Settings.small();
    }

    /** Leaves forces out: of files by their path, of directories by their path and a slash. */
    EngineLives without(Predicate<String> forces) {
        unforced = forces;
        return this;
    }

    EngineLives with(SimulatedEngine.Settings others) {
        settings = others;
        return this;
    }

    /** Some lives, and a last one in which the database is opened, checked and closed. */
    EngineLives live(int lives) {
        for (int life = 0; life < lives; life++) {
            live(life, plan());
        }
        live(lives, null);
        return this;
    }

    /** One life that ends by a cut of the power, or by the death of the process, and leaves the disk as that did. */
    EngineLives liveOnce(boolean processDies) {
        SeededScheduler scheduler = new SeededScheduler(seed * 1_000).limitEvents(3_000_000);
        disk.requireEngineTasksOf(scheduler);
        CutPoints cuts = new CutPoints(disk, scheduler, CutKind.ANY, 0, 0, path -> false);
        scheduler.run(() -> work(scheduler, cuts, new Plan(CutKind.ANY, 0, MOST_SESSIONS, 10)));
        if (processDies) {
            disk.processDied();
        } else {
            disk.powerCut(random.nextLong());
            disk.reopenAfterCut();
        }
        return this;
    }

    /** Over everything that happened. */
    long traceHash() {
        return traceHash;
    }

    private record Plan(CutKind kind, int nth, int sessions, int transactions) {}

    private Plan plan() {
        boolean whileOpening = random.nextInt(10) < 2;
        List<CutKind> kinds = new ArrayList<>(List.of(CutKind.values()));
        if (!settings.autovacuum().enabled()) {
            kinds.remove(CutKind.VACUUM);
        }
        CutKind kind = whileOpening ? CutKind.RECOVERY : kinds.get(random.nextInt(kinds.size()));
        int most = switch (kind) {
            case CONTROL_RECORD -> 12;
            case STATUS_LOG -> 6;
            case SPLIT, COMMIT -> 40;
            case WAL -> 80;
            case CHECKPOINT, BIG_VALUE -> 60;
            case VACUUM -> 150;
            case RECOVERY -> 160;
            case ANY -> 800;
        };
        int nth = 1 + random.nextInt(random.nextInt(3) == 0 ? Math.max(1, most / 8) : most);
        return new Plan(kind, nth, 1 + random.nextInt(MOST_SESSIONS), 4 + random.nextInt(30));
    }

    /** @param plan null for the last life */
    private void live(int life, Plan plan) {
        SeededScheduler scheduler = new SeededScheduler(seed * 1_000 + life).limitEvents(3_000_000);
        disk.requireEngineTasksOf(scheduler);
        CutPoints cuts = new CutPoints(
                disk,
                scheduler,
                plan == null ? CutKind.ANY : plan.kind(),
                plan == null ? 0 : plan.nth(),
                random.nextLong(),
                unforced);
        scheduler.run(() -> work(scheduler, cuts, plan));
        traceHash = traceHash * 31 + scheduler.traceHash();
        end(cuts);
    }

    private void end(CutPoints cuts) {
        if (disk.isOff()) {
            counts.allCuts++;
            counts.cuts.merge(cuts.kind(), 1, Integer::sum);
            counts.cutsWhileOpening += cuts.isOpening() ? 1 : 0;
        } else if (random.nextBoolean()) {
            counts.kills++;
            disk.processDied();
            return;
        } else {
            disk.powerCut(random.nextLong());
            counts.allCuts++;
        }
        disk.reopenAfterCut();
    }

    private void work(SeededScheduler scheduler, CutPoints cuts, Plan plan) {
        Database db = SimulatedEngine.open(cuts.disk(), cuts.scheduler(), settings);
        counts.openings++;
        Map<String, String> contents = Contents.read(db);
        if (contents.containsKey("table/ledger")) {
            SimulatedEngine.check(db, disk);
        }
        ledger.verify(contents);
        if (!contents.containsKey("table/ledger")) {
            EngineWork.create(db, ledger);
            contents = Contents.read(db);
        }
        cuts.opened();
        if (plan == null) {
            db.close();
            counts.closes++;
            return;
        }
        startSessions(scheduler, cuts, plan, db, new EngineWork(db, ledger, cuts, contents));
    }

    private void startSessions(SeededScheduler scheduler, CutPoints cuts, Plan plan, Database db, EngineWork work) {
        int[] left = {plan.sessions()};
        for (int s = 0; s < plan.sessions(); s++) {
            SplittableRandom own = random.split();
            scheduler.spawnSession("session" + s, () -> {
                for (int i = 0; i < plan.transactions(); i++) {
                    work.transaction(own);
                    counts.commits++;
                }
                if (--left[0] == 0 && own.nextInt(3) == 0) {
                    db.close();
                    counts.closes++;
                }
            });
        }
    }
}
