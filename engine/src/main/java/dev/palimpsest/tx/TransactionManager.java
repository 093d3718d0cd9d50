package dev.palimpsest.tx;

import dev.palimpsest.api.IsolationLevel;
import dev.palimpsest.api.SessionInfo;
import dev.palimpsest.api.SnapshotInfo;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.api.UsageException;
import dev.palimpsest.id.Lsn;
import dev.palimpsest.id.Xid;
import dev.palimpsest.lock.LockOwner;
import dev.palimpsest.lock.LockTable;
import dev.palimpsest.lock.RowLocks;
import dev.palimpsest.lock.Speculation;
import dev.palimpsest.lock.WaitContext;
import dev.palimpsest.scheduler.Fault;
import dev.palimpsest.scheduler.Scheduler;
import dev.palimpsest.scheduler.Step;
import dev.palimpsest.wal.AppendHook;
import dev.palimpsest.wal.EnginePoison;
import dev.palimpsest.wal.Wal;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/**
 * Begins and ends transactions, hands out xids, and answers what has committed when.
 *
 * <p>Principal entry points: {@link #begin}, {@link #assignXid}, {@link #commit}, {@link #abort}, {@link #waitForEnd},
 * {@link #commitCsn}, {@link #captureHorizon}. Before the first {@code begin} the engine redoes the log through
 * {@link TransactionResourceManager} and calls {@link #start}. Thread-safe. The rules: README.md.
 */
public final class TransactionManager {
    /** {@link #commitCsn} of a transaction that aborted. */
    public static final long ABORTED = -1;

    private static final System.Logger LOG = System.getLogger(TransactionManager.class.getName());

    private static final int[] NO_FILES = {};

    /** So many subtransactions an abort record names at most: it must never be too long for the log. */
    private static final int MAX_ABORTED_SUBXIDS = 1000;

    /** No file work: the hook of an abort without. */
    private static final AppendHook NO_HOOK = lsn -> {};

    private final Scheduler scheduler;
    private final EnginePoison poison;
    private final CommitWal wal;
    private final CommitLog statuses;
    private final IntConsumer fileRemover;

    private final PublishedCsn published = new PublishedCsn(0);
    private final CommitNumbers numbers = new CommitNumbers(0);
    private final ActiveTransactions active = new ActiveTransactions();
    private final Set<SessionOwner> sessions = ConcurrentHashMap.newKeySet();
    private final SnapshotSlots slots;
    private final LockTable locks;
    private final RowLocks rowLocks;

    /** One of the tests' bugs. */
    private final boolean releasesRowLocksTooEarly;

    private final Publisher publisher;
    private final FileWork fileWork;
    private final List<CommitListener> commitListeners = new CopyOnWriteArrayList<>();

    private final AtomicLong nextXid = new AtomicLong(Xid.FIRST_NORMAL);
    private final AtomicLong nextProcessId = new AtomicLong(1);

    private volatile long maxSnapshotMicros;

    /** {@link #nextXid} at the last trim of the numbers. Guarded by PUBLISH. */
    private long trimmedAtXid;

    /**
     * @param statuses filled by recovery
     * @param fileRemover removes all forks of a relation file, on the ending transaction's thread; no error if they aren't there
     */
    public TransactionManager(
            Scheduler scheduler, EnginePoison poison, CommitWal wal, CommitLog statuses, IntConsumer fileRemover) {
        this.scheduler = scheduler;
        this.poison = poison;
        this.wal = wal;
        this.statuses = statuses;
        this.fileRemover = fileRemover;
        this.slots = takesWrongNumbers(scheduler)
                ? new WrongSnapshotSlots(scheduler, published)
                : new SnapshotSlots(scheduler, published);
        this.locks = new LockTable(scheduler, poison, this::forEachOwner);
        this.rowLocks = new RowLocks(scheduler);
        locks.onRelease(rowLocks);
        releasesRowLocksTooEarly = scheduler.isSeeded(Fault.LOCK_RELEASED_EARLY);
        this.publisher = new Publisher(wal, numbers, statuses, published, scheduler, this::trimNumbers);
        this.fileWork = new FileWork(scheduler, poison);
        wal.onDurable(publisher::publishReady);
    }

    /** Here, so that production needn't even load the class. */
    private static boolean takesWrongNumbers(Scheduler scheduler) {
        return scheduler.isSeeded(Fault.VISIBILITY_OFF_BY_ONE) || scheduler.isSeeded(Fault.SNAPSHOT_BEFORE_SLOT);
    }

