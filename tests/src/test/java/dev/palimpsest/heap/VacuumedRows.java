package dev.palimpsest.heap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.Column;
import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.IsolationLevel;
import dev.palimpsest.api.RetryException;
import dev.palimpsest.api.RowLockMode;
import dev.palimpsest.id.Tid;
import dev.palimpsest.lock.WaitContext;
import dev.palimpsest.page.LinePointer;
import dev.palimpsest.scheduler.Step;
import dev.palimpsest.sim.SeededScheduler;
import dev.palimpsest.tuple.Datums;
import dev.palimpsest.tuple.LittleEndian;
import dev.palimpsest.tuple.TupleDescriptor;
import dev.palimpsest.tuple.TupleFormer;
import dev.palimpsest.tuple.TupleLayout;
import dev.palimpsest.tuple.TupleReader;
import dev.palimpsest.tx.Horizon;
import dev.palimpsest.tx.Snapshot;
import dev.palimpsest.tx.SnapshotHandle;
import dev.palimpsest.tx.SnapshotKind;
import dev.palimpsest.tx.Transaction;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * Rows with amounts whose sum never changes, an index on their ids that is nothing but a map, sessions that move amounts, and a vacuum with the
 * engine's order: heap pass, links, index, line pointers. Every snapshot must find the whole sum, by a scan and by the index, as often as it looks;
 * every root is told of with the key of its index entry. Tasks run one at a time: plain collections.
 */
final class VacuumedRows {
    private static final TupleDescriptor DESCRIPTOR = new TupleDescriptor(List.of(
            new Column("id", ColumnType.BIGINT, false, null, Column.Identity.NONE),
            new Column("value", ColumnType.TEXT, false, null, Column.Identity.NONE)));

    static final int ROWS = 8;
    static final long TOTAL = ROWS * 100;

    /** What happened, for tests to see that it did. */
    static final class Counts {
        int archived;
        int fromArchive;
        int freed;
        int cut;
        int refused;
        int conflictsOfArchived;
        int keyShares;
        int keySharesOfArchived;
        int relinks;
        int lost;
        int allVisible;

        void add(Counts other) {
            archived += other.archived;
            fromArchive += other.fromArchive;
            freed += other.freed;
            cut += other.cut;
            refused += other.refused;
            conflictsOfArchived += other.conflictsOfArchived;
            keyShares += other.keyShares;
            keySharesOfArchived += other.keySharesOfArchived;
            relinks += other.relinks;
            lost += other.lost;
            allVisible += other.allVisible;
        }

        @Override
        public String toString() {
            return "archived=" + archived + " fromArchive=" + fromArchive + " freed=" + freed + " cut=" + cut
                    + " refused=" + refused
                    + " conflictsOfArchived=" + conflictsOfArchived + " keyShares=" + keyShares
                    + " keySharesOfArchived=" + keySharesOfArchived + " relinks=" + relinks + " lost=" + lost
                    + " allVisible=" + allVisible;
        }
    }

    final HeapEngine engine;
    private final Heap heap;
    private final Counts counts;
    private final TreeMap<Long, TreeSet<Long>> index = new TreeMap<>();

    /** Entries whose key went with the last life's archive. */
    private final TreeSet<Long> entriesOfUnknown = new TreeSet<>();

    private long nextId;

    /** @param firstId above every id of an earlier life */
    VacuumedRows(HeapEngine engine, Counts counts, long firstId) {
        this.engine = engine;
        this.counts = counts;
        heap = engine.heap;
        nextId = firstId;
    }

    long nextId() {
        return nextId;
    }

    /** No committed row: the power went before {@link #create} had ended. */
    boolean isEmpty() {
        Transaction tx = engine.transactions.begin(IsolationLevel.READ_COMMITTED, true);
        boolean empty = scan(tx.beginStatement()).isEmpty();
        tx.endStatement();
        engine.transactions.commit(tx, true);
        return empty;
    }

    // ---- rows

