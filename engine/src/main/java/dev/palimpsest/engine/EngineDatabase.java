package dev.palimpsest.engine;

import dev.palimpsest.api.Database;
import dev.palimpsest.api.DatabaseOptions;
import dev.palimpsest.api.DatabaseStatistics;
import dev.palimpsest.api.HeapMapPage;
import dev.palimpsest.api.IsolationLevel;
import dev.palimpsest.api.LockInfo;
import dev.palimpsest.api.RetryException;
import dev.palimpsest.api.Scan;
import dev.palimpsest.api.Session;
import dev.palimpsest.api.SessionInfo;
import dev.palimpsest.api.SnapshotPin;
import dev.palimpsest.api.Table;
import dev.palimpsest.api.TableStatistics;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.TransactionOptions;
import dev.palimpsest.api.TransactionWork;
import dev.palimpsest.api.TupleVersion;
import dev.palimpsest.api.UsageException;
import dev.palimpsest.api.VacuumOptions;
import dev.palimpsest.api.VacuumProgress;
import dev.palimpsest.api.VacuumReport;
import dev.palimpsest.api.VisibilityVerdict;
import dev.palimpsest.heap.HeapCounters;
import dev.palimpsest.inspect.CheckProgress;
import dev.palimpsest.inspect.DatabaseChecker;
import dev.palimpsest.inspect.HeapMap;
import dev.palimpsest.inspect.InspectableDatabase;
import dev.palimpsest.inspect.PageDump;
import dev.palimpsest.inspect.Pins;
import dev.palimpsest.inspect.Versions;
import dev.palimpsest.inspect.VisibilityExplainer;
import dev.palimpsest.lock.LockTable;
import dev.palimpsest.reclaim.ArchiveFactory;
import dev.palimpsest.scheduler.Scheduler;
import dev.palimpsest.table.LockView;
import dev.palimpsest.table.NamedTable;
import dev.palimpsest.table.Sessions;
import dev.palimpsest.table.TableEngine;
import dev.palimpsest.table.UserSession;
import dev.palimpsest.table.UserTransaction;
import dev.palimpsest.wal.WalDump;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.LongAdder;
import java.util.function.Consumer;

/**
 * An open database. Thread-safe.
 *
 * <p>Closing: new calls are refused, those that wait for a lock are woken and fail, those inside come out; then what is open is rolled back, a
 * last checkpoint written, and only then are files closed.
 */
public final class EngineDatabase implements Database, InspectableDatabase {
    private static final long FIRST_BACKOFF_NANOS = 50_000;
    private static final long MAX_BACKOFF_NANOS = 20_000_000;

    private final Components parts;
    private final TableEngine tables;
    private final Sessions sessions;
    private final Scheduler scheduler;
    private final LongAdder retries = new LongAdder();

    /** CAS by who closes it; the others wait for him. */
    private final AtomicBoolean closing = new AtomicBoolean();

    private final ConcurrentLinkedQueue<Thread> waiters = new ConcurrentLinkedQueue<>();

    private volatile boolean closed;

    /** Written by the closing task before it ends, read after. */
    private final ClosingSteps closingSteps = new ClosingSteps();

    private final DatabaseOptions options;

    private EngineDatabase(Components parts, Scheduler scheduler, DatabaseOptions options) {
        this.options = options;
        this.parts = parts;
        this.tables = parts.tables();
        this.sessions = tables.sessions();
        this.scheduler = scheduler;
    }

    /** Opens or makes a database on any disk, under any scheduler; of what it is made of, its options say how autovacuum is set up. */
    public static EngineDatabase open(EngineConfig config) {
        return open(
                config, DatabaseOptions.DEFAULT.withAutovacuum(config.vacuum().autovacuum()));
    }

    /** @param options what {@code config} follows, to be asked for */
    static EngineDatabase open(EngineConfig config, DatabaseOptions options) {
        return EngineTask.call(
                config.scheduler(),
                "open",
                () -> new EngineDatabase(Components.open(config), config.scheduler(), options));
    }

    @Override
    public DatabaseOptions options() {
        return options;
    }

    @Override
    public Transaction begin(TransactionOptions options) {
        UsageException.required(options, "the options");
        // at READ COMMITTED only scans hold a snapshot for long, and they look for themselves
        boolean holds = options.isolation() != IsolationLevel.READ_COMMITTED;
        return UserTransaction.begin(tables, options, null, 1, holds ? tables.openingPlace() : null);
    }

    @Override
    public <T> T transact(TransactionOptions options, TransactionWork<T> work) {
        UsageException.required(options, "the options");
        UsageException.required(work, "the work");
        for (int attempt = 1; ; attempt++) {
            try (Transaction tx = UserTransaction.begin(tables, options, null, attempt, work.getClass())) {
                T result = work.run(tx);
                if (tx.isActive()) { // else the work has ended it itself
                    tx.commit();
                }
                return result;
            } catch (RetryException e) {
                if (attempt >= options.maxAttempts()) {
                    throw attempt == 1 ? e : e.afterAttempts(attempt);
                }
                options.retryListener().retrying(attempt, e);
            }
            retries.increment();
            backOff(attempt);
        }
    }

    /** Longer from attempt to attempt, and never the same for two who met. */
    private void backOff(int attempt) {
        long limit = Math.min(MAX_BACKOFF_NANOS, FIRST_BACKOFF_NANOS << Math.min(attempt, 16));
        long until = scheduler.nanoTime() + scheduler.random().nextLong(limit);
        for (long left = until - scheduler.nanoTime();
                left > 0 && !Thread.currentThread().isInterrupted();
                left = until - scheduler.nanoTime()) {
            scheduler.park(this, left);
        }
    }

