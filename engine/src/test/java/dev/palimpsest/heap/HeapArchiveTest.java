package dev.palimpsest.heap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.RowLockMode;
import dev.palimpsest.id.Tid;
import dev.palimpsest.id.Xid;
import dev.palimpsest.page.LinePointer;
import dev.palimpsest.page.PageLayout;
import dev.palimpsest.tx.SnapshotKind;
import dev.palimpsest.tx.Transaction;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Versions that only old point snapshots see leave their pages and are read all the same. Every test ends with the redo of its whole log. */
class HeapArchiveTest {
    private final HeapFixture fixture = new HeapFixture(64);
    private final HeapVacuum vacuum = fixture.heap.vacuum();
    private boolean refusing;
    private final MapArchive archive = new MapArchive(1 << 20) {
        @Override
        public boolean put(int relation, int block, byte[] blob) {
            return !refusing && super.put(relation, block, blob);
        }
    };
    private final TreeMap<Long, byte[]> dead = new TreeMap<>();
    private final TreeMap<Long, byte[]> finished = new TreeMap<>();
    private final List<Long> lost = new ArrayList<>();
    private final ModifyResult result = new ModifyResult();

    @BeforeEach
    void install() {
        fixture.archive.install(archive);
    }

    @AfterEach
    void shouldRedoToTheSamePages() {
        RedoCheck.check(fixture);
        fixture.close();
    }

    private PageOutcome prune() {
        dead.clear();
        finished.clear();
        return vacuum.prunePage(0, fixture.transactions.captureHorizon(), new VacuumCollector() {
            @Override
            public void deadRoot(long tid, byte[] body) {
                dead.put(tid, body);
            }

            @Override
            public void archivedRoot(long tid, byte[] body) {
                if (body == null) {
                    lost.add(tid);
                } else {
                    finished.put(tid, body);
                }
            }

            @Override
            public void link(int block, long target) {}
        });
    }

    private long insertCommitted(long id, String value) {
        Transaction tx = fixture.begin();
        long tid = fixture.insert(tx, id, value);
        commit(tx);
        return tid;
    }

    private long updateCommitted(long tid, long id, String value) {
        return updateCommitted(tid, id, value, true, false);
    }

    private long updateCommitted(long tid, long id, String value, boolean hot, boolean keys) {
        Transaction tx = fixture.begin();
        ModifyResult out = new ModifyResult();
        int length = fixture.form(id, value);
        tx.beginStatement(SnapshotKind.OPEN, HeapFixture.FILE);
        fixture.heap.update(tx, tid, Xid.NONE, fixture.bytes(), length, hot, keys, out);
        tx.endStatement();
        assertEquals(ModifyResult.Status.DONE, out.status());
        commit(tx);
        return out.nextTid();
    }

    private void deleteCommitted(long tid) {
        Transaction tx = fixture.begin();
        assertEquals(ModifyResult.Status.DONE, fixture.delete(tx, tid).status());
        commit(tx);
    }

    private void commit(Transaction tx) {
        fixture.transactions.commit(tx, true);
    }

    private void end(Transaction reader) {
        reader.endStatement();
        fixture.commit(reader);
    }

    private HeapTuple fetch(Transaction reader, long root) {
        HeapTuple out = new HeapTuple();
        return fixture.heap.fetch(root, reader.beginStatement(), out) ? out : null;
    }

    private List<String> scan(Transaction reader) {
        List<String> values = new ArrayList<>();
        HeapScan scan = fixture.heap.scan(reader.beginStatement());
        while (scan.advance()) {
            HeapTuple row = new HeapTuple(scan.copyRow(), scan.tid());
            values.add(HeapFixture.value(row.bytes()) + (scan.isArchived() ? "*" : ""));
        }
        values.sort(null);
        return values;
    }

    private int state(long tid) {
        int[] state = {LinePointer.STATE_UNUSED};
        fixture.heap.forEachLine((at, line, page) -> state[0] = at == tid ? LinePointer.state(line) : state[0]);
        return state[0];
    }

    private long own() {
        long[] own = new long[1];
        fixture.heap.forEachLine((tid, line, page) ->
                own[0] = PageLayout.own(ByteBuffer.wrap(page).order(ByteOrder.LITTLE_ENDIAN)));
        return own[0];
    }