    /** The engine's. */
    public TransactionManager(Scheduler scheduler, Wal wal, CommitLog statuses, IntConsumer fileRemover) {
        this(scheduler, wal.poison(), CommitWal.of(wal), statuses, fileRemover);
    }

    // ---- life of the engine

    /**
     * Recovery is over and what it replayed is durable.
     *
     * @param firstXid above every xid in the log, and not below the last checkpoint's
     * @param endLsn the end of the log: every commit from now on has a higher number
     */
    public void start(long firstXid, long endLsn) {
        nextXid.set(Math.max(firstXid, Xid.FIRST_NORMAL));
        statuses.startRun(nextXid.get(), nextXid::get);
        publisher.exclusively(() -> {
            numbers.startRun(nextXid.get());
            trimmedAtXid = nextXid.get();
            published.advance(endLsn);
        });
    }

    /** Nobody waits any more: each wait, running or new, fails with 57P01. */
    public void close() {
        locks.close();
    }

    /** Before the first transaction or at any time after; told in this order. */
    public void addCommitListener(CommitListener listener) {
        commitListeners.add(listener);
    }

    /**
     * For a checkpoint that has chosen its redo position: on return the effects of every commit and abort whose record ends at it or
     * before are in memory (and its files removed), so that the checkpoint's writes contain them.
     */
    public void drainPublished(long redoLsn) {
        wal.flush(redoLsn);
        publisher.publishReady(redoLsn);
        fileWork.awaitFinished(redoLsn);
    }

    /** For a checkpoint: read after its redo position was chosen, it is above every xid in records before that. */
    public long nextXid() {
        return nextXid.get();
    }

    // ---- life of a transaction

    public Transaction begin(IsolationLevel isolation, boolean readOnly) {
        return begin(null, null, isolation, readOnly);
    }

    /** A session of its own. */
    public Transaction begin(Transaction ended, IsolationLevel isolation, boolean readOnly) {
        return begin(ended, null, isolation, readOnly);
    }

    /**
     * @param ended an ended transaction of the same thread, whose object is used again where possible; may be null
     * @param session what it is part of, or null
     */
    public Transaction begin(Transaction ended, SessionOwner session, IsolationLevel isolation, boolean readOnly) {
        Transaction transaction =
                ended != null && ended.canBeginAgain() ? ended : new Transaction(this, nextProcessId.getAndIncrement());
        transaction.begin(session, isolation, readOnly);
        return transaction;
    }

    /** What lasts longer than a transaction; to be closed. */
    public SessionOwner openSession() {
        SessionOwner session = new SessionOwner(nextProcessId.getAndIncrement());
        sessions.add(session);
        return session;
    }

    /** Gives back what the session still holds. It has no open transaction. */
    public void closeSession(SessionOwner session) {
        locks.unlockAll(session);
        sessions.remove(session);
    }

    /**
     * The xid to write with: the current subtransaction's, or the transaction's own outside of savepoints; a new one at its first write.
     *
     * @throws UsageException 25006 if it is read-only
     */
    public long assignXid(Transaction transaction) {
        long xid = transaction.writeXid();
        return xid != Xid.NONE ? xid : assignNewXids(transaction);
    }

    /** From the outside in: so a subtransaction's xid is younger than that of the one around it. */
    private long assignNewXids(Transaction transaction) {
        if (transaction.isReadOnly()) {
            throw new UsageException(SqlState.READ_ONLY_SQL_TRANSACTION, "cannot write in a read-only transaction");
        }
        if (transaction.xid() == Xid.NONE) {
            transaction.setXid(nextXid.getAndIncrement());
        }
        if (transaction.savepointDepth() != 0) {
            transaction.assignSubXids(nextXid::getAndIncrement);
        }
        scheduler.step(Step.XID_ASSIGNED);
        return transaction.writeXid();
    }

    /**
     * Commits: on return it is visible to every snapshot taken from then on and, if synchronous, survives a power cut. Once its record is
     * appended nothing ends it half way, neither cancel nor timeout nor interrupt.
     *
     * @throws UsageException 25P02 if it has failed; it is still to be aborted
     * @throws StoppedException the engine stopped; whether it committed, recovery decides
     */
    public void commit(Transaction transaction, boolean synchronous) {
        transaction.checkUsable();
        if (transaction.xid() == Xid.NONE) {
            transaction.setState(TransactionState.COMMITTED);
            end(transaction, true, 0);
            return;
        }
        int[] files = transaction.filesDropped(true);
        if (releasesRowLocksTooEarly) {
            rowLocks.ended(transaction);
        }
        long csn = wal.append(
                TransactionRecords.form(
                        transaction,
                        TransactionRecords.COMMIT,
                        transaction.xid(),
                        0,
                        transaction.subXidCount(),
                        scheduler.currentTimeMicros(),
                        files),
                transaction.commitHook(synchronous));
        try {
            scheduler.step(Step.COMMIT_APPENDED);
            awaitPublication(transaction, csn, synchronous);
        } catch (Throwable e) {
            transaction.setState(
                    TransactionState.UNKNOWN); // its record may become durable: nobody may abort it any more
            if (!(e instanceof StoppedException)) {
                poison.poison(e); // half way through publication
            }
            letGo(transaction);
            throw e;
        }
        transaction.setState(TransactionState.COMMITTED);
        end(transaction, true, csn);
    }

