package dev.palimpsest.vacuum.auto;

import dev.palimpsest.api.AutovacuumOptions;
import dev.palimpsest.api.QueryCanceledException;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.api.TableStatistics;
import dev.palimpsest.api.VacuumReport;
import dev.palimpsest.api.WaitPolicy;
import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.scheduler.Scheduler;
import dev.palimpsest.table.TableEngine;
import dev.palimpsest.tx.LiveSnapshots;
import dev.palimpsest.vacuum.StatusTruncation;
import dev.palimpsest.vacuum.TableVacuum;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.stream.Collectors;

/**
 * The task that looks, once a nap, which tables are due, and has them vacuumed by a few workers, so that a large table keeps no small one
 * waiting. Whatever goes wrong with a table is logged, and the next nap tries it again. Thread-safe.
 *
 * <p>Source: PostgreSQL, {@code autovacuum.c}.
 */
public final class Autovacuum {
    private static final Logger LOG = System.getLogger(Autovacuum.class.getName());

    /** PostgreSQL: autovacuum_max_workers. */
    private static final int MAX_WORKERS = 3;

    /**
     * A table is due, whatever happened to it, when so many transactions have begun since its last vacuum: only then can the status log, two bits
     * for each, be cut off.
     */
    private static final long MAX_AGE = 16L << 20;

    private final TableEngine tables;
    private final TableVacuum vacuum;
    private final StatusTruncation status;
    private final AutovacuumOptions options;
    private final Scheduler scheduler;
    private final BooleanSupplier stopping;
    private final Runnable eachNap;

    /** Tables that a worker has, by name. */
    private final Set<String> claimed = ConcurrentHashMap.newKeySet();

    /** Tables of a former life: what it left, as dead or archived roots, no counter of this one knows. Set once, at the start. */
    private volatile Set<Integer> inherited = Set.of();

    private final AtomicInteger workers = new AtomicInteger();

    /** Null until {@link #start}. */
    private volatile Thread launcher;

    /** Ended ones, too, until the next nap. Guarded by the launcher's being one thread, and by its end. */
    private final List<Thread> workerTasks = new ArrayList<>();

    /**
     * @param stopping the database is being closed
     * @param eachNap what else is to be done each time
     */
    public Autovacuum(
            TableEngine tables,
            TableVacuum vacuum,
            StatusTruncation status,
            AutovacuumOptions options,
            BooleanSupplier stopping,
            Runnable eachNap) {
        this.tables = tables;
        this.vacuum = vacuum;
        this.status = status;
        this.options = options;
        this.scheduler = tables.heapContext().scheduler();
        this.stopping = stopping;
        this.eachNap = eachNap;
    }

    /** When the database is opened, before its first user; also where the task isn't to begin. */
    public void prepare() {
        inherited =
                tables.currentCatalog().tables().stream().map(TableInfo::oid).collect(Collectors.toSet());
    }

    /** Begins the task. */
    public void start() {
        tables.heapContext().wal().poison().onPoison(this::wakeUp);
        launcher = scheduler.spawn("autovacuum launcher", this::run);
    }

    /** After {@code stopping} says so: returns when no task runs any more. */
    public void awaitEnd() {
        Thread running = launcher;
        if (running != null) {
            wakeUp();
            scheduler.join(running);
            workerTasks.forEach(scheduler::join);
        }
    }

    private void wakeUp() {
        Thread running = launcher;
        if (running != null) {
            scheduler.unpark(running);
        }
    }

    private boolean mustEnd() {
        return stopping.getAsBoolean() || tables.heapContext().wal().poison().isPoisoned();
    }

    private void run() {
        long napNanos = options.naptimeMillis() * 1_000_000L;
        long next = scheduler.nanoTime() + napNanos;
        while (!mustEnd()) {
            long left = next - scheduler.nanoTime();
            if (left > 0) {
                scheduler.park(this, left);
                continue;
            }
            guarded("looking for tables that are due", this::launch);
            guarded("looking after the archive", eachNap);
            next = scheduler.nanoTime() + napNanos;
        }
    }