    @Test
    void shouldReadAPinnedVersionFromTheArchive() {
        long root = insertCommitted(1, "old");
        long other = insertCommitted(2, "same");
        Transaction pin = fixture.beginRepeatableRead();
        updateCommitted(root, 1, "new");

        PageOutcome outcome = prune();

        assertEquals(1, outcome.archived());
        assertEquals(1, outcome.inArchive());
        assertEquals(0, outcome.pinned());
        assertEquals(2, outcome.live());
        assertEquals(LinePointer.STATE_REDIRECT, state(root));
        assertEquals(2, fixture.versions());
        HeapTuple old = fetch(pin, root);
        assertEquals("old", HeapFixture.value(old.bytes()));
        assertTrue(old.isArchived());
        assertEquals(root, old.tid());
        assertFalse(fetch(pin, other).isArchived());
        assertEquals(List.of("old*", "same"), scan(pin));
        Transaction now = fixture.beginRepeatableRead();
        assertEquals(List.of("new", "same"), scan(now));
        assertTrue(own() > 0);
        end(now);

        end(pin);
        outcome = prune();
        assertEquals(1, outcome.unarchived());
        assertTrue(outcome.allVisible());
        assertEquals(0, own());
        assertEquals(0, archive.size());
        assertEquals(0, archive.bytes());
    }

    @Test
    void shouldKeepOneVersionForEachSnapshotThatSeesIt() {
        long root = insertCommitted(1, "v0");
        long version = root;
        List<Transaction> pins = new ArrayList<>();
        for (int i = 1; i <= 12; i++) {
            if (i % 3 == 1) {
                pins.add(fixture.beginRepeatableRead());
            }
            version = updateCommitted(version, 1, "v" + i);
            if (i % 4 == 0) {
                prune();
            }
        }
        PageOutcome outcome = prune();
        assertEquals(4, outcome.inArchive());
        assertEquals(1, fixture.versions());
        for (int i = 0; i < pins.size(); i++) {
            assertEquals(List.of("v" + 3 * i + "*"), scan(pins.get(i)));
            assertEquals("v" + 3 * i, HeapFixture.value(fetch(pins.get(i), root).bytes()));
        }
        end(pins.remove(1));
        assertEquals(1, prune().unarchived());
        assertEquals(List.of("v0*"), scan(pins.get(0)));
        assertEquals(List.of("v6*"), scan(pins.get(1)));
        pins.forEach(this::end);
        assertEquals(3, prune().unarchived());
    }

    @Test
    void shouldKeepTheNewestBodyOfAnArchivedRootForItsKeys() {
        long root = insertCommitted(1, "old");
        Transaction pin = fixture.beginRepeatableRead();
        long second = updateCommitted(root, 1, "newest");
        deleteCommitted(second);

        assertEquals(2, prune().archived());
        assertEquals(LinePointer.STATE_ARCHIVED, state(root));
        assertEquals(0, fixture.versions());
        assertEquals(List.of("old*"), scan(pin));
        assertEquals("old", HeapFixture.value(fetch(pin, root).bytes()));
        assertTrue(finished.isEmpty());
        assertFalse(vacuum.isEmpty(0));

        // not while it is needed
        vacuum.free(0, new int[] {Tid.linePointer(root)}, 1, fixture.transactions.captureHorizon());
        assertEquals(LinePointer.STATE_ARCHIVED, state(root));

        end(pin);
        prune();
        assertEquals(Set.of(root), finished.keySet());
        assertEquals("newest", HeapFixture.value(finished.get(root)));
        assertEquals(0, own());
        prune();
        assertEquals("newest", HeapFixture.value(finished.get(root)), "told of again in the next pass");
        PageOutcome outcome =
                vacuum.free(0, new int[] {Tid.linePointer(root)}, 1, fixture.transactions.captureHorizon());
        assertTrue(outcome.empty());
        assertEquals(0, archive.size());
    }

    @Test
    void shouldTellOfArchivedRootsWhoseBodiesAreLost() {
        long root = insertCommitted(1, "old");
        Transaction pin = fixture.beginRepeatableRead();
        deleteCommitted(root);
        prune();
        end(pin);
        archive.clear(HeapFixture.FILE); // as an opening does
        prune();
        assertEquals(List.of(root), lost);
        assertEquals(0, own());
        vacuum.free(0, new int[] {Tid.linePointer(root)}, 1, fixture.transactions.captureHorizon());
        assertTrue(vacuum.isEmpty(0));
    }

    @Test
    void shouldLeaveVersionsInThePageWhenTheArchiveIsFull() {
        archive.setMaxBytes(0);
        long root = insertCommitted(1, "old");
        Transaction pin = fixture.beginRepeatableRead();
        long second = updateCommitted(root, 1, "middle");
        second = updateCommitted(second, 1, "new");
        PageOutcome outcome = prune();
        assertTrue(outcome.archiveRefused());
        assertEquals(0, outcome.archived());
        assertEquals(1, outcome.pinned());
        assertEquals(1, outcome.removed());
        assertEquals(2, fixture.versions());
        assertEquals(List.of("old"), scan(pin));
        assertEquals(0, own());
        archive.setMaxBytes(1000);
        assertEquals(1, prune().archived());
        assertEquals(List.of("old*"), scan(pin));
        end(pin);
    }

