package dev.palimpsest.heap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.Column;
import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.IsolationLevel;
import dev.palimpsest.crash.ManySeeds;
import dev.palimpsest.id.Tid;
import dev.palimpsest.id.Xid;
import dev.palimpsest.page.LinePointer;
import dev.palimpsest.page.PageLayout;
import dev.palimpsest.page.SlottedPage;
import dev.palimpsest.sim.SeededScheduler;
import dev.palimpsest.sim.SimulatedDisk;
import dev.palimpsest.tuple.BigValueWriter;
import dev.palimpsest.tuple.TupleDescriptor;
import dev.palimpsest.tuple.TupleFormer;
import dev.palimpsest.tuple.TupleReader;
import dev.palimpsest.tx.Horizon;
import dev.palimpsest.tx.SnapshotKind;
import dev.palimpsest.tx.Transaction;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Big values are swept while sessions write, share, replace, delete and read them, under seeded schedules and power cuts. Every row that
 * anybody sees has its value, whole; and once nothing is under way, a sweep leaves no page that is neither free nor part of a value that a tuple refers to.
 */
class BigValueSweepTest {
    private static final int LIVES = 4;
    private static final int SESSIONS = 3;
    private static final TupleDescriptor DESCRIPTOR = new TupleDescriptor(List.of(
            new Column("id", ColumnType.BIGINT, false, null, Column.Identity.NONE),
            new Column("n", ColumnType.BIGINT, false, null, Column.Identity.NONE),
            new Column("value", ColumnType.BYTEA, false, null, Column.Identity.NONE),
            new Column("padding", ColumnType.BYTEA, false, null, Column.Identity.NONE)));

    /** What is left out, so that something must be noticed. */
    private enum Fault {
        NONE,
        /** Values are swept while their tuple isn't there yet. */
        NOT_REGISTERED
    }

    private static final class Counts {
        int freed;
        int cuts;
        int reads;
        int blocks;
    }

    @Test
    @Tag("scaled")
    void shouldNeverFreeWhatATupleRefersTo() {
        Counts counts = new Counts();
        ManySeeds.forEach(0, 60 * ManySeeds.scale(), seed -> {
            Counts own = new Counts();
            new Run(seed, Fault.NONE, own).live();
            synchronized (counts) {
                counts.freed += own.freed;
                counts.cuts += own.cuts;
                counts.reads += own.reads;
                counts.blocks += own.blocks;
            }
        });
        System.out.println("BigValueSweepTest: pages freed=" + counts.freed + " left=" + counts.blocks + " cuts="
                + counts.cuts + " reads=" + counts.reads);
        if (Long.getLong("palimpsest.seed") == null) {
            assertTrue(counts.freed > 2 * counts.blocks && counts.cuts > 100 && counts.reads > 1000);
        }
    }

    @Test
    void shouldNoticeValuesThatAreSweptTooEarly() {
        assertThrows(
                AssertionError.class,
                () -> ManySeeds.forEach(0, 300, seed -> new Run(seed, Fault.NOT_REGISTERED, new Counts()).live()));
    }

    /**
     * A version that the sweep's look has passed by shares the value of one on a page that the look hasn't come to; its writer is rolled back, the
     * row is updated in place, and what was the value's only other version is pruned. Whoever forms keys of the rolled-back one needs the value still.
     */
    @Test
    void shouldKeepValuesOfRolledBackVersionsThatTheLookMissed() {
        SeededScheduler scheduler = new SeededScheduler(1);
        SimulatedDisk disk = new SimulatedDisk(1);
        disk.requireEngineTasksOf(scheduler);
        scheduler.run(() -> {
            HeapEngine engine = new HeapEngine(scheduler, disk, new MapArchive(Long.MAX_VALUE));
            Heap heap = engine.heap;
            long[] tid = new long[1];
            byte[][] row = new byte[1][];
            inTransaction(engine, true, tx -> {
                row[0] = formed(heap, tx, null, new byte[20_000], 1_000);
                tid[0] = heap.insert(tx, row[0], row[0].length);
                for (int padding : new int[] {1_000, 1_000, 1_000, 1_000, 1_000, 400, 200}) {
                    byte[] other = formed(heap, tx, null, new byte[0], padding);
                    assertEquals(0, Tid.block(heap.insert(tx, other, other.length)));
                }
            });
            byte[] copy = new byte[PageLayout.SIZE];
            int[] looks = new int[1];
            long[] missed = new long[1];
            int freed = heap.bigValues().sweep(reference -> {
                forEachReference(heap, 1, copy, reference);
                if (looks[0]++ == 0) {
                    inTransaction(
                            engine,
                            false,
                            tx -> missed[0] = updated(heap, tx, tid[0], formed(heap, tx, row[0], null, 1_000)));
                    inTransaction(
                            engine,
                            true,
                            tx -> updated(heap, tx, tid[0], formed(heap, tx, row[0], new byte[30_000], 0)));
                    assertTrue(heap.prune(0));
                }
                forEachReference(heap, 0, copy, reference);
            });
            assertEquals(1, Tid.block(missed[0]));
            HeapTuple version = new HeapTuple();
            assertTrue(heap.fetchVersion(missed[0], version));
            int offset = TupleReader.attributeOffset(DESCRIPTOR, version.bytes(), 0, 2);
            assertEquals(
                    TupleReader.bigFirstBlock(row[0], TupleReader.attributeOffset(DESCRIPTOR, row[0], 0, 2)),
                    TupleReader.bigFirstBlock(version.bytes(), offset));
            assertEquals(0, freed);
            assertEquals(0, heap.bigValues().freeCount());
        });
    }

