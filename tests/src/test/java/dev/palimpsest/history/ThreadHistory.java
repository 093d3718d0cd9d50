package dev.palimpsest.history;

import dev.palimpsest.api.Database;
import dev.palimpsest.crash.SimulatedEngine;
import dev.palimpsest.recovery.CheckpointOptions;
import dev.palimpsest.sim.PowerCutException;
import dev.palimpsest.sim.SimulatedDisk;
import dev.palimpsest.wal.WalOptions;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Many transactions on real threads, on a simulated disk, window by window, each with a table of its own; every few windows the power goes in
 * the middle. A window is checked while the next one runs. What the seed decides is what the sessions do, not when.
 */
final class ThreadHistory implements AutoCloseable {
    private static final int SESSIONS = 4;

    /** Of each session in a window. */
    private static final int TRANSACTIONS = 500;

    private static final SimulatedEngine.Settings ENGINE = new SimulatedEngine.Settings(
            512, new WalOptions(1 << 20, 1 << 20, 5_000_000L), new CheckpointOptions(4 << 20, 500_000_000L, 0.5));

    final HistoryReport report = new HistoryReport();
    int cuts;
    long pruned;
    long archived;

    private final HistoryWork.Settings settings;
    private final SimulatedEngine.Settings engine;
    private final SplittableRandom random;
    private final SimulatedDisk disk;
    private final Recorder recorder = new Recorder();
    private final ExecutorService sessions = Executors.newFixedThreadPool(SESSIONS);
    private final ExecutorService checker = Executors.newSingleThreadExecutor();
    private Database db;
    private Future<HistoryReport> check;

    /** @param withVacuum autovacuum all the time, and an archive of pinned versions */
    ThreadHistory(long seed, HistoryWork.Settings settings, boolean withVacuum) {
        this.settings = settings;
        engine = withVacuum ? ENGINE.withVacuum(Long.MAX_VALUE) : ENGINE;
        random = new SplittableRandom(seed);
        disk = new SimulatedDisk(seed);
        db = open();
    }

    private Database open() {
        return SimulatedEngine.open(disk, new JitteryScheduler(), engine);
    }

    /**
     * Runs and checks so many transactions.
     *
     * @param cutIn the power goes in one of so many windows; 0 for never
     */
    void run(long transactions, int cutIn) throws InterruptedException {
        for (int window = 0; report.transactions < transactions; window++) {
            HistoryWork work = new HistoryWork(settings, recorder, db, "things" + window);
            work.load();
            boolean cut = cutIn != 0 && random.nextInt(cutIn) == 0;
            runSessions(work, cut ? random.nextInt(SESSIONS * TRANSACTIONS) : Integer.MAX_VALUE, "w" + window);
            if (cut) {
                reopen();
                work = new HistoryWork(settings, recorder, db, "things" + window);
            }
            History ended = work.endWindow(cut, false);
            awaitCheck();
            check = checker.submit(() -> HistoryChecker.check(ended));
            work.drop();
            SimulatedEngine.requireNoVacuumFailed();
            pruned += db.statistics().versionsPruned();
            archived += db.statistics().versionsArchived();
        }
        awaitCheck();
    }

    /** @param cutAt after so many transactions the power goes */
    private void runSessions(HistoryWork work, int cutAt, String name) throws InterruptedException {
        AtomicInteger done = new AtomicInteger();
        List<Future<?>> running = new ArrayList<>();
        for (int s = 0; s < SESSIONS; s++) {
            SplittableRandom own = random.split();
            String session = name + "s" + s + "#";
            running.add(sessions.submit(() -> {
                for (int i = 0; i < TRANSACTIONS; i++) {
                    if (done.incrementAndGet() == cutAt) {
                        disk.powerCut(own.nextLong());
                    }
                    work.transaction(own, session + i);
                    if (own.nextInt(2_000) == 0) {
                        db.checkpoint();
                    }
                }
            }));
        }
        for (Future<?> session : running) {
            try {
                session.get();
            } catch (ExecutionException e) {
                if (!disk.isOff()) {
                    throw new AssertionError("a session failed: " + e.getCause(), e.getCause());
                }
            }
        }
    }

    private void reopen() {
        if (!disk.isOff()) {
            disk.powerCut(random.nextLong());
        }
        cuts++;
        try {
            db.close();
        } catch (RuntimeException | PowerCutException e) {
            // the power is off: it can't close well
        }
        disk.reopenAfterCut();
        db = open();
    }

    private void awaitCheck() throws InterruptedException {
        if (check == null) {
            return;
        }
        try {
            HistoryReport found = check.get();
            found.requireNone();
            report.add(found);
        } catch (ExecutionException e) {
            throw new AssertionError("the checker failed: " + e.getCause(), e.getCause());
        }
        check = null;
    }

    @Override
    public void close() {
        sessions.shutdownNow();
        checker.shutdownNow();
        db.close();
    }
}
