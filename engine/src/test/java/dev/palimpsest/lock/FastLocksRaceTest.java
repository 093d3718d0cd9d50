package dev.palimpsest.lock;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.palimpsest.api.EngineException;
import dev.palimpsest.scheduler.ThreadScheduler;
import dev.palimpsest.wal.EnginePoison;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

/** Weak lockers on the fast path against strong ones, on real threads: nobody weak is ever in while somebody strong is. */
class FastLocksRaceTest {
    private static final int ROUNDS = 40_000;

    private final List<Session> sessions = new ArrayList<>();
    private final LockTable table =
            new LockTable(new ThreadScheduler(), new EnginePoison(), action -> sessions.forEach(action));
    private final AtomicInteger weakInside = new AtomicInteger();
    private final AtomicInteger strongInside = new AtomicInteger();
    private final AtomicInteger violations = new AtomicInteger();

    @Test
    void shouldNeverAdmitWeakAndStrongTogether() throws Exception {
        for (int i = 0; i < 5; i++) {
            sessions.add(new Session(i));
        }
        List<CompletableFuture<EngineException>> results = new ArrayList<>();
        for (int i = 0; i < 3; i++) {
            Session session = sessions.get(i);
            results.add(session.async(() -> weak(session)));
        }
        for (int i = 3; i < 5; i++) { // two: the second meets entries that were made under the first
            Session session = sessions.get(i);
            results.add(session.async(() -> strong(session)));
        }
        for (CompletableFuture<EngineException> result : results) {
            assertEquals(null, result.get(120, TimeUnit.SECONDS));
        }
        assertEquals(0, violations.get());
        assertEquals(List.of(), table.entries());
    }

    private void weak(Session session) {
        for (int i = 0; i < ROUNDS; i++) {
            table.lockRelation(session, 9, LockMode.ACCESS_SHARE, "t");
            weakInside.incrementAndGet();
            if ((i & 1) == 0) {
                table.lockRelation(session, 9, LockMode.ROW_EXCLUSIVE, "t"); // a second mode of the same entry
            }
            if (strongInside.get() != 0) {
                violations.incrementAndGet();
            }
            weakInside.decrementAndGet();
            table.releaseAll(session);
        }
    }

    private void strong(Session session) {
        for (int i = 0; i < ROUNDS / 8; i++) {
            table.lockRelation(session, 9, LockMode.ACCESS_EXCLUSIVE, "t");
            strongInside.incrementAndGet();
            if (weakInside.get() != 0 || strongInside.get() != 1) {
                violations.incrementAndGet();
            }
            strongInside.decrementAndGet();
            table.releaseAll(session);
        }
    }
}
