package dev.palimpsest.table;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.TransactionOptions;
import dev.palimpsest.api.UsageException;
import dev.palimpsest.catalog.Catalog;
import dev.palimpsest.catalog.CatalogSnapshot;
import dev.palimpsest.heap.HeapContext;
import dev.palimpsest.lock.LockTable;
import dev.palimpsest.scheduler.Scheduler;
import dev.palimpsest.tx.Transaction;
import dev.palimpsest.tx.TransactionManager;
import dev.palimpsest.wal.EnginePoison;
import java.util.function.Function;

/** What all sessions of a database share. Thread-safe. */
public final class TableEngine {
    private final HeapContext heapContext;
    private final Catalog catalog;
    private final Sessions sessions;
    private final KeyCache keyCache;

    /** Set once, before the first user. */
    private volatile Maintenance maintenance = (options, tables, session) -> {
        throw new UsageException(
                SqlState.FEATURE_NOT_SUPPORTED,
                "vacuum is not available",
                null,
                "Add the palimpsest-vacuum jar to the class path.",
                null);
    };

    private volatile boolean openingPlaces;

    public TableEngine(HeapContext heapContext, Catalog catalog) {
        this.heapContext = heapContext;
        this.catalog = catalog;
        this.keyCache = new KeyCache(heapContext.pool().frameCount());
        this.sessions = new Sessions(heapContext.scheduler(), heapContext.wal().poison(), catalog);
    }

    public HeapContext heapContext() {
        return heapContext;
    }

    public Catalog catalog() {
        return catalog;
    }

    public Sessions sessions() {
        return sessions;
    }

    /** What has happened to tables. */
    public TableActivity activity() {
        return sessions.activity();
    }

    public TransactionManager transactions() {
        return heapContext.transactions();
    }

    /** The catalog as of now, for who belongs to no transaction. */
    public CatalogSnapshot currentCatalog() {
        return inTransaction(catalog::current);
    }

    /** Runs something in a read-only transaction of its own, inside the engine. */
    public <T> T inTransaction(Function<Transaction, T> work) {
        UserTransaction transaction = UserTransaction.begin(this, TransactionOptions.READ_ONLY);
        try {
            transaction.enter();
            try {
                return work.apply(transaction.tx());
            } finally {
                transaction.exit();
            }
        } finally {
            transaction.rollback(false);
        }
    }

    /** Before the first user. Without it vacuum is refused with 0A000. */
    public void maintenance(Maintenance vacuum) {
        maintenance = vacuum;
    }

    /** Vacuum, for whoever asks for it. */
    public Maintenance maintenance() {
        return maintenance;
    }

    /**
     * As {@link #inTransaction(Function)}, for one step of a longer statement of a session: its limits and its cancel count.
     *
     * @param session null for none
     * @param startNanos when the statement began, on the scheduler's clock
     * @throws dev.palimpsest.api.UsageException 25001 if the session has an open transaction
     */
    public <T> T inTransaction(UserSession session, long startNanos, Function<Transaction, T> work) {
        UserTransaction transaction =
                session == null ? UserTransaction.begin(this, TransactionOptions.READ_ONLY) : session.beginStep();
        try {
            transaction.enter();
            try {
                transaction.continueStatement(startNanos);
                return work.apply(transaction.tx());
            } finally {
                transaction.exit();
            }
        } finally {
            transaction.rollback(false);
        }
    }

    /** Before the first user: whether {@link #openingPlace} looks for anything. */
    public void recordOpeningPlaces(boolean value) {
        openingPlaces = value;
    }

    /** The user's code that called, if that is wanted and known; costs a walk of the stack. Else null. */
    public Object openingPlace() {
        return openingPlaces ? OpeningPlace.find() : null;
    }

    KeyCache keyCache() {
        return keyCache;
    }

    LockTable locks() {
        return heapContext.transactions().locks();
    }

    Scheduler scheduler() {
        return heapContext.scheduler();
    }

    EnginePoison poison() {
        return heapContext.wal().poison();
    }
}