    private static void inTransaction(HeapEngine engine, boolean commits, Consumer<Transaction> work) {
        Transaction tx = engine.transactions.begin(IsolationLevel.READ_COMMITTED, false);
        tx.beginStatement(SnapshotKind.OPEN, HeapEngine.FILE);
        work.accept(tx);
        tx.endStatement();
        if (commits) {
            engine.transactions.commit(tx, true);
        } else {
            engine.transactions.abort(tx);
        }
    }

    /** @param value null keeps the old version's */
    private static byte[] formed(Heap heap, Transaction tx, byte[] old, byte[] value, int padding) {
        TupleFormer former = new TupleFormer(DESCRIPTOR);
        if (old == null) {
            former.start();
            former.setLong(0, 1);
            former.setLong(1, 1);
        } else {
            former.startFrom(old, 0);
        }
        if (value != null) {
            former.set(2, value);
        }
        former.set(3, new byte[padding]);
        int length = former.form(heap.bigValues().writer(tx));
        return Arrays.copyOf(former.bytes(), length);
    }

    private static long updated(Heap heap, Transaction tx, long tid, byte[] tuple) {
        ModifyResult out = new ModifyResult();
        heap.update(tx, tid, Xid.NONE, tuple, tuple.length, true, false, out);
        assertEquals(ModifyResult.Status.DONE, out.status());
        return out.nextTid();
    }

    private static void forEachReference(Heap heap, int block, byte[] copy, IntConsumer reference) {
        if (heap.copyPage(block, copy)) {
            ByteBuffer page = ByteBuffer.wrap(copy).order(ByteOrder.LITTLE_ENDIAN);
            for (int number = SlottedPage.lineCount(page); number > 0; number--) {
                int line = SlottedPage.line(page, number);
                if (LinePointer.hasItem(line)) {
                    TupleReader.forEachBigValue(DESCRIPTOR, copy, LinePointer.offset(line), reference);
                }
            }
        }
    }

    private static final class Run {
        private final long seed;
        private final Fault fault;
        private final Counts counts;
        private final SplittableRandom random;
        private final SimulatedDisk disk;
        private SeededScheduler scheduler;
        private HeapEngine engine;
        private Heap heap;
        private long nextId = 1;

        /** Committed and durable: what n is at least; null once deleted. */
        private final Map<Long, Long> durable = new HashMap<>();

        Run(long seed, Fault fault, Counts counts) {
            this.seed = seed;
            this.fault = fault;
            this.counts = counts;
            random = new SplittableRandom(seed);
            disk = new SimulatedDisk(seed);
        }

        void live() {
            for (int life = 0; life <= LIVES; life++) {
                boolean last = life == LIVES;
                scheduler = new SeededScheduler(seed * 100 + life).limitEvents(5_000_000);
                disk.requireEngineTasksOf(scheduler);
                disk.crashAt(last ? Long.MAX_VALUE / 2 : 20 + random.nextInt(400));
                scheduler.run(() -> work(last));
                counts.cuts += disk.isOff() ? 1 : 0;
                if (!disk.isOff()) {
                    disk.powerCut(random.nextLong());
                }
                disk.reopenAfterCut();
            }
        }

        private void work(boolean last) {
            engine = new HeapEngine(scheduler, disk, new MapArchive(Long.MAX_VALUE));
            heap = engine.heap;
            checkAll();
            if (last) {
                vacuum();
                vacuum(); // what the first one removed
                checkNothingIsLeft();
                return;
            }
            for (int s = 0; s < SESSIONS; s++) {
                SplittableRandom own = random.split();
                int session = s;
                scheduler.spawnSession("session" + s, () -> {
                    for (int i = 0; i < 15; i++) {
                        transaction(session, own);
                    }
                });
            }
            SplittableRandom own = random.split();
            scheduler.spawnSession("vacuum", () -> {
                for (int i = 0; i < 25; i++) {
                    vacuum();
                    scheduler.park(this, 1 + own.nextInt(1_000_000));
                }
            });
        }