    /** Hands what is due to workers. */
    private void launch() {
        workerTasks.removeIf(task -> !task.isAlive());
        // after a nap few of the snapshots live that did when the last vacuum ended
        guarded("cutting off the status log", status::truncate);
        List<String> due = due();
        due.removeIf(name -> !claimed.add(name));
        if (due.isEmpty()) {
            return;
        }
        int more = Math.min(MAX_WORKERS - workers.get(), due.size());
        if (more <= 0) {
            claimed.removeAll(due); // next time
            return;
        }
        List<List<String>> shares = new ArrayList<>();
        for (int i = 0; i < more; i++) {
            shares.add(new ArrayList<>());
        }
        for (int i = 0; i < due.size(); i++) {
            shares.get(i % more).add(due.get(i));
        }
        for (List<String> share : shares) {
            workers.incrementAndGet();
            workerTasks.add(scheduler.spawn("autovacuum worker", () -> work(share)));
        }
    }

    private void work(List<String> names) {
        try {
            for (String name : names) {
                vacuum(name);
                claimed.remove(name);
            }
            if (!mustEnd()) {
                guarded("cutting off the status log", status::truncate);
            }
        } finally {
            claimed.removeAll(names);
            workers.decrementAndGet();
        }
    }

    /** One cycle in the caller. Returns what was vacuumed. */
    public List<VacuumReport> runCycle() {
        List<VacuumReport> reports = new ArrayList<>();
        for (String name : due()) {
            VacuumReport report = vacuum(name);
            if (report != null && report.isDone()) {
                reports.add(report);
            }
        }
        status.truncate();
        eachNap.run();
        return reports;
    }

    /** Null if it failed; that was logged. */
    private VacuumReport vacuum(String name) {
        VacuumReport[] report = new VacuumReport[1];
        guarded("automatic vacuum of table \"" + name + "\"", () -> {
            report[0] = vacuum.run(
                    name,
                    WaitPolicy.SKIP_LOCKED,
                    null,
                    scheduler.nanoTime(),
                    own -> new TableSettings(options, own).goal(workers.get()));
            LOG.log(Level.DEBUG, () -> "automatic vacuum: " + report[0]);
        });
        return report[0];
    }

    /** Names of the tables that are due, those that were vacuumed longest ago first. */
    private List<String> due() {
        Collection<TableInfo> all = tables.currentCatalog().tables();
        vacuum.retain(all.stream().map(TableInfo::oid).collect(Collectors.toSet()));
        List<TableStatistics> statistics = tables.activity().list(all);
        Set<Long> snapshots = tables.transactions().liveSnapshots().entries().stream()
                .map(LiveSnapshots.Entry::csn)
                .collect(Collectors.toSet());
        List<TableStatistics> due = new ArrayList<>();
        int i = 0;
        for (TableInfo table : all) {
            TableStatistics its = statistics.get(i++);
            TableSettings settings = new TableSettings(options, table.storageParameters());
            long reclaimable = vacuum.kept(table.oid()).reclaimable(snapshots::contains);
            boolean isDue =
                    settings.isDue(its, reclaimable) || vacuum.canArchiveMore(table.oid()) || isUnknown(table, its);
            if (settings.isEnabled() && isDue || status.age(table.oid()) > MAX_AGE) {
                due.add(its);
            }
        }
        due.sort(Comparator.comparingLong(its -> Math.max(its.lastVacuumMicros(), its.lastAutovacuumMicros())));
        return due.stream().map(TableStatistics::table).collect(Collectors.toCollection(ArrayList::new));
    }

    /** It was there before, no vacuum has seen it since, and some page isn't known to be clean. */
    private boolean isUnknown(TableInfo table, TableStatistics its) {
        return inherited.contains(table.oid())
                && its.vacuumCount() + its.autovacuumCount() == 0
                && table.heap().vacuum().nextNotAllVisible(0) < table.heap().blockCount();
    }

    private void guarded(String what, Runnable step) {
        try {
            step.run();
        } catch (StoppedException e) {
            if (!mustEnd() && e.sqlState() != SqlState.ADMIN_SHUTDOWN) { // the end is near
                LOG.log(Level.ERROR, what + " failed", e);
            }
        } catch (QueryCanceledException e) {
            LOG.log(Level.DEBUG, what + " gave way: " + e.getMessage());
        } catch (Exception | LinkageError | VirtualMachineError e) {
            LOG.log(Level.ERROR, what + " failed", e); // other tables and the next nap have nothing to do with it
        } catch (AssertionError e) {
            LOG.log(Level.ERROR, what + " failed", e);
            if (Autovacuum.class.desiredAssertionStatus()) {
                throw e; // a test wants to know
            }
        }
    }
}
