package dev.palimpsest.tx;

import dev.palimpsest.api.IsolationLevel;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.UsageException;
import dev.palimpsest.id.Xid;
import dev.palimpsest.lock.LockOwner;
import dev.palimpsest.wal.AppendHook;
import dev.palimpsest.wal.WalRecordBuilder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One transaction, from {@link TransactionManager#begin} to its commit or abort; the object may then be begun again. Used by one thread
 * at a time; what other threads may call says so.
 *
 * <pre>
 *   begin → (beginStatement … endStatement [nextCommand])* → commit | abort
 * </pre>
 */
public final class Transaction extends LockOwner {
    private static final int[] NO_FILES = {};

    private final TransactionManager manager;
    private final long processId;
    private final Snapshot snapshot = new Snapshot(this);

    private IsolationLevel isolation;
    private boolean readOnly;
    private TransactionState state = TransactionState.ABORTED;
    private long xid;
    private int commandId;
    private long startMicros;

    /** Its place in the list of active transactions; kept as a hint after the end. */
    private TransactionSlot place;

    /** Its snapshot now, or null. */
    private SnapshotSlot snapshotSlot;

    /** Where the next snapshot is tried first. */
    private SnapshotSlot lastSnapshotSlot;

    /** A snapshot of this transaction was given to others, who may still think that it is theirs: not begun again. */
    private boolean handedOut;

    /** Its link of the publisher's queue. Guarded by PUBLISH while it is in there. */
    private PendingCommit link = new PendingCommit();

    /** Set by the commit hook: what to force before its commit can be published. */
    private long forceLsn;

    private final AppendHook commitHook = this::commitAppended;

    private WalRecordBuilder recordBuilder;

    private int[] filesDroppedAtCommit = NO_FILES;
    private int[] filesDroppedAtAbort = NO_FILES;
    private List<EndAction> endActions = List.of();

    Transaction(TransactionManager manager, long processId) {
        this.manager = manager;
        this.processId = processId;
    }

    // ---- what it is

    public IsolationLevel isolation() {
        return isolation;
    }

    public boolean isReadOnly() {
        return readOnly;
    }

    /** Any thread, for views. */
    public TransactionState state() {
        return state;
    }

    public boolean isEnded() {
        return state != TransactionState.ACTIVE && state != TransactionState.FAILED;
    }

    /** 0 until the first write. */
    public long xid() {
        return xid;
    }

    /** Is this xid this transaction's own, or that of a live subtransaction of it? One rolled back is not. */
    public boolean isOwn(long otherXid) {
        return otherXid == xid && otherXid != Xid.NONE;
    }

    /** What the current command writes with; its reads see only earlier ones. */
    public int commandId() {
        return commandId;
    }

    /** After a command that wrote: the next one sees it. */
    public void nextCommand() {
        if (commandId == -2) {
            throw new UsageException(
                    SqlState.PROGRAM_LIMIT_EXCEEDED, "cannot have more than 2^32-2 commands in a transaction");
        }
        commandId++;
    }

    @Override
    public long processId() {
        return processId;
    }

    /** When it began, as told by {@link #noteStart}; 0 if nobody told. Any thread, for views. */
    public long startMicros() {
        return startMicros;
    }

    public void noteStart(long micros) {
        startMicros = micros;
    }

    /** For building this transaction's WAL records, one at a time. */
    public WalRecordBuilder recordBuilder() {
        if (recordBuilder == null) {
            recordBuilder = new WalRecordBuilder();
        }
        return recordBuilder;
    }

    // ---- state

    /** A statement failed: from now on only a rollback is possible. */
    public void fail() {
        if (state == TransactionState.ACTIVE) {
            state = TransactionState.FAILED;
        }
    }

    /** @throws UsageException 25P02 after a failed statement, 25P01 after the end */
    public void checkUsable() {
        if (state == TransactionState.ACTIVE) {
            return;
        }
        if (state == TransactionState.FAILED) {
            throw new UsageException(
                    SqlState.IN_FAILED_SQL_TRANSACTION,
                    "current transaction is aborted, commands ignored until end of transaction block");
        }
        throw new UsageException(SqlState.NO_ACTIVE_SQL_TRANSACTION, "there is no transaction in progress");
    }

    /** Makes a running or the next wait fail with 57014. Any thread. */
    public void cancel() {
        manager.locks().cancel(this);
    }

    // ---- snapshots

    /** {@link #beginStatement(SnapshotKind, int)} for a statement that only reads. */
    public Snapshot beginStatement() {
        return beginStatement(SnapshotKind.POINT, 0);
    }

    /**
     * The snapshot of a statement: a new one at READ COMMITTED, the transaction's own from the first statement on at REPEATABLE READ.
     *
     * @param kind {@link SnapshotKind#OPEN} for a statement that changes or locks existing rows; only READ COMMITTED asks for it, the
     *     other levels know what they need
     * @param relation for an open one: the file number of the only relation whose rows it may change or lock, or 0 for all
     */
    public Snapshot beginStatement(SnapshotKind kind, int relation) {
        checkUsable();
        if (isolation == IsolationLevel.READ_COMMITTED) {
            assert snapshotSlot == null : "a statement is open";
            takeSnapshot(kind, relation);
        } else if (snapshotSlot == null) {
            boolean serializable = isolation == IsolationLevel.SERIALIZABLE;
            takeSnapshot(serializable ? SnapshotKind.OPEN : SnapshotKind.POINT, 0);
        }
        snapshot.set(SnapshotSlots.csn(snapshotSlot), commandId);
        return snapshot;
    }

    /** The statement is over; also after an error. */
    public void endStatement() {
        if (isolation == IsolationLevel.READ_COMMITTED && snapshotSlot != null) {
            releaseSnapshot();
        }
    }

    /** The current snapshot; see {@link Snapshot} for how long it is valid. */
    public Snapshot snapshot() {
        return snapshot;
    }

    /** The current snapshot's number, 0 if there is none. Any thread, for views. */
    public long snapshotCsn() {
        return snapshot.csn();
    }

    /** Another holder of the current snapshot, for a cursor or a stream: in the same slot. */
    public SnapshotHandle retainSnapshot() {
        if (snapshotSlot == null) {
            throw new IllegalStateException("no snapshot is held now");
        }
        handedOut = true;
        snapshotSlot.retain();
        return new SnapshotHandle(new Snapshot(this, snapshot.csn(), snapshot.commandId()), snapshotSlot);
    }

    /** A new snapshot of its own, of the latest published commit plus all own commands before the current one: for the catalog. */
    public SnapshotHandle latestSnapshot() {
        handedOut = true;
        SnapshotSlot slot = manager.slots().take(null, this, SnapshotKind.POINT, 0);
        return new SnapshotHandle(new Snapshot(this, SnapshotSlots.csn(slot), commandId), slot);
    }

    private void takeSnapshot(SnapshotKind kind, int relation) {
        snapshotSlot = manager.slots().take(lastSnapshotSlot, this, kind, relation);
        lastSnapshotSlot = snapshotSlot;
    }

    private void releaseSnapshot() {
        SnapshotSlot slot = snapshotSlot;
        snapshotSlot = null;
        snapshot.set(0, 0);
        slot.release();
    }

    // ---- what happens at its end

    /** This relation's files are removed once the commit is durable and visible; its record says so, for redo. */
    public void dropFileAtCommit(int fileNumber) {
        filesDroppedAtCommit = with(filesDroppedAtCommit, fileNumber);
    }

    /** This relation's files, which this transaction created, are removed if it aborts. */
    public void dropFileAtAbort(int fileNumber) {
        filesDroppedAtAbort = with(filesDroppedAtAbort, fileNumber);
    }

    /** Runs at this transaction's end, in the order of the calls. Must not throw. */
    public void atEnd(EndAction action) {
        if (endActions.isEmpty()) {
            endActions = new ArrayList<>();
        }
        endActions.add(action);
    }

    private static int[] with(int[] files, int fileNumber) {
        int[] more = Arrays.copyOf(files, files.length + 1);
        more[files.length] = fileNumber;
        return more;
    }

    // ---- for the manager

    boolean canBeginAgain() {
        return isEnded() && state != TransactionState.UNKNOWN && !handedOut;
    }

    void begin(IsolationLevel newIsolation, boolean newReadOnly) {
        assert isEnded() && snapshotSlot == null;
        resetLockOwner();
        isolation = newIsolation;
        readOnly = newReadOnly;
        xid = Xid.NONE;
        commandId = 0;
        startMicros = 0;
        state = TransactionState.ACTIVE;
        place = manager.active().enter(place, this);
    }

    void setXid(long newXid) {
        xid = newXid;
        exposeXid(newXid);
    }

    AppendHook commitHook(boolean synchronous) {
        link.transaction = this;
        link.synchronous = synchronous;
        return commitHook;
    }

    private void commitAppended(long lsn) {
        forceLsn = manager.publisher().enter(link, lsn);
        if (filesDroppedAtCommit.length != 0) {
            manager.fileWork().enter(lsn);
        }
    }

    long forceLsn() {
        return forceLsn;
    }

    /** Publisher, under PUBLISH. */
    void storeNumbers(CommitNumbers numbers, long csn) {
        numbers.store(xid, csn);
    }

    /** Publisher, under PUBLISH. */
    void storeStatuses(CommitLog statuses, long csn) {
        statuses.setCommitted(xid, csn);
    }

    /** Publisher, under PUBLISH: its own link stays in the queue as the new head. */
    void exchangeLink(PendingCommit other) {
        link = other;
    }

    int[] filesDropped(boolean committed) {
        return committed ? filesDroppedAtCommit : filesDroppedAtAbort;
    }

    void runEndActions(boolean committed) {
        for (int i = 0; i < endActions.size(); i++) { // no iterator: most have none
            endActions.get(i).ended(committed);
        }
    }

    void setState(TransactionState newState) {
        state = newState;
    }

    /** Gives everything up but the locks. */
    void releaseSnapshotAtEnd() {
        if (snapshotSlot != null) {
            releaseSnapshot();
        }
    }

    /** The last thing. */
    void leave() {
        filesDroppedAtCommit = NO_FILES;
        filesDroppedAtAbort = NO_FILES;
        endActions = List.of();
        place.free();
    }
}