        // ---- sessions: each changes rows of its own only

        private void transaction(int session, SplittableRandom own) {
            Transaction tx = engine.transactions.begin(IsolationLevel.READ_COMMITTED, false);
            Map<Long, Long> changed = new HashMap<>();
            for (int n = 1 + own.nextInt(3); n > 0; n--) {
                switch (own.nextInt(6)) {
                    case 0, 1 -> insert(tx, session, own, changed);
                    case 2, 3 -> change(tx, session, own, changed, false);
                    case 4 -> change(tx, session, own, changed, true);
                    default -> read(tx, own);
                }
                tx.nextCommand();
            }
            if (own.nextInt(4) == 0) {
                engine.transactions.abort(tx);
                return;
            }
            boolean synchronous = own.nextInt(3) != 0;
            changed.keySet().forEach(durable::remove); // undecided while it commits
            engine.transactions.commit(tx, synchronous);
            if (synchronous) {
                changed.forEach((id, n) -> {
                    if (n >= 0) {
                        durable.put(id, n);
                    }
                });
            }
        }

        private void insert(Transaction tx, int session, SplittableRandom own, Map<Long, Long> changed) {
            long id = nextId++ * SESSIONS + session;
            tx.beginStatement();
            TupleFormer former = new TupleFormer(DESCRIPTOR);
            former.start();
            former.setLong(0, id);
            former.setLong(1, 0);
            former.set(2, new SlowStream(value(id), own));
            former.set(3, new byte[1000]); // a few rows a page
            int length = former.form(writer(tx));
            scheduler.park(this, own.nextInt(300_000)); // long enough for a sweep
            if (own.nextInt(5) != 0) {
                heap.insert(tx, former.bytes(), length);
                changed.put(id, 0L);
            }
            tx.endStatement();
        }

        private BigValueWriter writer(Transaction tx) {
            if (fault == Fault.NOT_REGISTERED) {
                Transaction other = engine.transactions.begin(IsolationLevel.READ_COMMITTED, false);
                BigValueWriter writer = heap.bigValues().writer(other);
                return bytes -> {
                    BigValueWriter.Stored stored = writer.write(bytes);
                    engine.transactions.abort(other);
                    return stored;
                };
            }
            return heap.bigValues().writer(tx);
        }

        /** A new version that shares the value, or has another one; or a delete. */
        private void change(
                Transaction tx, int session, SplittableRandom own, Map<Long, Long> changed, boolean delete) {
            HeapScan scan = heap.scan(tx.beginStatement(SnapshotKind.OPEN, HeapEngine.FILE));
            HeapTuple row = new HeapTuple();
            List<Long> tids = new ArrayList<>();
            List<byte[]> rows = new ArrayList<>();
            while (scan.next(row)) {
                if (id(row.bytes()) % SESSIONS == session) {
                    tids.add(row.tid());
                    rows.add(row.bytes());
                }
            }
            if (!tids.isEmpty()) {
                int which = own.nextInt(tids.size());
                byte[] old = rows.get(which);
                ModifyResult out = new ModifyResult();
                if (delete) {
                    heap.delete(tx, tids.get(which), Xid.NONE, out);
                    changed.put(id(old), -1L);
                } else {
                    TupleFormer former = new TupleFormer(DESCRIPTOR);
                    former.startFrom(old, 0);
                    former.setLong(1, n(old) + 1);
                    if (own.nextInt(3) == 0) {
                        former.set(2, new SlowStream(value(id(old)), own));
                    }
                    int length = former.form(writer(tx));
                    scheduler.park(this, own.nextInt(100_000));
                    heap.update(tx, tids.get(which), Xid.NONE, former.bytes(), length, own.nextBoolean(), false, out);
                    changed.put(id(old), n(old) + 1);
                }
                assertEquals(ModifyResult.Status.DONE, out.status());
            }
            tx.endStatement();
        }

        private void read(Transaction tx, SplittableRandom own) {
            HeapScan scan = heap.scan(tx.beginStatement());
            HeapTuple row = new HeapTuple();
            while (scan.next(row)) {
                if (own.nextInt(3) == 0) {
                    scheduler.park(this, own.nextInt(200_000));
                    checkValue(row.bytes());
                }
            }
            tx.endStatement();
        }

        // ---- vacuum

