package dev.palimpsest.heap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.id.Tid;
import dev.palimpsest.id.Xid;
import dev.palimpsest.page.LinePointer;
import dev.palimpsest.tx.Horizon;
import dev.palimpsest.tx.SnapshotKind;
import dev.palimpsest.tx.Transaction;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Vacuum's operations on pages, one by one. Every test ends with the redo of its whole log. */
class HeapVacuumTest {
    private final HeapFixture fixture = new HeapFixture(64);
    private final HeapVacuum vacuum = fixture.heap.vacuum();
    private final Found found = new Found();

    /** What a pass told of. */
    private static final class Found implements VacuumCollector {
        final Map<Long, byte[]> dead = new TreeMap<>();
        final Map<Long, byte[]> archived = new HashMap<>();
        final List<Long> links = new ArrayList<>();
        final List<long[]> kept = new ArrayList<>();

        @Override
        public void deadRoot(long tid, byte[] body) {
            dead.put(tid, body);
        }

        @Override
        public void archivedRoot(long tid, byte[] body) {
            archived.put(tid, body);
        }

        @Override
        public void link(int block, long target) {
            links.add(target);
        }

        @Override
        public void kept(long begin, long end) {
            kept.add(new long[] {begin, end});
        }
    }

    @AfterEach
    void shouldRedoToTheSamePages() {
        RedoCheck.check(fixture);
        fixture.close();
    }

    private PageOutcome prune() {
        Horizon horizon = fixture.transactions.captureHorizon();
        return vacuum.prunePage(0, horizon, found);
    }

    private long insertCommitted(long id, String value) {
        Transaction tx = fixture.begin();
        long tid = fixture.insert(tx, id, value);
        commitDurably(tx);
        return tid;
    }

    private long updateCommitted(long tid, long id, String value) {
        Transaction tx = fixture.begin();
        ModifyResult result = fixture.update(tx, tid, id, value);
        assertEquals(ModifyResult.Status.DONE, result.status());
        commitDurably(tx);
        return result.nextTid();
    }

    private void deleteCommitted(long tid) {
        Transaction tx = fixture.begin();
        assertEquals(ModifyResult.Status.DONE, fixture.delete(tx, tid).status());
        commitDurably(tx);
    }

    private void commitDurably(Transaction tx) {
        fixture.transactions.commit(tx, true);
    }

    private String readNow(long root) {
        Transaction tx = fixture.begin();
        String value = fixture.read(tx, root);
        fixture.commit(tx);
        return value;
    }

    private int state(int linePointer) {
        int[] state = {LinePointer.STATE_UNUSED};
        fixture.heap.forEachLine((tid, line, page) -> {
            if (Tid.linePointer(tid) == linePointer) {
                state[0] = LinePointer.state(line);
            }
        });
        return state[0];
    }

    @Test
    void shouldKeepTheBodyOfADeadRootUntilItIsFreed() {
        long root = insertCommitted(1, "old");
        long second = updateCommitted(root, 1, "new");
        deleteCommitted(second);

        PageOutcome outcome = prune();

        assertEquals(List.of(root), List.copyOf(found.dead.keySet()));
        assertEquals("new", HeapFixture.value(found.dead.get(root)), "the newest has the keys of the index entries");
        assertEquals(LinePointer.STATE_DEAD, state(Tid.linePointer(root)));
        assertEquals(2, outcome.removed());
        assertFalse(outcome.allVisible());
        assertNull(readNow(root));

        found.dead.clear();
        assertEquals(0, prune().removed());
        assertEquals("new", HeapFixture.value(found.dead.get(root)), "told of again in the next pass");

        PageOutcome freed = vacuum.free(0, new int[] {Tid.linePointer(root)}, 1, fixture.transactions.captureHorizon());
        assertTrue(freed.empty());
        assertTrue(freed.allVisible());
        assertTrue(vacuum.isEmpty(0));
        assertEquals(0, vacuum.usedBlockCount());
        assertEquals(root, insertCommitted(2, "next"), "the line pointer is used again");
        assertFalse(vacuum.isAllVisible(0));
    }

    @Test
    void shouldFreeOnlyDeadRoots() {
        long live = insertCommitted(1, "live");
        vacuum.free(0, new int[] {Tid.linePointer(live), 7}, 2, fixture.transactions.captureHorizon());
        assertEquals("live", readNow(live));
    }

    @Test
    void shouldTakeARolledBackInsertForDead() {
        Transaction tx = fixture.begin();
        long root = fixture.insert(tx, 1, "never");
        fixture.transactions.abort(tx);
        prune();
        assertEquals("never", HeapFixture.value(found.dead.get(root)));
    }

    @Test
    void shouldTakeARolledBackEndOff() {
        long root = insertCommitted(1, "stays");
        Transaction tx = fixture.begin();
        fixture.update(tx, root, 1, "never");
        fixture.transactions.abort(tx);

        PageOutcome outcome = prune();

        assertEquals(1, outcome.live());
        assertTrue(outcome.allVisible());
        assertEquals(1, fixture.versions());
        HeapTuple version = new HeapTuple();
        assertTrue(fixture.heap.fetchVersion(root, version));
        assertEquals(0, version.xmax());
        assertEquals(root, version.ctid());
        assertEquals("stays", readNow(root));
    }

