package dev.palimpsest.lock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.RowLockMode;
import dev.palimpsest.scheduler.ThreadScheduler;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import org.junit.jupiter.api.Test;

/** Ten million rows locked by one transaction, with as many rows on a page as the benchmark's table has. */
class RowLockMemoryTest {
    private static final int ROWS_A_PAGE = 55;
    private static final int PAGES = 10_000_000 / ROWS_A_PAGE + 1;

    @Test
    void shouldLockTenMillionRowsIn64Megabytes() {
        RowLocks locks = new RowLocks(new ThreadScheduler());
        RowLockConflict out = new RowLockConflict();
        Session owner = new Session(1);
        long before = usedHeap();
        for (int block = 0; block < PAGES; block++) {
            for (int line = 1; line <= ROWS_A_PAGE; line++) {
                assertTrue(locks.lock(owner, 0, 7, block, line, RowLockMode.UPDATE, out));
            }
        }
        long counted = locks.usedBytes();
        long measured = usedHeap() - before;
        assertTrue(counted <= 64L << 20, "counted " + counted);
        assertTrue(measured <= 64L << 20, "measured " + measured);
        assertTrue(measured <= counted + (1 << 20), "more is used than counted: " + measured + " of " + counted);
        assertEquals(RowLockMode.UPDATE, locks.heldBy(owner, 7, PAGES - 1, ROWS_A_PAGE));
        locks.ended(owner);
        assertEquals(0, locks.usedBytes());
    }

    private static long usedHeap() {
        for (int i = 0; i < 3; i++) {
            System.gc();
        }
        long used = 0;
        for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans()) {
            used += pool.getType() == java.lang.management.MemoryType.HEAP
                    ? pool.getUsage().getUsed()
                    : 0;
        }
        return used;
    }
}