    /** Aborts; no effect after the end. Doesn't wait and doesn't fail. */
    public void abort(Transaction transaction) {
        if (transaction.isEnded()) {
            return;
        }
        transaction.setState(TransactionState.ABORTED);
        long lsn = transaction.xid() == Xid.NONE ? 0 : storeAbort(transaction);
        end(transaction, false, lsn);
    }

    // ---- what others did

    /** The number of the newest published commit: what a snapshot taken now would see. */
    public long published() {
        return published.get();
    }

    /**
     * When a transaction committed, for a reader with a live snapshot: its number, 0 if it is older than every live snapshot,
     * {@link Lsn#INFINITE} while it is in progress, {@link #ABORTED} if it aborted. Visible to snapshot s if 0 ≤ number ≤ s.
     */
    public long commitCsn(long xid) {
        int status = statuses.status(xid); // status first, number second: see README.md
        return status == CommitLog.COMMITTED
                ? numbers.number(xid)
                : status == CommitLog.ABORTED ? ABORTED : Lsn.INFINITE;
    }

    /** For writers, lockers and unique checks: a commit that isn't published yet is still in progress. */
    public boolean isInProgress(long xid) {
        int status = statuses.status(xid);
        return status == CommitLog.IN_PROGRESS
                || status == CommitLog.COMMITTED && numbers.number(xid) > published.get();
    }

    /** For a checkpoint, after {@link #drainPublished}; an engine task's: writes and forces the changed part of the status log. */
    public void writeStatuses() {
        statuses.writeDirty(wal);
    }

    public CommitLog commitLog() {
        return statuses;
    }

    public CommitNumbers commitNumbers() {
        return numbers;
    }

    /** What is live now, for reclaim. May be shared and kept: an old one only keeps more. */
    public Horizon captureHorizon() {
        return slots.capture();
    }

    /**
     * How far everything has ended.
     *
     * @param xid every lower one has ended, and is published
     * @param csn no commit of theirs has a higher number
     */
    public record EndedBoundary(long xid, long csn) {}

    /** How far everything has ended by now. Costs a look at the status of each xid since the oldest open one. */
    public EndedBoundary endedBoundary() {
        long xid = statuses.firstUnended(nextXid.get());
        long[] csn = new long[1];
        publisher.exclusively(() -> csn[0] = published.get()); // what was seen to be stored is published by then
        return new EndedBoundary(xid, csn[0]);
    }

    /**
     * Forgets the status of all xids below a point: each then reads as committed before every snapshot. Waits for the log. On any thread
     * that may wait, one at a time.
     *
     * <p>The caller knows that no page and no archived version has one of them as xmin that was rolled back, as xmax that was rolled back
     * and isn't cleared, or as the xmax of a version that is kept; and that the changes which brought that about are logged.
     *
     * @param point at most {@code ended.xid()}; what is forgotten are whole chunks below it
     * @param ended as asked for before that was established
     * @param established the published number once it was
     * @return false if nothing was done: a live snapshot is older than a number of theirs, or was taken before that was established, so that its
     *     reader may judge a copy of a page as of before; or the point isn't far enough ahead
     * @throws IllegalArgumentException if a xid below the point may not have ended
     */
    public boolean truncateStatus(long point, EndedBoundary ended, long established) {
        if (point > ended.xid() || ended.xid() > statuses.firstUnended(nextXid.get())) {
            throw new IllegalArgumentException("transactions haven't ended: point=" + point + " ended=" + ended);
        }
        long aligned = CommitLog.alignedPoint(point);
        if (aligned <= statuses.truncationPoint()) {
            return false;
        }
        Horizon horizon = captureHorizon();
        if (horizon.oldest() < ended.csn() || horizon.separates(0, established + 1)) {
            return false;
        }
        // with it all is forced that removed what the old statuses were needed for
        wal.flush(wal.append(TransactionRecords.formTruncation(aligned), NO_HOOK));
        scheduler.step(Step.STATUS_TRUNCATION_LOGGED);
        statuses.truncate(aligned);
        return true;
    }

