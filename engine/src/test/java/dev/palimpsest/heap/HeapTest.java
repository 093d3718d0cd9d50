package dev.palimpsest.heap;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.heap.ModifyResult.Status;
import dev.palimpsest.id.Tid;
import dev.palimpsest.tx.Transaction;
import java.io.ByteArrayInputStream;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** The heap's operations one by one: HOT, prune, conflicts, big values. */
class HeapTest {
    private static final String LONG_VALUE = "x".repeat(300);

    private final HeapFixture fixture = new HeapFixture(256);

    @AfterEach
    void close() {
        fixture.close();
    }

    private long committedRow(String value) {
        Transaction tx = fixture.begin();
        long root = fixture.insert(tx, 1, value);
        fixture.commit(tx);
        return root;
    }

    private void updateCommitted(long root, String value) {
        Transaction tx = fixture.begin();
        ModifyResult result = fixture.update(tx, fixture.place(tx, root), 1, value);
        assertEquals(Status.DONE, result.status());
        fixture.commit(tx);
    }

    @Test
    void shouldShowEachSnapshotItsVersion() {
        long root = committedRow("v0");
        List<Transaction> readers = new ArrayList<>();
        for (int i = 1; i <= 5; i++) {
            readers.add(fixture.beginRepeatableRead());
            updateCommitted(root, "v" + i);
        }
        for (int i = 0; i < 5; i++) {
            assertEquals("v" + i, fixture.read(readers.get(i), root));
        }
        assertEquals("v5", fixture.read(fixture.begin(), root));
    }

    @Test
    void shouldNotShowUncommittedOrRolledBackVersions() {
        long root = committedRow("before");
        Transaction writer = fixture.begin();
        fixture.update(writer, root, 1, "after");
        assertEquals("after", fixture.read(writer, root));
        assertEquals("before", fixture.read(fixture.begin(), root));
        fixture.transactions.abort(writer);
        assertEquals("before", fixture.read(fixture.begin(), root));
        updateCommitted(root, "again");
        assertEquals("again", fixture.read(fixture.begin(), root));
    }

    @Test
    void shouldKeepAtMostOneVersionForEachSnapshotOfAHotRow() {
        long root = committedRow(LONG_VALUE);
        List<Transaction> readers = new ArrayList<>();
        for (int i = 0; i < 2000; i++) {
            if (i % 500 == 250) {
                readers.add(fixture.beginRepeatableRead());
            }
            updateCommitted(root, LONG_VALUE + i);
        }
        assertTrue(fixture.counters.hotUpdates.sum() == 2000, "every update stayed on the page");
        assertTrue(fixture.heap.prune(Tid.block(root)), "the last versions could be pruned");
        assertEquals(readers.size() + 1, fixture.versions());
        for (int i = 0; i < readers.size(); i++) {
            assertEquals(LONG_VALUE + (500 * i + 249), fixture.read(readers.get(i), root));
        }
        assertEquals(LONG_VALUE + 1999, fixture.read(fixture.begin(), root));
        readers.forEach(fixture.transactions::abort);
        assertTrue(fixture.heap.prune(Tid.block(root)));
        assertEquals(1, fixture.versions());
    }

    @Test
    void shouldKeepTheKeysOfADeadChain() {
        long root = committedRow("only");
        updateCommitted(root, "next");
        Transaction tx = fixture.begin();
        assertEquals(Status.DONE, fixture.delete(tx, fixture.place(tx, root)).status());
        fixture.commit(tx);
        fixture.heap.prune(Tid.block(root));
        assertNull(fixture.read(fixture.begin(), root));
        assertEquals(1, fixture.versions(), "one body stays for its index entries");
    }

    @Test
    void shouldRemoveRolledBackVersionsAndTheLinkToThem() {
        long root = committedRow("kept");
        Transaction tx = fixture.begin();
        fixture.update(tx, root, 1, "rolled back");
        fixture.transactions.abort(tx);
        assertTrue(fixture.heap.prune(Tid.block(root)));
        assertEquals(1, fixture.versions());
        long other = committedRow("uses the freed line pointer");
        assertNotEquals(Tid.linePointer(root), Tid.linePointer(other));
        assertEquals("kept", fixture.read(fixture.begin(), root));
    }

    @Test
    void shouldReportConflictsInsteadOfWaiting() {
        long root = committedRow("v");
        Transaction first = fixture.begin();
        assertEquals(Status.DONE, fixture.update(first, root, 1, "first").status());
        Transaction second = fixture.begin();
        ModifyResult result = fixture.update(second, root, 1, "second");
        assertEquals(Status.WAIT, result.status());
        assertEquals(first.xid(), result.xid());
        fixture.commit(first);
        result = fixture.update(second, root, 1, "second");
        assertEquals(Status.UPDATED, result.status());
        assertEquals(fixture.place(second, root), result.nextTid());
        assertEquals(Status.DONE, fixture.delete(second, result.nextTid()).status());
        assertEquals(
                Status.OWN_LATER,
                fixture.delete(second, fixture.place(fixture.begin(), root)).status());
        fixture.commit(second);
        assertEquals(
                Status.DELETED,
                fixture.update(fixture.begin(), Tid.of(0, 2), 1, "late").status());
    }