    private static byte[] form(long id, long amount, int padding) {
        TupleFormer former = new TupleFormer(DESCRIPTOR);
        former.start();
        former.setLong(0, id);
        former.set(1, Datums.coerce(DESCRIPTOR.column(1), amount + ":" + "x".repeat(padding)));
        int length = former.form(null);
        return Arrays.copyOf(former.bytes(), length);
    }

    private static long id(byte[] tuple) {
        return TupleReader.fixedBits(DESCRIPTOR, tuple, TupleReader.attributeOffset(DESCRIPTOR, tuple, 0, 0), 0);
    }

    private static long amount(byte[] tuple) {
        String value = TupleReader.text(tuple, TupleReader.attributeOffset(DESCRIPTOR, tuple, 0, 1));
        return Long.parseLong(value.substring(0, value.indexOf(':')));
    }

    /** Makes the rows of a new heap. */
    void create() {
        Transaction tx = engine.transactions.begin(IsolationLevel.READ_COMMITTED, false);
        tx.beginStatement();
        for (int i = 0; i < ROWS; i++) {
            insert(tx, 100, 20);
        }
        tx.endStatement();
        engine.transactions.commit(tx, true);
    }

    /** After an opening: the index from what the roots say. */
    void rebuildIndex() {
        heap.forEachLine((tid, line, page) -> {
            int state = LinePointer.state(line);
            int at = switch (state) {
                case LinePointer.STATE_NORMAL, LinePointer.STATE_DEAD -> LinePointer.offset(line);
                case LinePointer.STATE_REDIRECT ->
                    LinePointer.offset(LittleEndian.intAt(page, 32 + 4 * (LinePointer.target(line) - 1)));
                default -> -1;
            };
            if (at < 0) {
                entriesOfUnknown.add(tid);
                return;
            }
            int flags = LittleEndian.unsignedShortAt(page, at + TupleLayout.FLAGS);
            if (state != LinePointer.STATE_NORMAL || (flags & TupleLayout.HEAP_ONLY) == 0) {
                long id = id(Arrays.copyOfRange(page, at, page.length));
                enter(id, tid);
                nextId = Math.max(nextId, id + 1); // the last life may have come further than it has told
            }
        });
    }

    private void enter(long id, long tid) {
        index.computeIfAbsent(id, key -> new TreeSet<>()).add(tid);
    }

    private void insert(Transaction tx, long amount, int padding) {
        long id = nextId++;
        byte[] tuple = form(id, amount, padding);
        enter(id, heap.insert(tx, tuple, tuple.length));
    }

    // ---- what a snapshot sees

    private Map<Long, HeapTuple> scan(Snapshot snapshot) {
        Map<Long, HeapTuple> rows = new HashMap<>();
        HeapScan scan = heap.scan(snapshot);
        for (HeapTuple row = new HeapTuple(); scan.next(row); row = new HeapTuple()) {
            counts.fromArchive += row.isArchived() ? 1 : 0;
            assertNull(rows.put(id(row.bytes()), row), () -> "twice in a scan");
        }
        return rows;
    }

    private HeapTuple find(long id, Snapshot snapshot) {
        HeapTuple found = null;
        for (long tid : index.getOrDefault(id, new TreeSet<>()).toArray(new Long[0])) {
            HeapTuple out = new HeapTuple();
            engine.scheduler.step(Step.BTREE_BEFORE_LATCH);
            if (heap.fetch(tid, snapshot, out) && id(out.bytes()) == id) {
                assertNull(found, "twice by the index");
                found = out;
                counts.fromArchive += out.isArchived() ? 1 : 0;
            }
        }
        return found;
    }

    private Map<Long, HeapTuple> look(Snapshot snapshot) {
        Map<Long, HeapTuple> rows = scan(snapshot);
        assertEquals(
                TOTAL,
                rows.values().stream().mapToLong(row -> amount(row.bytes())).sum(),
                "sum of a scan");
        rows.forEach((id, row) -> {
            HeapTuple found = find(id, snapshot);
            assertFalse(found == null, () -> "the index leads to nothing visible, id=" + id);
            assertEquals(amount(row.bytes()), amount(found.bytes()));
            assertEquals(row.xmin(), found.xmin());
        });
        return rows;
    }