    @Override
    public Session openSession() {
        return UserSession.open(tables);
    }

    @Override
    public List<LockInfo> locks() {
        return sessions.guarded(() -> new LockView(tables).list());
    }

    @Override
    public Table table(String name) {
        return new NamedTable(tables, name);
    }

    @Override
    public void checkpoint() {
        sessions.guarded(() -> {
            parts.checkpointer().checkpoint();
            return null;
        });
    }

    @Override
    public DatabaseStatistics statistics() {
        return sessions.guarded(() -> {
            HeapCounters heap = parts.counters();
            LockTable locks = parts.transactions().locks();
            return new DatabaseStatistics(
                    sessions.commits(),
                    sessions.rollbacks(),
                    retries.sum(),
                    locks.deadlockCount(),
                    locks.waitCount(),
                    parts.wal().insertLsn() - parts.startLsn(),
                    parts.wal().forceCount(),
                    parts.checkpointer().checkpointCount(),
                    parts.pool().metrics().loads(),
                    parts.pool().metrics().pagesWritten(),
                    heap.versionsPruned(),
                    heap.hotUpdates.sum(),
                    heap.updates.sum(),
                    heap.vacuums.sum(),
                    heap.versionsReclaimed.sum(),
                    heap.versionsArchived.sum(),
                    archiveBytes(),
                    heap.pagesMadeAllVisible.sum(),
                    parts.oldSnapshots().givenUpCount());
        });
    }

    private long archiveBytes() {
        return tables.heapContext().archive().current() instanceof ArchiveFactory.OpenArchive archive
                ? archive.fill().bytes()
                : 0;
    }

    // ---- vacuum

    @Override
    public List<VacuumReport> vacuum(VacuumOptions options, String... names) {
        UsageException.required(options, "the options");
        return tables.maintenance().vacuum(options, UserSession.names(names), null);
    }

    @Override
    public List<VacuumProgress> vacuumProgress() {
        return parts.vacuum() == null ? List.of() : parts.vacuum().progress();
    }

    @Override
    public List<TableStatistics> tableStatistics() {
        return sessions.guarded(() -> tables.activity()
                .list(tables.currentCatalog().tables().stream()
                        .filter(table -> !table.isSystem())
                        .toList()));
    }

    /** One cycle of autovacuum, now and in the caller, whether it is on or not. For tests. */
    public List<VacuumReport> runAutovacuum() {
        return parts.vacuum() == null ? List.of() : parts.vacuum().runCycle();
    }

    @Override
    public List<SessionInfo> sessions() {
        return sessions.guarded(() -> {
            List<SessionInfo> open = new ArrayList<>(parts.transactions().sessions());
            sessions.forEachOpen(transaction -> {
                if (transaction.isFailed()) {
                    open.removeIf(
                            info -> info.id() == transaction.describeFailed().id());
                    open.add(transaction.describeFailed());
                }
            });
            return open;
        });
    }

    @Override
    public List<TupleVersion> versions(Transaction tx, String table) {
        return Versions.list(tables, tx, table);
    }

    @Override
    public List<SnapshotPin> pins() {
        return sessions.guarded(() -> new Pins(tables).list());
    }

    @Override
    public List<VisibilityVerdict> explainVisibility(Transaction tx, String table, Scan scan) {
        return VisibilityExplainer.list(tables, tx, table, scan);
    }

    @Override
    public List<HeapMapPage> heapMap(Transaction tx, String table) {
        return HeapMap.list(tables, tx, table);
    }

    // ---- looking inside

    @Override
    public boolean wasRecovered() {
        return parts.wasRecovered();
    }

    @Override
    public List<String> check(CheckProgress progress) {
        return sessions.guarded(() -> new DatabaseChecker(tables, parts.disk()).run(progress));
    }

    @Override
    public String dumpPage(int fileNumber, int fork, int block) {
        return sessions.guarded(() -> PageDump.dump(tables.heapContext(), fileNumber, fork, block));
    }

    @Override
    public void dumpWal(Consumer<String> lines) {
        sessions.guarded(() -> {
            parts.wal().flush(parts.wal().insertLsn());
            WalDump.print(parts.wal(), parts.checkpointer().control().redoLsn(), parts.managers()::of, lines);
            return null;
        });
    }

    /** For tests in this package. */
    Components parts() {
        return parts;
    }

    // ---- closing

    @Override
    public void close() {
        sessions.checkNotInside();
        if (closing.compareAndSet(false, true)) {
            sessions.close();
            try {
                runShutDown();
            } finally {
                closed = true;
                waiters.forEach(scheduler::unpark);
            }
            closingSteps.rethrow();
        } else {
            Thread self = Thread.currentThread();
            waiters.add(self);
            scheduler.awaitUninterruptibly(this, () -> closed);
            waiters.remove(self);
        }
    }

    private void runShutDown() {
        Thread task;
        try {
            task = scheduler.spawn("close", this::shutDown);
        } catch (Throwable e) { // no memory for another thread
            closingSteps.failed(e);
            parts.poison().poison(e); // a caller's thread must not write files, but it may close them
            shutDown();
            return;
        }
        scheduler.join(task);
    }

    /** Files and lock are released whatever goes wrong before. */
    private void shutDown() {
        closingSteps.attempt(() -> parts.transactions().close()); // whoever waits for a lock comes out
        closingSteps.attempt(parts::stopVacuum);
        closingSteps.attempt(sessions::awaitEmpty);
        closingSteps.attempt(
                () -> sessions.forEachOpen(transaction -> closingSteps.attempt(transaction::abortByClose)));
        closingSteps.attempt(parts::close);
    }
}