    @Test
    void shouldTellUniqueChecksWhatIsLive() {
        long root = committedRow("v");
        Transaction asker = fixture.begin();
        assertEquals(Heap.CONFLICT, fixture.heap.checkLive(root, asker));
        Transaction writer = fixture.begin();
        fixture.delete(writer, root);
        assertEquals(writer.xid(), fixture.heap.checkLive(root, asker));
        assertEquals(Heap.NO_CONFLICT, fixture.heap.checkLive(root, writer));
        fixture.commit(writer);
        assertEquals(Heap.NO_CONFLICT, fixture.heap.checkLive(root, asker));
        long inserted = fixture.insert(writer = fixture.begin(), 2, "w");
        assertEquals(writer.xid(), fixture.heap.checkLive(inserted, asker));
        assertEquals(Heap.CONFLICT, fixture.heap.checkLive(inserted, writer));
        fixture.transactions.abort(writer);
        assertEquals(Heap.NO_CONFLICT, fixture.heap.checkLive(inserted, asker));
    }

    @Test
    void shouldHideAKilledRowFromEverybody() {
        Transaction tx = fixture.begin();
        long killed = fixture.insert(tx, 1, "killed");
        long kept = fixture.insert(tx, 2, "kept");
        assertEquals("killed", fixture.read(tx, killed));
        assertEquals(Heap.CONFLICT, fixture.heap.checkLive(killed, tx));
        Transaction other = fixture.begin();
        assertEquals(tx.xid(), fixture.heap.checkLive(killed, other));
        fixture.heap.kill(tx, killed);
        assertNull(fixture.read(tx, killed));
        assertEquals(Heap.NO_CONFLICT, fixture.heap.checkLive(killed, tx));
        assertEquals(Heap.NO_CONFLICT, fixture.heap.checkLive(killed, other), "nobody waits for it");
        fixture.commit(tx);
        assertNull(fixture.read(fixture.begin(), killed));
        assertEquals(Heap.NO_CONFLICT, fixture.heap.checkLive(killed, fixture.begin()));
        assertEquals("kept", fixture.read(fixture.begin(), kept));
        fixture.heap.prune(0);
        assertNull(fixture.read(fixture.begin(), killed));
        assertEquals(2, fixture.versions(), "its body keeps the key");
    }

    @Test
    void shouldMoveToAnotherPageWhenItsOwnIsFull() {
        List<Long> roots = new ArrayList<>();
        Transaction tx = fixture.begin();
        for (int i = 0; i < 100; i++) {
            roots.add(fixture.insert(tx, i, LONG_VALUE + i));
        }
        fixture.commit(tx);
        Transaction reader = fixture.beginRepeatableRead();
        tx = fixture.begin();
        for (int i = 0; i < 100; i++) {
            assertEquals(
                    Status.DONE,
                    fixture.update(tx, roots.get(i), i, LONG_VALUE + LONG_VALUE + i)
                            .status());
        }
        fixture.commit(tx);
        for (int i = 0; i < 100; i++) {
            assertEquals(LONG_VALUE + i, fixture.read(reader, roots.get(i)));
        }
        int[] seen = new int[1];
        HeapTuple tuple = new HeapTuple();
        Transaction last = fixture.begin();
        for (HeapScan scan = fixture.heap.scan(last.beginStatement()); scan.next(tuple); seen[0]++) {
            assertEquals(
                    2 * LONG_VALUE.length(), HeapFixture.value(tuple.bytes()).lastIndexOf('x') + 1);
        }
        assertEquals(100, seen[0]);
    }

    @Test
    void shouldStreamBigValues() throws Exception {
        byte[] value = new byte[3_000_000];
        new Random(1).nextBytes(value);
        var values = fixture.heap.bigValues().writer(fixture.begin());
        var stored = values.write(new ByteArrayInputStream(value));
        assertEquals(value.length, stored.lengthBytes());
        var empty = values.write(new ByteArrayInputStream(new byte[0]));
        assertEquals(0, empty.lengthBytes());
        try (InputStream in = fixture.heap.bigValues().open(stored.firstBlock(), stored.lengthBytes())) {
            assertArrayEquals(value, in.readAllBytes());
        }
        try (InputStream in = fixture.heap.bigValues().open(empty.firstBlock(), 0)) {
            assertEquals(-1, in.read());
        }
    }

    @Test
    void shouldFindRoomAgainAfterRestartOfTheTargets() {
        for (int i = 0; i < 200; i++) {
            committedRow(LONG_VALUE);
        }
        int blocks = fixture.heap.blockCount();
        assertTrue(blocks < 12, "rows share pages, blocks=" + blocks);
        assertFalse(fixture.heap.prune(0), "nothing dead");
    }
}