    void checkSum() {
        Transaction tx = engine.transactions.begin(IsolationLevel.READ_COMMITTED, true);
        look(tx.beginStatement());
        tx.endStatement();
        engine.transactions.commit(tx, true);
    }

    // ---- sessions

    void session(SplittableRandom random, int transactions) {
        for (int i = 0; i < transactions; i++) {
            boolean repeatable = random.nextInt(4) != 0;
            Transaction tx = engine.transactions.begin(
                    repeatable ? IsolationLevel.REPEATABLE_READ : IsolationLevel.READ_COMMITTED, false);
            boolean done;
            try {
                done = repeatable ? repeatableRead(tx, random) : readCommitted(tx, random);
            } catch (RetryException deadlock) {
                done = false;
            }
            tx.endStatement();
            if (done && random.nextInt(6) != 0) {
                engine.transactions.commit(tx, random.nextBoolean());
            } else {
                engine.transactions.abort(tx);
            }
        }
    }

    private void pause(SplittableRandom random) {
        if (random.nextInt(3) == 0) {
            engine.scheduler.park(this, 1 + random.nextInt(3_000_000));
        }
    }

    /** A point snapshot: what it sees may go to the archive at any moment, and its places to others. */
    private boolean repeatableRead(Transaction tx, SplittableRandom random) {
        Map<Long, HeapTuple> seen = look(tx.beginStatement());
        for (int n = random.nextInt(4); n > 0; n--) {
            pause(random);
            Map<Long, HeapTuple> again = look(tx.beginStatement());
            assertEquals(seen.keySet(), again.keySet());
            seen.forEach((id, row) -> assertEquals(row.xmin(), again.get(id).xmin()));
            seen = random.nextBoolean() ? seen : again;
        }
        pause(random);
        Long[] ids = seen.keySet().toArray(new Long[0]);
        HeapTuple from = seen.get(ids[random.nextInt(ids.length)]);
        HeapTuple to = seen.get(ids[random.nextInt(ids.length)]);
        return switch (random.nextInt(8)) {
            case 0 -> true;
            case 1, 2 -> keyShare(tx, from, random);
            default -> from == to || move(tx, from, to, random);
        };
    }

    private boolean move(Transaction tx, HeapTuple from, HeapTuple to, SplittableRandom random) {
        long all = amount(from.bytes());
        int kind = random.nextInt(6);
        long moved = kind == 0 ? all : random.nextLong(all + 1);
        if (!(kind == 0 ? delete(tx, from) : update(tx, from, all - moved, random))) {
            return false;
        }
        pause(random);
        if (kind == 1) {
            insert(tx, moved, padding(random));
            return true;
        }
        return update(tx, to, amount(to.bytes()) + moved, random);
    }

    private static int padding(SplittableRandom random) {
        return random.nextInt(random.nextInt(3) == 0 ? 1500 : 200);
    }

    private boolean delete(Transaction tx, HeapTuple row) {
        ModifyResult out = new ModifyResult();
        do {
            heap.delete(tx, row.tid(), row.xmin(), out);
        } while (waited(tx, out));
        return isDone(tx, row, out);
    }

    private boolean update(Transaction tx, HeapTuple row, long amount, SplittableRandom random) {
        ModifyResult out = new ModifyResult();
        byte[] tuple = form(id(row.bytes()), amount, padding(random));
        boolean hot = random.nextInt(4) != 0;
        do {
            heap.update(tx, row.tid(), row.xmin(), tuple, tuple.length, hot, false, out);
        } while (waited(tx, out));
        if (out.status() == ModifyResult.Status.DONE && !out.isHot()) {
            engine.scheduler.step(Step.BTREE_BEFORE_LATCH);
            enter(id(row.bytes()), out.nextTid());
        }
        return isDone(tx, row, out);
    }