    /**
     * Waits until a transaction has ended and its end is visible. Holding no latch.
     *
     * @throws dev.palimpsest.api.RetryException 40P01
     * @throws dev.palimpsest.api.CanceledException 55P03 (lock timeout), 57014 (cancel or interrupt, which stays pending)
     * @throws StoppedException the engine is closing or has stopped
     */
    public void waitForEnd(Transaction self, long xid, WaitContext context) {
        assert !self.isOwn(xid) : "waits for itself";
        while (isInProgress(xid)) {
            Transaction other = active.find(xid);
            if (other != null) {
                locks.waitForTransaction(self, other, xid, context);
            } else if (isInProgress(xid)) {
                poison.check(); // its outcome is unknown
                throw new StoppedException(SqlState.INTERNAL_ERROR, "transaction " + xid + " is lost");
            }
        }
    }

    /**
     * Waits until another transaction knows whether a row that it is inserting stays. Holding no latch; errors as with
     * {@link #waitForEnd}.
     *
     * @return false if that was no question any more, or never
     */
    public boolean waitForSpeculation(Transaction self, long xid, int relation, long tid, WaitContext context) {
        Transaction other = active.find(xid);
        Speculation speculation = other == null ? null : other.speculation();
        if (speculation == null || !speculation.covers(relation, tid)) {
            return false;
        }
        locks.waitForSpeculation(self, other, speculation, context);
        return true;
    }

    public LockTable locks() {
        return locks;
    }

    public RowLocks rowLocks() {
        return rowLocks;
    }

    /** How often a transaction had to wait for another one. */
    public long waitCount() {
        return locks.waitCount();
    }

    /** Every active transaction, each as it was at some moment of the call. */
    public List<SessionInfo> sessions() {
        List<SessionInfo> sessions = new ArrayList<>();
        active.forEach(t -> {
            String waitingFor = t.waitingFor();
            String state = waitingFor != null ? "waiting" : t.state() == TransactionState.FAILED ? "failed" : "active";
            sessions.add(new SessionInfo(
                    t.processId(),
                    t.waitableXid(),
                    t.snapshotCsn(),
                    t.isolation(),
                    t.isReadOnly(),
                    state,
                    waitingFor,
                    t.startMicros()));
        });
        return sessions;
    }

    /**
     * One running transaction, for pg_locks.
     *
     * @param xids its own and those of its live subtransactions; empty while it has written nothing
     */
    public record Running(long processId, List<Long> xids) {}

    /** Every running transaction, each as it was at some moment of the call. */
    public List<Running> running() {
        List<Running> running = new ArrayList<>();
        active.forEach(t -> {
            List<Long> xids = new ArrayList<>();
            long xid = t.waitableXid();
            if (xid != Xid.NONE) {
                xids.add(xid);
                t.addSubXids(xids);
            }
            running.add(new Running(t.processId(), xids));
        });
        return running;
    }

    /** Every live snapshot, for mvcc_pins. */
    public LiveSnapshots liveSnapshots() {
        return slots.list();
    }

    /** Once, before the first user: how old a snapshot may become, for messages; 0 for no limit. */
    public void maxSnapshotMicros(long micros) {
        maxSnapshotMicros = micros;
    }

    long maxSnapshotMicros() {
        return maxSnapshotMicros;
    }

    long nowMicros() {
        return scheduler.currentTimeMicros();
    }

    // ---- for this room

    /** @param csn of a live snapshot of the caller */
    SnapshotInfo describe(long csn) {
        long first = Math.max(numbers.firstXid(), statuses.firstXidOfThisRun());
        return SnapshotDescription.of(csn, first, nextXid.get(), active, statuses, numbers);
    }

    private void forEachOwner(Consumer<LockOwner> action) {
        active.forEach(action);
        if (!sessions.isEmpty()) {
            sessions.forEach(action);
        }
    }

    ActiveTransactions active() {
        return active;
    }

    SnapshotSlots slots() {
        return slots;
    }

    Publisher publisher() {
        return publisher;
    }

    FileWork fileWork() {
        return fileWork;
    }

    /** Uninterruptible. On return all snapshots taken from then on see the commit. */
    private void awaitPublication(Transaction transaction, long csn, boolean synchronous) {
        if (publisher.publishesTooEarly()) {
            publisher.publishReady(csn);
        }
        if (synchronous) {
            wal.flush(csn);
            if (published.get() < csn) {
                publisher.publishReady(csn);
            }
        } else {
            if (published.get() < csn) { // else another committer has done it meanwhile
                publisher.publishReady(0);
            }
            if (published.get() < csn) {
                wal.flush(transaction.forceLsn()); // a synchronous commit before it
                publisher.publishReady(transaction.forceLsn());
            }
        }
        assert published.get() >= csn : "not published, csn=" + csn;
    }

