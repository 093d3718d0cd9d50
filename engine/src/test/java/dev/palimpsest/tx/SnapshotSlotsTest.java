package dev.palimpsest.tx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import dev.palimpsest.api.IsolationLevel;
import dev.palimpsest.scheduler.ThreadScheduler;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class SnapshotSlotsTest {
    @Test
    void shouldGrowAndUseCellsAgain() {
        SnapshotSlots slots = new SnapshotSlots(new ThreadScheduler(), new PublishedCsn(8));
        for (int round = 0; round < 3; round++) {
            Set<SnapshotSlot> taken = new HashSet<>();
            for (int i = 0; i < 5000; i++) {
                assertTrue(taken.add(slots.take(null, null, SnapshotKind.POINT, 0)), "nobody else's");
            }
            assertTrue(slots.capture().needed(8, 9, 1));
            taken.forEach(SnapshotSlot::release);
        }
        assertEquals(8, slots.capture().oldest());
        assertFalse(slots.capture().separates(0, 100));
    }

    /**
     * Publication, takers and reclaimers on real threads: what a capture allows to drop is never visible to a snapshot that is live, or
     * taken later. A version's end e is dropped by writing {@code dropped = e} for all e that the horizon doesn't need.
     */
    @Test
    void shouldNeverDropWhatASnapshotSees() {
        PublishedCsn published = new PublishedCsn(8);
        SnapshotSlots slots = new SnapshotSlots(new ThreadScheduler(), published);
        // version k begins at k and ends at k + 1; dropped[k] says that it was reclaimed
        int versions = 60_000;
        AtomicBoolean[] dropped = new AtomicBoolean[versions + 16];
        for (int i = 0; i < dropped.length; i++) {
            dropped[i] = new AtomicBoolean();
        }
        AtomicBoolean stop = new AtomicBoolean();
        AtomicInteger lost = new AtomicInteger();
        AtomicInteger reclaimed = new AtomicInteger(8);
        List<CompletableFuture<Throwable>> threads = new ArrayList<>();
        for (int t = 0; t < 2; t++) {
            threads.add(TransactionFixture.async(() -> {
                SnapshotSlot slot = null;
                while (!stop.get()) {
                    slot = slots.take(slot, null, SnapshotKind.POINT, 0);
                    int seen = (int) SnapshotSlots.csn(slot);
                    for (int i = 0; i < 20; i++) {
                        if (dropped[seen].get()) {
                            lost.incrementAndGet();
                        }
                    }
                    slot.release();
                }
            }));
        }
        threads.add(TransactionFixture.async(() -> {
            while (!stop.get()) {
                Horizon horizon = slots.capture();
                int next = reclaimed.get();
                while (next + 1 <= horizon.published() && !horizon.needed(next, next + 1, 1)) {
                    dropped[next++].set(true);
                }
                reclaimed.set(next);
            }
        }));
        long end = System.nanoTime() + 1_000_000_000L;
        for (long csn = 9; csn < versions && System.nanoTime() < end; csn++) {
            published.advance(csn);
            while (csn - reclaimed.get() > 300 && System.nanoTime() < end) {
                Thread.yield(); // the reclaimer waits for the takers, and all stay close together
            }
        }
        stop.set(true);
        threads.forEach(thread -> assertEquals(null, TransactionFixture.end(thread)));
        assertEquals(0, lost.get());
        assertTrue(reclaimed.get() > 300, "the reclaimer kept up");
    }

    @Test
    void shouldAllocateNothingForAReadersTransaction() {
        TransactionFixture fixture = new TransactionFixture();
        TransactionManager manager = fixture.manager;
        Transaction t = null;
        for (int i = 0; i < 20_000; i++) {
            t = read(manager, t);
        }
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < 10_000; i++) {
            t = read(manager, t);
        }
        long bytes = threads.getCurrentThreadAllocatedBytes() - before;
        assertTrue(bytes < 10_000, "allocated " + bytes + " bytes in 10,000 transactions");
    }

    private static Transaction read(TransactionManager manager, Transaction last) {
        Transaction t = manager.begin(last, IsolationLevel.READ_COMMITTED, true);
        manager.locks().lockRelation(t, 5, dev.palimpsest.lock.LockMode.ACCESS_SHARE, "t");
        t.beginStatement();
        t.endStatement();
        manager.commit(t, true);
        return t;
    }
}
