package dev.palimpsest.heap;

import dev.palimpsest.api.Column;
import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.IsolationLevel;
import dev.palimpsest.buffer.BufferPool;
import dev.palimpsest.buffer.LogFlusher;
import dev.palimpsest.id.Xid;
import dev.palimpsest.lock.WaitContext;
import dev.palimpsest.page.LinePointer;
import dev.palimpsest.scheduler.ThreadScheduler;
import dev.palimpsest.storage.MemoryDisk;
import dev.palimpsest.tuple.Datums;
import dev.palimpsest.tuple.TupleDescriptor;
import dev.palimpsest.tuple.TupleFormer;
import dev.palimpsest.tuple.TupleReader;
import dev.palimpsest.tx.CommitLog;
import dev.palimpsest.tx.SnapshotKind;
import dev.palimpsest.tx.Transaction;
import dev.palimpsest.tx.TransactionManager;
import dev.palimpsest.wal.EnginePoison;
import dev.palimpsest.wal.Wal;
import dev.palimpsest.wal.WalOptions;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

/** A heap of (id bigint, value text) on a disk of memory, with everything below it. */
final class HeapFixture implements AutoCloseable {
    static final int FILE = 7;
    static final TupleDescriptor DESCRIPTOR = new TupleDescriptor(List.of(
            new Column("id", ColumnType.BIGINT, false, null, Column.Identity.NONE),
            new Column("value", ColumnType.TEXT, false, null, Column.Identity.NONE)));

    final ThreadScheduler scheduler = new ThreadScheduler();
    final EnginePoison poison = new EnginePoison();
    final MemoryDisk disk = new MemoryDisk();
    final Wal wal;
    final BufferPool pool;
    final TransactionManager transactions;
    final Heap heap;
    final HeapCounters counters = new HeapCounters();
    final ArchiveHolder archive = new ArchiveHolder();

    /** Where the log starts. */
    final long firstLsn;

    private final TupleFormer former = new TupleFormer(DESCRIPTOR);

    HeapFixture(int frames) {
        wal = new Wal(disk, scheduler, poison, WalOptions.DEFAULT, 1);
        pool = new BufferPool(disk, scheduler, LogFlusher.of(wal), frames);
        transactions = new TransactionManager(scheduler, wal, new CommitLog(disk, scheduler), file -> {});
        onEngineTask(() -> {
            wal.start(wal.create());
            pool.start();
        });
        transactions.start(3, wal.insertLsn());
        firstLsn = wal.insertLsn();
        heap = new Heap(new HeapContext(pool, wal, transactions, scheduler, counters, archive), FILE);
    }

    void onEngineTask(Runnable body) {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        scheduler.join(scheduler.spawn("test", () -> {
            try {
                body.run();
            } catch (Throwable e) {
                failure.set(e);
            }
        }));
        if (failure.get() != null) {
            throw new AssertionError(failure.get());
        }
    }

    Transaction begin() {
        return transactions.begin(IsolationLevel.READ_COMMITTED, false);
    }

    /** With its snapshot taken now. */
    Transaction beginRepeatableRead() {
        Transaction tx = transactions.begin(IsolationLevel.REPEATABLE_READ, false);
        tx.beginStatement();
        return tx;
    }

    void commit(Transaction tx) {
        transactions.commit(tx, false);
    }

    int form(long id, String value) {
        former.start();
        former.setLong(0, id);
        former.set(1, value == null ? null : Datums.coerce(DESCRIPTOR.column(1), value));
        return former.form(bytes -> {
            throw new AssertionError("too big for these tests");
        });
    }

    /** What {@link #form} formed. */
    byte[] bytes() {
        return former.bytes();
    }

    long insert(Transaction tx, long id, String value) {
        int length = form(id, value);
        tx.beginStatement();
        long tid = heap.insert(tx, former.bytes(), length);
        tx.endStatement();
        tx.nextCommand();
        return tid;
    }

    /** One attempt on the version at a place; HOT where there is room. */
    ModifyResult update(Transaction tx, long tid, long id, String value) {
        ModifyResult out = new ModifyResult();
        int length = form(id, value);
        tx.beginStatement(SnapshotKind.OPEN, FILE);
        heap.update(tx, tid, Xid.NONE, former.bytes(), length, true, false, out);
        tx.endStatement();
        tx.nextCommand();
        return out;
    }

    ModifyResult delete(Transaction tx, long tid) {
        ModifyResult out = new ModifyResult();
        tx.beginStatement(SnapshotKind.OPEN, FILE);
        heap.delete(tx, tid, Xid.NONE, out);
        tx.endStatement();
        tx.nextCommand();
        return out;
    }

    /** The value that a new statement of the transaction sees at a root, or null. */
    String read(Transaction tx, long rootTid) {
        HeapTuple out = new HeapTuple();
        boolean found = heap.fetch(rootTid, tx.beginStatement(), out);
        tx.endStatement();
        return found ? value(out.bytes()) : null;
    }

    /** Place of the version that a new statement sees. */
    long place(Transaction tx, long rootTid) {
        HeapTuple out = new HeapTuple();
        boolean found = heap.fetch(rootTid, tx.beginStatement(), out);
        tx.endStatement();
        if (!found) {
            throw new AssertionError("nothing visible at the root");
        }
        return out.tid();
    }

    static long id(byte[] tuple) {
        return TupleReader.fixedBits(DESCRIPTOR, tuple, TupleReader.attributeOffset(DESCRIPTOR, tuple, 0, 0), 0);
    }

    static String value(byte[] tuple) {
        int offset = TupleReader.attributeOffset(DESCRIPTOR, tuple, 0, 1);
        return offset < 0 ? null : TupleReader.text(tuple, offset);
    }

    /** Stored versions (bodies), whoever sees them. */
    int versions() {
        int[] count = new int[1];
        heap.forEachLine((tid, line, page) -> count[0] += LinePointer.isNormal(line) ? 1 : 0);
        return count[0];
    }

    @Override
    public void close() {
        onEngineTask(() -> {
            pool.close();
            wal.close();
        });
        transactions.close();
    }

    /** Waits as a writer does. */
    void waitFor(Transaction self, long xid) {
        transactions.waitForEnd(self, xid, WaitContext.relation("test"));
    }
}