        private void vacuum() {
            HeapVacuum vacuum = heap.vacuum();
            Horizon horizon = engine.transactions.captureHorizon();
            Map<Integer, BitSet> dead = new HashMap<>();
            VacuumCollector collector = new VacuumCollector() {
                @Override
                public void deadRoot(long tid, byte[] body) {
                    dead.computeIfAbsent(Tid.block(tid), block -> new BitSet()).set(Tid.linePointer(tid));
                }

                @Override
                public void archivedRoot(long tid, byte[] body) {
                    deadRoot(tid, body);
                }

                @Override
                public void link(int block, long target) {}

                @Override
                public void kept(long begin, long end) {}
            };
            for (int block = 0; block < heap.blockCount(); block++) {
                vacuum.prunePage(block, horizon, collector);
            }
            dead.forEach((block, lines) -> {
                int[] array = lines.stream().toArray();
                vacuum.free(block, array, array.length, engine.transactions.captureHorizon());
            });
            counts.freed += heap.sweepBigValues(DESCRIPTOR, () -> {});
        }

        // ---- checks

        private void checkAll() {
            Transaction tx = engine.transactions.begin(IsolationLevel.READ_COMMITTED, true);
            Map<Long, Long> found = new HashMap<>();
            HeapScan scan = heap.scan(tx.beginStatement());
            HeapTuple row = new HeapTuple();
            while (scan.next(row)) {
                checkValue(row.bytes());
                found.put(id(row.bytes()), n(row.bytes()));
            }
            durable.forEach((id, n) -> assertTrue(found.getOrDefault(id, -1L) >= n, () -> "lost: id=" + id));
            durable.clear();
            durable.putAll(found);
            // rolled-back and dead versions, too: keys may be formed of their values until their index entries are gone
            heap.forEachLine((tid, line, page) -> {
                if (LinePointer.hasItem(line)) {
                    int at = LinePointer.offset(line);
                    checkValue(Arrays.copyOfRange(page, at, at + LinePointer.length(line)));
                }
            });
            tx.endStatement();
            engine.transactions.abort(tx);
        }

        private void checkValue(byte[] tuple) {
            counts.reads++;
            int offset = TupleReader.attributeOffset(DESCRIPTOR, tuple, 0, 2);
            assertTrue(TupleReader.isBig(tuple, offset));
            byte[] expected = value(id(tuple));
            assertEquals(expected.length, TupleReader.bigLength(tuple, offset));
            try (InputStream in = heap.bigValues().open(TupleReader.bigFirstBlock(tuple, offset), expected.length)) {
                byte[] piece = new byte[4000];
                for (int at = 0; at < expected.length; ) {
                    int length = in.read(piece);
                    for (int i = 0; i < length; i++) {
                        assertEquals(expected[at + i], piece[i], "another value's bytes");
                    }
                    at += length;
                }
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        }

        /** Every page is free, or of a value that a tuple on a page refers to. */
        private void checkNothingIsLeft() {
            BigValues values = heap.bigValues();
            BitSet reached = new BitSet();
            heap.forEachLine((tid, line, page) -> {
                if (LinePointer.hasItem(line)) {
                    int at = LinePointer.offset(line);
                    TupleReader.forEachBigValue(DESCRIPTOR, page, at, first -> {
                        int[] next = {first};
                        while (next[0] != 0) {
                            reached.set(next[0]);
                            values.readPage(next[0], new byte[PageLayout.SIZE], next);
                        }
                    });
                }
            });
            int blocks = values.blockCount();
            counts.blocks += reached.cardinality();
            assertEquals(Math.max(0, blocks - 1), reached.cardinality() + values.freeCount(), "pages are lost");
        }

        private static long id(byte[] tuple) {
            return TupleReader.fixedBits(DESCRIPTOR, tuple, TupleReader.attributeOffset(DESCRIPTOR, tuple, 0, 0), 0);
        }

        private static long n(byte[] tuple) {
            return TupleReader.fixedBits(DESCRIPTOR, tuple, TupleReader.attributeOffset(DESCRIPTOR, tuple, 0, 1), 1);
        }

        /** Of two to four pages. */
        private static byte[] value(long id) {
            byte[] value = new byte[9_000 + (int) (id * 7919 % 20_000)];
            for (int i = 0; i < value.length; i++) {
                value[i] = (byte) (id * 31 + i / 50);
            }
            return value;
        }

        /** Takes its time between two reads. */
        private final class SlowStream extends ByteArrayInputStream {
            private final SplittableRandom own;

            SlowStream(byte[] bytes, SplittableRandom own) {
                super(bytes);
                this.own = own;
            }

            @Override
            public int readNBytes(byte[] into, int offset, int length) {
                scheduler.park(this, own.nextInt(100_000));
                return super.readNBytes(into, offset, length);
            }
        }
    }
}
