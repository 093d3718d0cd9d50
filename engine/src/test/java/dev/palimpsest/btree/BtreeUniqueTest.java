package dev.palimpsest.btree;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.palimpsest.id.Tid;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** Unique checks: dead, live and undecided rows behind equal entries, over more than one page too. */
class BtreeUniqueTest {
    private static final long XID = 3;

    @Test
    void shouldAskAboutEveryEqualEntryOnAllTheirPages() {
        try (BtreeFixture fixture = new BtreeFixture(500)) {
            byte[] key = BtreeFixture.key(5);
            int dead = 3_000;
            for (int i = 0; i < dead; i++) {
                Set<Long> asked = new HashSet<>();
                long answer = fixture.writer.insertUnique(fixture.tree, key, 8, Tid.of(i, 1), XID, tid -> {
                    asked.add(tid);
                    return LiveTupleCheck.NO_CONFLICT;
                });
                assertEquals(BtreeWriter.INSERTED, answer);
                assertEquals(i, asked.size());
            }
            fixture.verify();
            long live = Tid.of(dead - 1, 1);
            long answer = fixture.writer.insertUnique(
                    fixture.tree, key, 8, Tid.of(9999, 1), XID, tid -> tid == live ? LiveTupleCheck.CONFLICT : 0);
            assertEquals(BtreeWriter.CONFLICT, answer);
            assertEquals(live, fixture.writer.conflictTid());
            answer = fixture.writer.insertUnique(
                    fixture.tree, key, 8, Tid.of(9999, 1), XID, tid -> tid == live ? 77 : 0);
            assertEquals(77, answer);
            assertEquals(
                    BtreeWriter.INSERTED,
                    fixture.writer.insertUnique(fixture.tree, key, 8, Tid.of(9999, 1), XID, tid -> 0));
            // a low tid goes to the first of the pages while the check goes over all of them
            assertEquals(
                    BtreeWriter.INSERTED,
                    fixture.writer.insertUnique(fixture.tree, key, 8, Tid.of(0, 0), XID, tid -> 0));
            fixture.verify();
        }
    }

    @Test
    void shouldStopABatchAtTheFirstConflictAndGoOnFromThere() {
        try (BtreeFixture fixture = new BtreeFixture(500)) {
            BtreeBatch batch = new BtreeBatch();
            for (int i = 999; i >= 0; i--) {
                batch.add(BtreeFixture.key(i * 2L), 8, Tid.of(i, 1));
            }
            batch.sort();
            assertEquals(1000, fixture.writer.insertBatch(fixture.tree, batch, 0, XID, tid -> LiveTupleCheck.CONFLICT));
            batch.clear();
            for (int i = 0; i < 1000; i++) {
                batch.add(BtreeFixture.key(i < 700 ? i * 2L + 1 : i * 2L), 8, Tid.of(i, 2));
            }
            batch.sort();
            assertEquals(700, fixture.writer.insertBatch(fixture.tree, batch, 0, XID, tid -> LiveTupleCheck.CONFLICT));
            assertEquals(BtreeWriter.CONFLICT, fixture.writer.verdict());
            assertEquals(Tid.of(700, 1), fixture.writer.conflictTid());
            assertEquals(
                    701,
                    fixture.writer.insertBatch(fixture.tree, batch, 700, XID, tid -> tid == Tid.of(700, 1) ? 0 : 88));
            assertEquals(88, fixture.writer.verdict());
            fixture.verify();
        }
    }

    @Test
    void shouldFindDuplicatesWithinABatch() {
        try (BtreeFixture fixture = new BtreeFixture(500)) {
            BtreeBatch batch = new BtreeBatch();
            batch.add(BtreeFixture.key(1), 8, Tid.of(1, 1));
            batch.add(BtreeFixture.key(2), 8, Tid.of(2, 1));
            batch.add(BtreeFixture.key(2), 8, Tid.of(3, 1));
            assertEquals(2, fixture.writer.insertBatch(fixture.tree, batch, 0, XID, tid -> LiveTupleCheck.CONFLICT));
            assertEquals(Tid.of(2, 1), fixture.writer.conflictTid());
        }
    }

    /** At every place of a page: the check must not be left out where a page is begun with a whole run of entries. */
    @Test
    void shouldFindDuplicatesOfEveryKeyOfAnAscendingBatch() {
        try (BtreeFixture fixture = new BtreeFixture(500)) {
            BtreeBatch batch = new BtreeBatch();
            for (int i = 0; i < 3000; i++) {
                batch.add(BtreeFixture.key(i), 8, Tid.of(i, 1));
                batch.add(BtreeFixture.key(i), 8, Tid.of(i, 2));
            }
            batch.sort();
            for (int i = 0; i < 3000; i++) {
                // the first of the two conflicts with nobody, the second with the first, until that is dead
                assertEquals(
                        2 * i + 1,
                        fixture.writer.insertBatch(fixture.tree, batch, 2 * i, XID, tid -> LiveTupleCheck.CONFLICT));
                assertEquals(Tid.of(i, 1), fixture.writer.conflictTid());
                assertEquals(
                        BtreeWriter.INSERTED,
                        fixture.writer.insertUnique(fixture.tree, BtreeFixture.key(i), 8, Tid.of(i, 2), XID, tid -> 0));
            }
            fixture.verify();
        }
        try (BtreeFixture fixture = new BtreeFixture(500)) {
            BtreeBatch batch = new BtreeBatch();
            for (int i = 0; i < 3000; i++) {
                batch.add(BtreeFixture.key(i / 2), 8, Tid.of(i, 1));
            }
            batch.sort();
            int[] asked = {0};
            assertEquals(3000, fixture.writer.insertBatch(fixture.tree, batch, 0, XID, tid -> {
                asked[0]++;
                return 0;
            }));
            assertEquals(1500, asked[0]);
            fixture.verify();
        }
    }

    @Test
    void shouldCheckTheLastEntryWhenABatchGoesOnBehindIt() {
        try (BtreeFixture fixture = new BtreeFixture(500)) {
            BtreeBatch batch = new BtreeBatch();
            for (int round = 0; round < 2000; round++) {
                batch.clear();
                for (int i = 0; i < 5; i++) {
                    batch.add(BtreeFixture.key(round * 4 + i), 8, Tid.of(round, i + 1));
                }
                batch.sort();
                long last = Tid.of(round - 1, 5);
                int done = fixture.writer.insertBatch(fixture.tree, batch, 0, XID, tid -> LiveTupleCheck.CONFLICT);
                if (round > 0) {
                    assertEquals(0, done);
                    assertEquals(last, fixture.writer.conflictTid());
                    done = fixture.writer.insertBatch(fixture.tree, batch, 0, XID, tid -> tid == last ? 0 : -1);
                }
                assertEquals(5, done);
            }
            fixture.verify();
        }
    }
}