    /** @return the end of its record, 0 if the engine has stopped */
    private long storeAbort(Transaction transaction) {
        int subXids = storeSubAborts(transaction, 0, MAX_ABORTED_SUBXIDS);
        int[] files = transaction.filesDropped(false);
        return storeAbort(transaction, transaction.xid(), 0, subXids, files);
    }

    /**
     * Rolls back a transaction's subtransactions from one on: statuses first, so that whoever is woken, or comes a moment later, sees them as
     * aborted; then their locks. Doesn't wait and doesn't fail.
     *
     * @param kept how many xids are of subtransactions before it
     */
    void abortSubs(Transaction transaction, int firstSub, int kept) {
        int count = transaction.subXidCount();
        if (count > kept) {
            int left = storeSubAborts(transaction, kept, MAX_ABORTED_SUBXIDS);
            storeAbort(transaction, transaction.subXid(kept), kept + 1, left, NO_FILES);
        }
        locks.rollbackToSub(transaction, firstSub);
    }

    /** Records of bounded size for the last ones of many subtransactions. @return so many xids are left to be stored */
    private int storeSubAborts(Transaction transaction, int kept, int atMost) {
        int count = transaction.subXidCount();
        for (; count - kept > atMost; count -= atMost) {
            int first = count - atMost;
            storeAbort(transaction, transaction.subXid(first), first + 1, count, NO_FILES);
        }
        return count;
    }

    /** The xid and the subtransactions from {@code from} to before {@code to}. @return the end of the record, 0 if the engine has stopped */
    private long storeAbort(Transaction transaction, long xid, int from, int to, int[] files) {
        long lsn = 0;
        try {
            lsn = wal.append(
                    TransactionRecords.form(
                            transaction, TransactionRecords.ABORT, xid, from, to, scheduler.currentTimeMicros(), files),
                    files.length == 0 ? NO_HOOK : fileWork::enter);
        } catch (StoppedException e) {
            LOG.log(System.Logger.Level.DEBUG, "abort without a record, xid=" + xid, e);
        }
        statuses.setAborted(xid, lsn);
        for (int i = from; i < to; i++) {
            statuses.setAborted(transaction.subXid(i), lsn);
        }
        scheduler.step(Step.ABORT_STORED);
        return lsn;
    }

    /** The transaction's fate is visible: tells everybody and lets go. {@code lsn} is 0 if there is no record. */
    private void end(Transaction transaction, boolean committed, long lsn) {
        try {
            if (lsn != 0) {
                tellListeners(transaction, committed, lsn);
                removeFiles(transaction, committed, lsn);
            }
            transaction.runEndActions(committed);
        } catch (RuntimeException | Error e) {
            poison.poison(e); // caches may be stale now
            throw e;
        } finally {
            letGo(transaction);
        }
    }

    private void tellListeners(Transaction transaction, boolean committed, long lsn) {
        for (CommitListener listener : commitListeners) {
            if (committed) {
                listener.committed(transaction, lsn);
            } else {
                listener.aborted(transaction);
            }
        }
    }

    private void removeFiles(Transaction transaction, boolean committed, long lsn) {
        int[] files = transaction.filesDropped(committed);
        if (files.length == 0) {
            return;
        }
        try {
            for (int file : files) {
                fileRemover.accept(file);
            }
        } catch (StoppedException e) {
            // nobody can reach the file any more: only its space is lost
            LOG.log(System.Logger.Level.WARNING, "could not remove the files of a dropped relation", e);
        } finally {
            fileWork.finished(lsn);
        }
    }

    private void letGo(Transaction transaction) {
        transaction.releaseSnapshotAtEnd();
        locks.releaseAll(transaction);
        transaction.leave();
    }

    /**
     * After a publication, under PUBLISH: so often that the numbers' memory follows live snapshots and open transactions.
     *
     * @param publishedXid looked at first: the cache line of {@link #nextXid} is every writer's
     */
    private void trimNumbers(long publishedXid) {
        if (publishedXid - trimmedAtXid >= CommitNumbers.CHUNK_XIDS) {
            long next = nextXid.get();
            trimmedAtXid = next;
            numbers.trim(slots.capture(), statuses::allEnded, next, wal.durableLsn());
        }
    }
}