    @Test
    void shouldKeepTheNewestVersionOnThePageWhenItsOlderOnesAreArchivedAndTheArchiveIsFull() {
        long root = insertCommitted(1, "old");
        Transaction pin = fixture.beginRepeatableRead();
        long second = updateCommitted(root, 1, "newest");
        assertEquals(1, prune().archived());
        archive.setMaxBytes(0);
        deleteCommitted(second);
        PageOutcome outcome = prune();
        assertEquals(0, outcome.removed());
        assertEquals(1, fixture.versions());
        assertEquals(List.of("old*"), scan(pin));
        end(pin);
        prune();
        assertEquals("newest", HeapFixture.value(dead.get(root)));
    }

    @Test
    void shouldLeaveToOpenSnapshotsWhatTheyMayFollow() {
        long root = insertCommitted(1, "old");
        Transaction pin = fixture.beginRepeatableRead();
        Transaction open = fixture.begin();
        open.beginStatement(SnapshotKind.OPEN, HeapFixture.FILE);
        updateCommitted(root, 1, "new");
        PageOutcome outcome = prune();
        assertEquals(0, outcome.archived());
        assertEquals(1, outcome.pinned());
        end(open);
        assertEquals(1, prune().archived());
        assertEquals(List.of("old*"), scan(pin));
        end(pin);
    }

    @Test
    void shouldTellWritersThatAnArchivedVersionWasChanged() {
        long updated = insertCommitted(1, "one");
        long deleted = insertCommitted(2, "two");
        Transaction pin = fixture.beginRepeatableRead();
        HeapTuple one = fetch(pin, updated);
        HeapTuple two = fetch(pin, deleted);
        updateCommitted(updated, 1, "uno");
        deleteCommitted(deleted);
        assertEquals(2, prune().archived());

        for (int i = 0; i < 2; i++) { // read before, and read from the archive
            int length = fixture.form(1, "never");
            fixture.heap.update(pin, one.tid(), one.xmin(), fixture.bytes(), length, true, false, result);
            assertEquals(ModifyResult.Status.UPDATED, result.status());
            assertEquals(one.isArchived() ? one.xmax() : result.xid(), result.xid());
            fixture.heap.delete(pin, two.tid(), two.xmin(), result);
            assertEquals(ModifyResult.Status.DELETED, result.status());
            assertNotEquals(Xid.NONE, result.xid());
            fixture.heap.lock(pin, two.tid(), two.xmin(), RowLockMode.KEY_SHARE, result);
            assertEquals(ModifyResult.Status.DELETED, result.status());
            fixture.heap.lock(pin, one.tid(), one.xmin(), RowLockMode.SHARE, result);
            assertEquals(ModifyResult.Status.UPDATED, result.status());
            one = fetch(pin, updated);
            two = fetch(pin, deleted);
            assertTrue(one.isArchived() && two.isArchived());
        }
        end(pin);
    }

    @Test
    void shouldNotTakeAnotherRowInItsPlaceForAnArchivedVersion() {
        long root = insertCommitted(1, "v0");
        long second = updateCommitted(root, 1, "v1");
        Transaction pin = fixture.beginRepeatableRead();
        HeapTuple seen = fetch(pin, root);
        assertEquals(second, seen.tid());
        updateCommitted(second, 1, "v2");
        assertEquals(1, prune().archived());
        long other = insertCommitted(2, "in its place");
        assertEquals(second, other, "else the test shows nothing");

        fixture.heap.delete(pin, seen.tid(), seen.xmin(), result);
        assertEquals(ModifyResult.Status.UPDATED, result.status());
        fixture.heap.lock(pin, seen.tid(), seen.xmin(), RowLockMode.UPDATE, result);
        assertEquals(ModifyResult.Status.UPDATED, result.status());
        assertEquals(List.of("v1*"), scan(pin));
        end(pin);
    }

    @Test
    void shouldLockNewerVersionsOfAnArchivedOneWithKeyShare() {
        long root = insertCommitted(1, "v0");
        Transaction pin = fixture.beginRepeatableRead();
        HeapTuple seen = fetch(pin, root);
        long newest = updateCommitted(root, 1, "v1");
        newest = updateCommitted(newest, 1, "v2", false, false); // another root
        newest = updateCommitted(newest, 1, "v3");
        assertEquals(LinePointer.STATE_NORMAL, state(root));
        prune();
        assertEquals(LinePointer.STATE_ARCHIVED, state(root));

        fixture.heap.lock(pin, seen.tid(), seen.xmin(), RowLockMode.KEY_SHARE, result);
        assertEquals(ModifyResult.Status.DONE, result.status());

        Transaction deleter = fixture.begin();
        assertEquals(ModifyResult.Status.WAIT, fixture.delete(deleter, newest).status());
        assertEquals(
                ModifyResult.Status.DONE,
                fixture.update(deleter, newest, 1, "v4").status());
        fixture.transactions.abort(deleter);
        end(pin);
    }