    private boolean waited(Transaction tx, ModifyResult out) {
        if (out.status() != ModifyResult.Status.WAIT || out.holder() != null) {
            return false;
        }
        engine.transactions.waitForEnd(tx, out.xid(), WaitContext.relation("rows"));
        return true;
    }

    /** A conflict must be a real one: somebody has changed the row. */
    private boolean isDone(Transaction tx, HeapTuple row, ModifyResult out) {
        if (out.status() == ModifyResult.Status.UPDATED || out.status() == ModifyResult.Status.DELETED) {
            counts.conflictsOfArchived += row.isArchived() ? 1 : 0;
            assertNotEquals(0, out.xid(), "an end is known");
            HeapTuple now = latest(tx, id(row.bytes()));
            assertTrue(now == null || now.xmin() != row.xmin(), "a conflict with nobody");
        }
        return out.status() == ModifyResult.Status.DONE;
    }

    private HeapTuple latest(Transaction tx, long id) {
        try (SnapshotHandle latest = tx.latestSnapshot()) {
            return find(id, latest.snapshot());
        }
    }

    /** Whose row is locked so isn't deleted before the end, however often it is updated. */
    private boolean keyShare(Transaction tx, HeapTuple row, SplittableRandom random) {
        ModifyResult out = new ModifyResult();
        do {
            heap.lock(tx, row.tid(), row.xmin(), RowLockMode.KEY_SHARE, out);
        } while (waited(tx, out));
        if (out.status() == ModifyResult.Status.DELETED) {
            assertNull(latest(tx, id(row.bytes())), "deleted, they say");
        }
        if (out.status() != ModifyResult.Status.DONE) {
            return false;
        }
        counts.keyShares++;
        counts.keySharesOfArchived += row.isArchived() ? 1 : 0;
        for (int n = 1 + random.nextInt(3); n > 0; n--) {
            assertNotEquals(null, latest(tx, id(row.bytes())), "locked, and deleted all the same");
            engine.scheduler.park(this, 1 + random.nextInt(2_000_000));
        }
        return true;
    }

    /** An open snapshot: what it may follow stays on the pages. */
    private boolean readCommitted(Transaction tx, SplittableRandom random) {
        Map<Long, HeapTuple> seen = scan(tx.beginStatement(SnapshotKind.OPEN, HeapEngine.FILE));
        seen.values().forEach(row -> assertFalse(row.isArchived()));
        pause(random);
        for (HeapTuple row : seen.values()) {
            HeapTuple version = row;
            while (version.isUpdated()
                    && heap.visibility().endCsn(version.xmax(), version.flags()) <= engine.transactions.published()) {
                if (heap.visibility().endCsn(version.xmax(), version.flags()) == Visibility.ABORTED) {
                    break;
                }
                HeapTuple next = new HeapTuple();
                assertTrue(heap.fetchVersion(version.ctid(), next), "an open snapshot's chain");
                assertEquals(version.xmax(), next.xmin());
                version = next;
            }
            engine.scheduler.step(Step.HEAP_BEFORE_LATCH);
        }
        return true;
    }

    // ---- one walk

    private static final int LARGE = 1800;

    private static final int LOCKERS = 6;

