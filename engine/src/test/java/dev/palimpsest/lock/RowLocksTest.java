package dev.palimpsest.lock;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.RowLockMode;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.scheduler.ThreadScheduler;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class RowLocksTest {
    private static final int T = 7;

    private final RowLocks locks = new RowLocks(new ThreadScheduler());
    private final RowLockConflict out = new RowLockConflict();
    private final Session a = new Session(1);
    private final Session b = new Session(2);
    private final Session c = new Session(3);

    private boolean lock(Session owner, int sub, int block, int line, RowLockMode mode) {
        return locks.lock(owner, sub, T, block, line, mode, out);
    }

    private RowLockMode held(Session owner, int block, int line) {
        return locks.heldBy(owner, T, block, line);
    }

    @Test
    void shouldGrantAndRefuseByPostgresTable() {
        String[] table = {"---X", "--XX", "-XXX", "XXXX"};
        for (RowLockMode first : RowLockMode.values()) {
            for (RowLockMode second : RowLockMode.values()) {
                assertTrue(lock(a, 0, 1, 5, first));
                boolean conflicts = table[first.ordinal()].charAt(second.ordinal()) == 'X';
                assertEquals(!conflicts, lock(b, 0, 1, 5, second), first + " then " + second);
                assertSame(conflicts ? a : null, out.holder());
                locks.ended(a);
                locks.ended(b);
            }
        }
        assertEquals(0, locks.usedBytes());
    }

    @Test
    void shouldKnowRowsApart() {
        lock(a, 0, 1, 5, RowLockMode.UPDATE);
        assertTrue(lock(b, 0, 1, 6, RowLockMode.UPDATE));
        assertTrue(lock(b, 0, 2, 5, RowLockMode.UPDATE));
        assertTrue(locks.lock(b, 0, T + 1, 1, 5, RowLockMode.UPDATE, out));
        assertFalse(lock(b, 0, 1, 5, RowLockMode.KEY_SHARE));
        for (int line : new int[] {64, 65, 128, 129, 2040}) {
            assertTrue(lock(a, 0, 1, line, RowLockMode.SHARE));
            assertTrue(lock(b, 0, 1, line, RowLockMode.SHARE));
            assertFalse(lock(c, 0, 1, line, RowLockMode.NO_KEY_UPDATE));
            assertTrue(lock(c, 0, 1, line == 2040 ? 2039 : line + 100, RowLockMode.UPDATE));
        }
    }

    @Test
    void shouldNotAskOthersForWhatIsHeldAlready() {
        lock(a, 0, 1, 5, RowLockMode.SHARE);
        lock(b, 0, 1, 5, RowLockMode.SHARE);
        assertTrue(lock(a, 3, 1, 5, RowLockMode.KEY_SHARE), "held by an earlier subtransaction");
        assertFalse(lock(a, 3, 1, 5, RowLockMode.NO_KEY_UPDATE));
        assertSame(b, out.holder());
        assertTrue(out.isAlreadyLocked(), "an upgrade");
        assertFalse(lock(c, 0, 1, 5, RowLockMode.NO_KEY_UPDATE));
        assertFalse(out.isAlreadyLocked());
    }

    @Test
    void shouldGoBackToTheWeakerLockWithItsSavepoint() {
        lock(a, 0, 1, 5, RowLockMode.KEY_SHARE);
        lock(a, 1, 1, 5, RowLockMode.SHARE);
        lock(a, 2, 1, 5, RowLockMode.NO_KEY_UPDATE);
        locks.rolledBackTo(a, 2);
        assertEquals(RowLockMode.SHARE, held(a, 1, 5));
        assertFalse(locks.conflict(b, T, 1, 5, RowLockMode.SHARE, out));
        assertTrue(locks.conflict(b, T, 1, 5, RowLockMode.NO_KEY_UPDATE, out));
        assertEquals(1, out.holderSub());
        locks.rolledBackTo(a, 1);
        assertEquals(RowLockMode.KEY_SHARE, held(a, 1, 5));
        assertFalse(locks.conflict(b, T, 1, 5, RowLockMode.NO_KEY_UPDATE, out));
        locks.ended(a);
        assertFalse(locks.isAnyLocked(RowLocks.counterOf(T)));
        assertEquals(0, locks.usedBytes());
    }

    @Test
    void shouldCarryTheLocksOfOthers() {
        lock(a, 0, 1, 5, RowLockMode.KEY_SHARE);
        lock(b, 2, 1, 5, RowLockMode.KEY_SHARE);
        lock(c, 0, 1, 5, RowLockMode.NO_KEY_UPDATE);
        locks.carry(c, T, 1, 5, 1, 6);
        locks.carry(c, T, 1, 6, 900, 1);
        assertEquals(RowLockMode.KEY_SHARE, held(a, 900, 1));
        assertEquals(RowLockMode.KEY_SHARE, held(b, 900, 1));
        assertNull(held(c, 900, 1), "its own new version needs none");
        locks.drop(T, 1, 5);
        locks.drop(T, 1, 6);
        locks.rolledBackTo(b, 2);
        assertNull(held(b, 900, 1), "carried ones go with their savepoint too");
        assertEquals(RowLockMode.KEY_SHARE, held(a, 900, 1));
        assertNull(held(a, 1, 5));
        locks.ended(a);
        locks.ended(b);
        locks.ended(c);
        assertNull(held(a, 900, 1));
        assertEquals(0, locks.usedBytes());
        assertFalse(locks.isAnyLocked(RowLocks.counterOf(T)));
    }

    @Test
    void shouldFailWholeAtTheLimit() {
        locks.limitBytes(3 * RowLockEntry.BYTES);
        for (int block = 1; block <= 3; block++) {
            assertTrue(lock(a, 0, block, 1, RowLockMode.SHARE));
            assertTrue(lock(a, 0, block, 2, RowLockMode.SHARE), "in an entry that is there");
        }
        StoppedException e = assertThrows(StoppedException.class, () -> lock(a, 0, 4, 1, RowLockMode.SHARE));
        assertEquals(SqlState.OUT_OF_MEMORY, e.sqlState());
        assertEquals("out of shared memory", e.getMessage());
        assertThrows(StoppedException.class, () -> lock(b, 0, 1, 1, RowLockMode.SHARE));
        assertThrows(StoppedException.class, () -> locks.carry(b, T, 1, 1, 4, 1));
        assertNull(held(a, 4, 1));
        locks.ended(a);
        assertTrue(lock(b, 0, 4, 1, RowLockMode.UPDATE));
        locks.ended(b);
        assertEquals(0, locks.usedBytes());
    }

    @Test
    void shouldAgreeWithAPlainModel() {
        for (long seed = 1; seed <= 40; seed++) {
            runAgainstModel(new Random(seed));
        }
    }

    private record Held(Session owner, int sub, int block, int line, RowLockMode mode) {}

    /** Random locks, carries, drops, rollbacks and ends, compared with a set. */
    private void runAgainstModel(Random random) {
        Session[] owners = {a, b, c};
        Map<Session, Integer> subs = new HashMap<>(Map.of(a, 0, b, 0, c, 0));
        Set<Held> model = new HashSet<>();
        for (int i = 0; i < 3000; i++) {
            Session owner = owners[random.nextInt(3)];
            int block = random.nextInt(12);
            int line = random.nextInt(3) == 0 ? 60 + random.nextInt(10) : 1 + random.nextInt(3);
            int sub = subs.get(owner);
            int action = random.nextInt(40);
            if (action < 24) {
                RowLockMode mode = RowLockMode.values()[random.nextInt(4)];
                boolean has = model.stream()
                        .anyMatch(h ->
                                h.owner == owner && h.block == block && h.line == line && h.mode.compareTo(mode) >= 0);
                boolean conflict = model.stream()
                        .anyMatch(h ->
                                h.owner != owner && h.block == block && h.line == line && h.mode.conflictsWith(mode));
                assertEquals(has || !conflict, lock(owner, sub, block, line, mode));
                if (!has && !conflict) {
                    model.add(new Held(owner, sub, block, line, mode));
                }
            } else if (action < 30) {
                int toBlock = random.nextInt(12);
                int toLine = 11 + random.nextInt(3);
                locks.drop(T, toBlock, toLine);
                model.removeIf(h -> h.block == toBlock && h.line == toLine);
                locks.carry(owner, T, block, line, toBlock, toLine);
                Set<Held> carried = new HashSet<>();
                for (Held h : model) {
                    if (h.owner != owner && h.block == block && h.line == line) {
                        carried.add(new Held(h.owner, h.sub, toBlock, toLine, h.mode));
                    }
                }
                model.addAll(carried);
            } else if (action < 34) {
                locks.drop(T, block, line);
                model.removeIf(h -> h.block == block && h.line == line);
            } else if (action < 36) {
                subs.put(owner, sub + 1);
            } else if (action < 39) {
                int from = 1 + random.nextInt(sub + 1);
                locks.rolledBackTo(owner, from);
                model.removeIf(h -> h.owner == owner && h.sub >= from);
                subs.put(owner, sub + 1);
            } else {
                locks.ended(owner);
                model.removeIf(h -> h.owner == owner);
                subs.put(owner, 0);
            }
        }
        for (Session owner : owners) {
            for (int block = 0; block < 12; block++) {
                for (int line = 1; line < 70; line++) {
                    RowLockMode strongest = null;
                    for (Held h : model) {
                        boolean here = h.owner == owner && h.block == block && h.line == line;
                        if (here && (strongest == null || h.mode.compareTo(strongest) > 0)) {
                            strongest = h.mode;
                        }
                    }
                    assertEquals(strongest, held(owner, block, line));
                }
            }
            locks.ended(owner);
        }
        assertEquals(0, locks.usedBytes());
        assertFalse(locks.isAnyLocked(RowLocks.counterOf(T)));
    }

    /** One carries while the other lets go, again and again: nothing stays behind. */
    @Test
    void shouldLeaveNothingWhenCarriedAtTheEnd() throws Exception {
        CyclicBarrier both = new CyclicBarrier(2);
        AtomicBoolean failed = new AtomicBoolean();
        int rounds = 3000;
        Thread updater = new Thread(() -> {
            try {
                for (int i = 0; i < rounds; i++) {
                    both.await();
                    for (int block = 1; block < 4; block++) {
                        locks.carry(b, T, block, 1, block + 1, 1);
                    }
                    both.await();
                }
            } catch (Exception e) {
                failed.set(true);
            }
        });
        updater.start();
        for (int i = 0; i < rounds; i++) {
            boolean rollback = i % 2 == 0;
            lock(a, 4, 1, 1, RowLockMode.KEY_SHARE);
            both.await();
            if (rollback) {
                locks.rolledBackTo(a, 3);
            } else {
                locks.ended(a);
            }
            both.await();
            for (int block = 1; block <= 4; block++) {
                assertNull(held(a, block, 1), "round " + i);
            }
        }
        updater.join();
        assertFalse(failed.get());
        assertEquals(0, locks.usedBytes());
    }
}