    @Test
    void shouldTellAKeyShareLockerOfAKeyThatChangedInARemovedVersion() {
        long root = insertCommitted(1, "v0");
        Transaction pin = fixture.beginRepeatableRead();
        HeapTuple seen = fetch(pin, root);
        long second = updateCommitted(root, 1, "v1");
        prune();
        // an updater that had locked the row FOR UPDATE
        updateCommitted(second, 1, "v2", true, true);
        fixture.heap.prune(0); // a prune on write can't write it on the archived one
        fixture.heap.lock(pin, seen.tid(), seen.xmin(), RowLockMode.KEY_SHARE, result);
        assertEquals(ModifyResult.Status.UPDATED, result.status());
        prune();
        assertEquals(1, fixture.versions());
        assertEquals(LinePointer.STATE_REDIRECT, state(root));
        fixture.heap.lock(pin, seen.tid(), seen.xmin(), RowLockMode.KEY_SHARE, result);
        assertEquals(ModifyResult.Status.UPDATED, result.status());
        end(pin);
    }

    @Test
    void shouldCountNothingWhereTheArchiveRefusesWhatNeedsNoMoreRoom() {
        long root = insertCommitted(1, "v0");
        Transaction pin = fixture.beginRepeatableRead();
        long second = updateCommitted(root, 1, "v1");
        prune();
        updateCommitted(second, 1, "v2", true, true); // that a key changed has to be noted on the archived version
        refusing = true;
        PageOutcome outcome = prune();
        assertTrue(outcome.archiveRefused());
        assertFalse(outcome.changed());
        assertEquals(0, outcome.removed());
        assertEquals(2, fixture.versions());
        refusing = false;
        assertEquals(1, prune().removed());
        assertEquals(1, fixture.versions());
        end(pin);
    }

    @Test
    void shouldLeadArchivedLinksPastFreedRoots() {
        long root = insertCommitted(1, "v0");
        Transaction pin = fixture.beginRepeatableRead();
        HeapTuple seen = fetch(pin, root);
        long second = updateCommitted(root, 1, "v1", false, false);
        long third = updateCommitted(second, 1, "v2", false, false);
        prune();
        assertEquals(List.of(second), List.copyOf(dead.keySet()));
        fixture.heap.lock(pin, seen.tid(), seen.xmin(), RowLockMode.KEY_SHARE, result);
        assertEquals(ModifyResult.Status.DONE, result.status(), "over the dead root's body");
        Transaction deleter = fixture.begin();
        assertEquals(ModifyResult.Status.WAIT, fixture.delete(deleter, third).status());
        fixture.transactions.abort(deleter);
        assertTrue(vacuum.relink(0, new HeapVacuum.Links() {
            @Override
            public long follow(long target) {
                return target == second ? third : target;
            }

            @Override
            public boolean isKeyEnded(long target) {
                return false;
            }
        }));
        vacuum.free(0, new int[] {Tid.linePointer(second)}, 1, fixture.transactions.captureHorizon());
        long stranger = insertCommitted(2, "stranger");
        assertEquals(second, stranger);
        deleteCommitted(stranger);
        assertEquals(third, fetch(pin, root).ctid());
        fixture.heap.lock(pin, seen.tid(), seen.xmin(), RowLockMode.KEY_SHARE, result);
        assertEquals(ModifyResult.Status.DONE, result.status());
        end(pin);
    }

    @Test
    void shouldServeManyRowsOfAPage() {
        List<Long> roots = new ArrayList<>();
        for (int i = 0; i < 40; i++) {
            roots.add(insertCommitted(i, "v0-" + i));
        }
        Transaction first = fixture.beginRepeatableRead();
        List<Long> versions = new ArrayList<>(roots);
        for (int i = 0; i < 40; i += 2) {
            versions.set(i, updateCommitted(versions.get(i), i, "v1-" + i));
        }
        Transaction second = fixture.beginRepeatableRead();
        for (int i = 0; i < 40; i += 3) {
            versions.set(i, updateCommitted(versions.get(i), i, "v2-" + i));
        }
        List<String> seenByFirst = scan(first);
        List<String> seenBySecond = scan(second);
        int lines = fixture.versions();
        assertEquals(lines - 40, prune().archived());
        assertEquals(
                seenByFirst, scan(first).stream().map(v -> v.replace("*", "")).toList());
        assertEquals(
                seenBySecond, scan(second).stream().map(v -> v.replace("*", "")).toList());
        end(first);
        end(second);
        assertTrue(prune().allVisible());
    }
}