    /**
     * A locker walks from a pinned version over a root that is freed meanwhile, and given to other rows that come and go: he must end up with a lock on
     * the row's newest version.
     */
    void lockOverAFreedRoot(SeededScheduler scheduler, SplittableRandom random) {
        Transaction tx = engine.transactions.begin(IsolationLevel.READ_COMMITTED, false);
        tx.beginStatement();
        long id = nextId;
        for (int i = 0; i < 4; i++) {
            insert(tx, i == 0 ? TOTAL : 0, LARGE);
        }
        tx.endStatement();
        engine.transactions.commit(tx, true);
        Transaction[] lockers = new Transaction[LOCKERS];
        for (int i = 0; i < LOCKERS; i++) {
            lockers[i] = engine.transactions.begin(IsolationLevel.REPEATABLE_READ, false);
            lockers[i].beginStatement();
        }
        HeapTuple seen = find(id, lockers[0].beginStatement());
        for (int i = 1 + random.nextInt(3); i >= 0; i--) {
            moveElsewhere(id);
        }
        if (random.nextBoolean()) {
            vacuum();
        }
        List<Thread> tasks = new ArrayList<>();
        for (Transaction locker : lockers) {
            long delay = 1 + random.nextInt(30_000);
            tasks.add(scheduler.spawnSession("locker", () -> {
                scheduler.park(locker, delay);
                ModifyResult out = new ModifyResult();
                heap.lock(locker, seen.tid(), seen.xmin(), RowLockMode.KEY_SHARE, out);
                assertEquals(ModifyResult.Status.DONE, out.status());
            }));
        }
        tasks.add(scheduler.spawnSession("strangers", () -> comeAndGo(20)));
        tasks.add(scheduler.spawnSession("vacuum", this::vacuum));
        tasks.forEach(scheduler::join);
        for (Transaction locker : lockers) {
            long newest = latest(locker, id).tid();
            RowLockMode held = engine.transactions
                    .rowLocks()
                    .heldBy(locker, HeapEngine.FILE, Tid.block(newest), Tid.linePointer(newest));
            assertEquals(RowLockMode.KEY_SHARE, held, "locked, they said");
            locker.endStatement();
            engine.transactions.commit(locker, false);
        }
    }

    private void moveElsewhere(long id) {
        Transaction tx = engine.transactions.begin(IsolationLevel.READ_COMMITTED, false);
        HeapTuple row = find(id, tx.beginStatement(SnapshotKind.OPEN, HeapEngine.FILE));
        ModifyResult out = new ModifyResult();
        byte[] tuple = form(id, TOTAL, LARGE);
        heap.update(tx, row.tid(), row.xmin(), tuple, tuple.length, false, false, out);
        enter(id, out.nextTid());
        tx.endStatement();
        engine.transactions.commit(tx, true);
    }

    private void comeAndGo(int times) {
        for (int i = 0; i < times; i++) {
            Transaction tx = engine.transactions.begin(IsolationLevel.READ_COMMITTED, false);
            tx.beginStatement();
            long id = nextId;
            insert(tx, 0, LARGE);
            tx.endStatement();
            engine.transactions.commit(tx, true);
            tx = engine.transactions.begin(IsolationLevel.READ_COMMITTED, false);
            HeapTuple row = find(id, tx.beginStatement(SnapshotKind.OPEN, HeapEngine.FILE));
            assertTrue(delete(tx, row));
            tx.endStatement();
            engine.transactions.commit(tx, true);
        }
    }

    // ---- vacuum

    /** What the pass has found. */
    private final class Pass implements VacuumCollector, HeapVacuum.Links {
        final TreeMap<Long, byte[]> dead = new TreeMap<>();
        final TreeSet<Long> unknown = new TreeSet<>();
        final TreeMap<Integer, TreeSet<Long>> links = new TreeMap<>();

        @Override
        public void deadRoot(long tid, byte[] body) {
            dead.put(tid, body);
        }

        @Override
        public void archivedRoot(long tid, byte[] body) {
            if (body == null) {
                unknown.add(tid);
            } else {
                dead.put(tid, body);
            }
        }

        @Override
        public void link(int block, long target) {
            links.computeIfAbsent(block, key -> new TreeSet<>()).add(target);
        }

        @Override
        public long follow(long target) {
            long tid = target;
            while (tid != Tid.NONE && (dead.containsKey(tid) || unknown.contains(tid))) {
                tid = unknown.contains(tid) ? Tid.NONE : HeapVacuum.successor(tid, dead.get(tid));
            }
            return tid;
        }