    @Test
    void shouldMarkAPageThatIsVisibleToAllAndSkipIt() {
        long root = insertCommitted(1, "one");
        assertEquals(0, vacuum.nextNotAllVisible(0));
        PageOutcome outcome = prune();
        assertTrue(outcome.newlyAllVisible());
        assertEquals(Long.MAX_VALUE, outcome.oldestXid());
        assertTrue(vacuum.isAllVisible(0));
        assertEquals(1, vacuum.nextNotAllVisible(0));

        PageOutcome again = prune();
        assertFalse(again.changed());
        assertTrue(again.allVisible());

        updateCommitted(root, 1, "two");
        assertFalse(vacuum.isAllVisible(0));
    }

    @Test
    void shouldNotCallAPageVisibleToAllThatALiveSnapshotSeesLess() {
        Transaction old = fixture.beginRepeatableRead();
        insertCommitted(1, "one");
        PageOutcome outcome = prune();
        assertFalse(outcome.allVisible());
        assertEquals(3, outcome.oldestXid());
        old.endStatement();
        fixture.commit(old);
        assertTrue(prune().allVisible());
    }

    @Test
    void shouldLeaveTheMapAtEveryKindOfChange() {
        long first = insertCommitted(1, "one");
        for (int change = 0; change < 5; change++) {
            assertTrue(prune().allVisible(), "before change " + change);
            Transaction tx = fixture.begin();
            switch (change) {
                case 0 -> fixture.insert(tx, 2, "two");
                case 1 -> first = fixture.update(tx, first, 1, "uno").nextTid();
                case 2 -> fixture.delete(tx, first);
                case 3 -> {
                    tx.beginStatement();
                    long[] tids = new long[1];
                    int length = fixture.form(3, "three");
                    tids[0] = fixture.heap.insert(tx, fixture.bytes(), length);
                    assertFalse(vacuum.isAllVisible(0));
                    fixture.heap.kill(tx, tids[0]);
                    tx.endStatement();
                    tx.nextCommand();
                }
                default -> fixture.insert(tx, 4, "four");
            }
            commitDurably(tx);
            assertFalse(vacuum.isAllVisible(0), "after change " + change);
            found.dead.clear();
            prune();
            int[] lines =
                    found.dead.keySet().stream().mapToInt(Tid::linePointer).toArray();
            vacuum.free(0, lines, lines.length, fixture.transactions.captureHorizon());
        }
    }

    @Test
    void shouldKeepWhatAnOpenSnapshotMayFollow() {
        long root = insertCommitted(1, "old");
        Transaction open = fixture.begin();
        open.beginStatement(SnapshotKind.OPEN, HeapFixture.FILE);
        long second = updateCommitted(root, 1, "new");
        deleteCommitted(second);
        PageOutcome outcome = prune();
        assertEquals(0, outcome.removed());
        assertEquals(2, outcome.pinned());
        assertEquals(2, found.kept.size());
        open.endStatement();
        fixture.commit(open);
        assertEquals(2, prune().removed());
    }

    @Test
    void shouldLeadLinksPastFreedRoots() {
        long first = insertCommitted(1, "a");
        Transaction pin = fixture.beginRepeatableRead();
        long second = movedCommitted(first, "b");
        long third = movedCommitted(second, "c");
        prune();
        assertEquals(List.of(second), List.copyOf(found.dead.keySet()));
        assertEquals(List.of(second, third), found.links);
        assertEquals(third, HeapVacuum.successor(second, found.dead.get(second)));
        assertFalse(HeapVacuum.isKeyEnded(found.dead.get(second)));

        assertTrue(vacuum.relink(0, past(second, third, false)));

        HeapTuple version = new HeapTuple();
        fixture.heap.fetchVersion(first, version);
        assertEquals(third, version.ctid());
        assertEquals("a", fixture.read(pin, first));

        deleteCommitted(third);
        found.dead.clear();
        prune();
        assertTrue(found.dead.containsKey(third));
        assertTrue(vacuum.relink(0, past(third, Tid.NONE, true)));
        fixture.heap.fetchVersion(first, version);
        assertEquals(first, version.ctid());
        assertTrue(HeapPage.isKeyEnded(version.flags()));
        fixture.commit(pin);
    }

    /** Not HOT: another root, on the same page. */
    private long movedCommitted(long tid, String value) {
        Transaction tx = fixture.begin();
        ModifyResult out = new ModifyResult();
        int length = fixture.form(1, value);
        tx.beginStatement(SnapshotKind.OPEN, HeapFixture.FILE);
        fixture.heap.update(tx, tid, Xid.NONE, fixture.bytes(), length, false, false, out);
        tx.endStatement();
        commitDurably(tx);
        return out.nextTid();
    }

    private static HeapVacuum.Links past(long root, long next, boolean keyEnded) {
        return new HeapVacuum.Links() {
            @Override
            public long follow(long target) {
                return target == root ? next : target;
            }

            @Override
            public boolean isKeyEnded(long target) {
                return keyEnded;
            }
        };
    }
}
