package dev.palimpsest.tx;

import dev.palimpsest.api.EngineException;
import dev.palimpsest.api.IsolationLevel;
import dev.palimpsest.api.SnapshotInfo;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.UsageException;
import dev.palimpsest.id.Xid;
import dev.palimpsest.lock.LockOwner;
import dev.palimpsest.wal.AppendHook;
import dev.palimpsest.wal.WalRecordBuilder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * One transaction, from {@link TransactionManager#begin} to its commit or abort; the object may then be begun again. Used by one thread
 * at a time; what other threads may call says so.
 *
 * <pre>
 *   begin → (beginStatement … endStatement [nextCommand] | savepoint | rollbackTo | release)* → commit | abort
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

    /** What is written with now: the current subtransaction's xid, 0 until it writes. */
    private long writeXid;

    /** Null until the first savepoint. Written by the transaction's thread; others look xids up in it. */
    private volatile Subtransactions subs;

    private int commandId;
    private long startMicros;

    /** See {@link #origin(Object)}. */
    private Object origin;

    /** Its place in the list of active transactions; kept as a hint after the end. */
    private TransactionSlot place;

    /** Its snapshot now, or null. */
    private SnapshotSlot snapshotSlot;

    /** That of a stream at work, where the transaction has none of its own; or null. */
    private SnapshotSlot lentSlot;

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

    /** Created in subtransactions that were rolled back: removed at the end, however it ends. */
    private int[] filesOrphaned = NO_FILES;

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

    /** The transaction's as a whole: 0 until the first write. */
    public long xid() {
        return xid;
    }

    /** The current subtransaction's, 0 until it writes: see {@link TransactionManager#assignXid}. */
    public long writeXid() {
        return writeXid;
    }

    /** Is this xid this transaction's own, or that of a live subtransaction of it? One rolled back is not. */
    public boolean isOwn(long otherXid) {
        return otherXid == xid
                ? otherXid != Xid.NONE
                : subs != null && subs.subOf(otherXid) >= 0; // after a rollback they are gone from there
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
        LockOwner root = root();
        return root == this ? processId : root.processId();
    }

    /** When it began, as told by {@link #noteStart}; 0 if nobody told. Any thread, for views. */
    public long startMicros() {
        return startMicros;
    }

    public void noteStart(long micros) {
        startMicros = micros;
        manager.slots().noteTime(micros);
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

    /** Makes a running statement or wait, or the next one, fail with 57014. Any thread. */
    public void cancel() {
        manager.locks().cancel(this);
    }

    /**
     * For whoever works long without waiting, now and then: nearly nothing if there is no limit and no cancel.
     *
     * @throws dev.palimpsest.api.QueryCanceledException 57014
     * @throws dev.palimpsest.api.CanceledException 72000 if the snapshot that is being used is held too long
     */
    public void checkInterrupts() {
        if (mayBeInterrupted()) {
            manager.locks().checkInterrupts(this);
        }
        EngineException end = endOfStatement();
        if (end != null) {
            throw end;
        }
    }

    /** Because of the snapshot that it uses now. */
    @Override
    protected EngineException endOfStatement() {
        SnapshotSlot slot = snapshotSlot == null ? lentSlot : snapshotSlot;
        return slot != null && slot.isTooOld() ? OldSnapshots.tooOld(slot) : null;
    }

    long nowMicros() {
        return manager.nowMicros();
    }

    long maxSnapshotMicros() {
        return manager.maxSnapshotMicros();
    }

    // ---- savepoints

    /** Sets a savepoint: what is done from now on is a subtransaction's. @return its id */
    public int savepoint(String name) {
        checkUsable();
        if (subs == null) {
            subs = new Subtransactions();
        }
        Subtransactions.Savepoint savepoint =
                new Subtransactions.Savepoint(name, filesDroppedAtCommit.length, filesDroppedAtAbort.length);
        subs.push(savepoint);
        return openSub(savepoint);
    }

    private int openSub(Subtransactions.Savepoint savepoint) {
        savepoint.subId = openSub();
        savepoint.xid = Xid.NONE;
        writeXid = Xid.NONE;
        return savepoint.subId;
    }

    /** How many savepoints are open. */
    public int savepointDepth() {
        return subs == null ? 0 : subs.depth();
    }

    /** The innermost open savepoint of this name: 0 for the outermost one, -1 if there is none. */
    public int findSavepoint(String name) {
        return subs == null ? -1 : subs.indexOf(name);
    }

    /** The subtransaction under an open savepoint. */
    public int subIdOf(int savepoint) {
        return subs.at(savepoint).subId;
    }

    /**
     * Rolls back all since this savepoint was set, and forgets those set since. Its locks go, who waits for them is woken. A new
     * subtransaction begins under it. Doesn't wait and doesn't fail.
     */
    public void rollbackTo(int savepoint) {
        abortSubs(savepoint);
        subs.truncate(savepoint + 1);
        leaveSub(savepoint == 0 ? 0 : subs.at(savepoint - 1).subId);
        openSub(subs.at(savepoint));
    }

    /** A statement failed within the innermost savepoint: what was done since goes at once; {@link #rollbackTo} is to follow. */
    public void abortInnermost() {
        abortSubs(subs.depth() - 1);
    }

    private void abortSubs(int savepoint) {
        Subtransactions.Savepoint target = subs.at(savepoint);
        manager.abortSubs(this, target.subId, subs.countBefore(target.subId));
        filesDroppedAtCommit = Arrays.copyOf(filesDroppedAtCommit, target.filesDroppedAtCommit);
        for (int i = target.filesDroppedAtAbort; i < filesDroppedAtAbort.length; i++) {
            filesOrphaned = with(filesOrphaned, filesDroppedAtAbort[i]);
        }
        filesDroppedAtAbort = Arrays.copyOf(filesDroppedAtAbort, target.filesDroppedAtAbort);
    }

    /** Forgets this savepoint and those set since; what was done stays. */
    public void release(int savepoint) {
        subs.truncate(savepoint);
        leaveSub(subs.currentSub());
        writeXid = savepoint == 0 ? xid : subs.at(savepoint - 1).xid;
    }

    /** For the manager: gives a xid to each open subtransaction that has none, the outer ones first. The transaction itself has one. */
    void assignSubXids(LongSupplier next) {
        for (int i = 0; i < subs.depth(); i++) {
            Subtransactions.Savepoint savepoint = subs.at(i);
            if (savepoint.xid == Xid.NONE) {
                savepoint.xid = next.getAsLong();
                subs.add(savepoint.xid, savepoint.subId);
            }
            writeXid = savepoint.xid;
        }
    }

    int subXidCount() {
        return subs == null ? 0 : subs.xidCount();
    }

    long subXid(int index) {
        return subs.xid(index);
    }

    @Override
    protected int subOf(long otherXid) {
        int sub = super.subOf(otherXid);
        Subtransactions current = subs;
        return sub >= 0 || current == null ? sub : current.subOf(otherXid);
    }

    @Override
    protected long xidOfSub(int id) {
        Subtransactions current = subs;
        return id == 0 || current == null ? super.xidOfSub(id) : current.xidOf(id);
    }

    @Override
    protected void forgetSubXids(int firstSub) {
        subs.keepXids(subs.countBefore(firstSub));
    }

    /** Any thread, for views: adds the xids of its live subtransactions. */
    void addSubXids(Collection<Long> to) {
        Subtransactions current = subs;
        for (int i = 0, count = current == null ? 0 : current.xidCount(); i < count; i++) {
            to.add(current.xid(i));
        }
    }

    /** Any thread, as a hint: does this transaction run under this xid? */
    boolean runs(long otherXid) {
        return subOf(otherXid) >= 0;
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

    /** Where snapshots from now on are opened: a text, or a class or stack frame of the user's code ({@link Origins}). Null for nothing. */
    public void origin(Object place) {
        origin = place;
    }

    public Object origin() {
        return origin;
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

    /**
     * A cursor or stream goes to work with its snapshot, inside the engine; {@link #stopUsing} follows.
     *
     * @throws dev.palimpsest.api.CanceledException 72000 if it was held too long
     */
    public void use(SnapshotHandle handle) {
        SnapshotSlot slot = handle.slot();
        if (slot != null) {
            SnapshotSlots.csn(slot);
        }
        lentSlot = slot;
    }

    public void stopUsing() {
        lentSlot = null;
    }

    /** A new snapshot of its own, of the latest published commit plus all own commands before the current one: for the catalog. */
    public SnapshotHandle latestSnapshot() {
        handedOut = true;
        SnapshotSlot slot = manager.slots().take(null, this, SnapshotKind.POINT, 0);
        return new SnapshotHandle(new Snapshot(this, SnapshotSlots.csn(slot), commandId), slot);
    }

    /** What the current statement, or one that began now, sees. */
    public SnapshotInfo snapshotInfo() {
        if (snapshotSlot != null) {
            return manager.describe(SnapshotSlots.csn(snapshotSlot));
        }
        beginStatement();
        try {
            return manager.describe(SnapshotSlots.csn(snapshotSlot));
        } finally {
            endStatement();
        }
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

    /** @param session what it is part of, or null */
    void begin(SessionOwner session, IsolationLevel newIsolation, boolean newReadOnly) {
        assert isEnded() && snapshotSlot == null && subs == null;
        resetLockOwner(session == null ? this : session);
        isolation = newIsolation;
        readOnly = newReadOnly;
        xid = Xid.NONE;
        writeXid = Xid.NONE;
        commandId = 0;
        startMicros = 0;
        origin = null;
        state = TransactionState.ACTIVE;
        place = manager.active().enter(place, this);
    }

    void setXid(long newXid) {
        xid = newXid;
        writeXid = newXid;
        exposeXid(newXid);
    }

    AppendHook commitHook(boolean synchronous) {
        link.transaction = this;
        link.synchronous = synchronous;
        return commitHook;
    }

    private void commitAppended(long lsn) {
        forceLsn = manager.publisher().enter(link, lsn);
        if (filesDroppedAtCommit.length + filesOrphaned.length != 0) {
            manager.fileWork().enter(lsn);
        }
    }

    long forceLsn() {
        return forceLsn;
    }

    /** Publisher, under PUBLISH. */
    void storeNumbers(CommitNumbers numbers, long csn) {
        numbers.store(xid, csn);
        for (int i = 0, count = subXidCount(); i < count; i++) {
            numbers.store(subs.xid(i), csn);
        }
    }

    /** Publisher, under PUBLISH. */
    void storeStatuses(CommitLog statuses, long csn) {
        statuses.setCommitted(xid, csn);
        for (int i = 0, count = subXidCount(); i < count; i++) {
            statuses.setCommitted(subs.xid(i), csn);
        }
    }

    /** Publisher, under PUBLISH: its own link stays in the queue as the new head. */
    void exchangeLink(PendingCommit other) {
        link = other;
    }

    int[] filesDropped(boolean committed) {
        int[] files = committed ? filesDroppedAtCommit : filesDroppedAtAbort;
        if (filesOrphaned.length != 0) {
            int length = files.length;
            files = Arrays.copyOf(files, length + filesOrphaned.length);
            System.arraycopy(filesOrphaned, 0, files, length, filesOrphaned.length);
        }
        return files;
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
        if (subs != null && state != TransactionState.UNKNOWN) { // else the publisher may still come to its link
            subs = null; // nobody finds its xids any more: their fate is visible
        }
    }

    /** The last thing. */
    void leave() {
        filesDroppedAtCommit = NO_FILES;
        filesDroppedAtAbort = NO_FILES;
        filesOrphaned = NO_FILES;
        endActions = List.of();
        place.free();
    }
}