        @Override
        public boolean isKeyEnded(long target) {
            long tid = target;
            while (tid != Tid.NONE && dead.containsKey(tid)) {
                if (HeapVacuum.isKeyEnded(dead.get(tid))) {
                    return true;
                }
                tid = HeapVacuum.successor(tid, dead.get(tid));
            }
            return follow(target) == Tid.NONE;
        }
    }

    void vacuum() {
        HeapVacuum vacuum = heap.vacuum().keysFrom(0);
        Horizon horizon = engine.transactions.captureHorizon();
        Pass pass = new Pass();
        for (int block = vacuum.nextNotAllVisible(0);
                block < vacuum.blockCount();
                block = vacuum.nextNotAllVisible(block + 1)) {
            PageOutcome outcome = vacuum.prunePage(block, horizon, pass);
            counts.archived += outcome.archived();
            counts.refused += outcome.archiveRefused() ? 1 : 0;
            counts.allVisible += outcome.newlyAllVisible() ? 1 : 0;
        }
        for (int block : pass.links.keySet()) {
            if (pass.links.get(block).stream().anyMatch(target -> pass.follow(target) != target)) {
                if (!vacuum.relink(block, pass)) {
                    return; // the next time
                }
                counts.relinks++;
            }
        }
        cleanIndex(pass);
        TreeMap<Integer, TreeSet<Integer>> lines = new TreeMap<>();
        for (long tid : pass.dead.keySet()) {
            lines.computeIfAbsent(Tid.block(tid), key -> new TreeSet<>()).add(Tid.linePointer(tid));
        }
        for (long tid : pass.unknown) {
            lines.computeIfAbsent(Tid.block(tid), key -> new TreeSet<>()).add(Tid.linePointer(tid));
        }
        lines.forEach((block, numbers) -> {
            int[] array = numbers.stream().mapToInt(Integer::intValue).toArray();
            PageOutcome outcome = vacuum.free(block, array, array.length, engine.transactions.captureHorizon());
            counts.freed += array.length;
            counts.allVisible += outcome.newlyAllVisible() ? 1 : 0;
        });
        counts.cut += heap.truncate(Integer.MAX_VALUE);
    }

    private void cleanIndex(Pass pass) {
        pass.dead.forEach((tid, body) -> {
            engine.scheduler.step(Step.BTREE_BEFORE_LATCH);
            TreeSet<Long> entries = index.get(id(body));
            if (entries != null) {
                entries.remove(tid);
            }
            assertTrue(index.values().stream().noneMatch(tids -> tids.contains(tid)), "an entry with another key");
        });
        for (long tid : pass.unknown) {
            counts.lost++;
            entriesOfUnknown.remove(tid);
            index.values().forEach(tids -> tids.remove(tid));
        }
    }

    /** When nobody is there any more: one cycle, and what is left is the rows. */
    void checkNothingIsLeft() {
        vacuum();
        int[] counted = new int[2];
        heap.forEachLine((tid, line, page) -> {
            counted[0] += LinePointer.hasItem(line) ? 1 : 0;
            counted[1] += LinePointer.state(line) == LinePointer.STATE_ARCHIVED ? 1 : 0;
        });
        Transaction tx = engine.transactions.begin(IsolationLevel.READ_COMMITTED, true);
        int rows = look(tx.beginStatement()).size();
        tx.endStatement();
        engine.transactions.commit(tx, true);
        assertEquals(rows, counted[0], "bodies");
        assertEquals(0, counted[1], "archived roots");
        assertEquals(0, engine.archive.size(), "pages in the archive");
        assertEquals(rows, index.values().stream().mapToInt(TreeSet::size).sum(), "index entries");
        assertTrue(entriesOfUnknown.isEmpty());
        checkMap();
    }

    /** A bit that is set is always true. */
    void checkMap() {
        int[] last = {-1};
        heap.forEachLine((tid, line, page) -> {
            if (last[0] != Tid.block(tid)) {
                last[0] = Tid.block(tid);
                assertNull(heap.visibilityProblem(last[0], page));
            }
        });
    }
}
