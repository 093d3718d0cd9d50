package dev.palimpsest.heap;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.palimpsest.heap.ModifyResult.Status;
import dev.palimpsest.id.Tid;
import dev.palimpsest.tx.Transaction;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Random transactions, one operation at a time, against an obviously right model of snapshot isolation: a snapshot is a copy of the map of
 * all committed rows, a transaction's writes are laid over it. Pages are small for the values, so pruning and moves are constant.
 */
class HeapModelTest {
    private static final int SESSIONS = 6;
    private static final int ROWS = 40;
    private static final int STEPS = 4000;

    private static final class Session {
        Transaction tx;
        Map<Long, String> snapshot;
        final Map<Long, String> written = new HashMap<>();
    }

    private final TreeMap<Long, String> committed = new TreeMap<>();

    /** Rows by id: where the index would point; a row that moves to another page gets one more root. */
    private final Map<Long, List<Long>> roots = new HashMap<>();

    private final Map<Long, Session> lockedBy = new HashMap<>();
    private HeapFixture fixture;
    private Random random;

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10})
    void shouldAgreeWithTheModel(long seed) {
        random = new Random(seed);
        fixture = new HeapFixture(64);
        try {
            List<Session> sessions = new ArrayList<>();
            for (int i = 0; i < SESSIONS; i++) {
                sessions.add(new Session());
            }
            for (int step = 0; step < STEPS; step++) {
                Session session = sessions.get(random.nextInt(SESSIONS));
                try {
                    step(session);
                } catch (RuntimeException | AssertionError e) {
                    throw new AssertionError("seed=" + seed + " step=" + step, e);
                }
            }
        } finally {
            fixture.close();
        }
    }

    private void step(Session session) {
        if (session.tx == null) {
            session.tx = fixture.beginRepeatableRead();
            session.snapshot = new HashMap<>(committed);
            session.written.clear();
            return;
        }
        int choice = random.nextInt(20);
        if (choice < 2) {
            end(session, choice == 0);
        } else if (choice < 5) {
            checkScan(session);
        } else if (choice == 5) {
            fixture.heap.prune(random.nextInt(Math.max(1, fixture.heap.blockCount())));
        } else {
            write(session, random.nextInt(ROWS), choice == 6);
        }
    }

    private void end(Session session, boolean abort) {
        if (abort) {
            fixture.transactions.abort(session.tx);
        } else {
            fixture.commit(session.tx);
            session.written.forEach((id, value) -> {
                if (value == null) {
                    committed.remove(id);
                } else {
                    committed.put(id, value);
                }
            });
        }
        lockedBy.values().removeIf(holder -> holder == session);
        session.tx = null;
    }

    private static String seen(Session session, long id) {
        return session.written.containsKey(id) ? session.written.get(id) : session.snapshot.get(id);
    }

    private void write(Session session, long id, boolean delete) {
        String current = seen(session, id);
        String value = "r" + id + "-" + random.nextInt() + "y".repeat(random.nextInt(400));
        if (current == null) {
            boolean free = committed.get(id) == null && !lockedBy.containsKey(id);
            if (free || session.written.containsKey(id)) {
                long root = fixture.insert(session.tx, id, value);
                roots.computeIfAbsent(id, k -> new ArrayList<>()).add(root);
                session.written.put(id, value);
                lockedBy.put(id, session);
            }
            return;
        }
        HeapTuple visible = find(session, id);
        ModifyResult result = delete
                ? fixture.delete(session.tx, visible.tid())
                : fixture.update(session.tx, visible.tid(), id, value);
        Session holder = lockedBy.get(id);
        if (holder != session && !current.equals(committed.get(id))) {
            boolean endedByOther = result.status() == Status.UPDATED || result.status() == Status.DELETED;
            assertEquals(true, endedByOther, "first updater wins, got " + result.status());
        } else if (holder != null && holder != session) {
            assertEquals(Status.WAIT, result.status());
            assertEquals(holder.tx.xid(), result.xid());
        } else {
            assertEquals(Status.DONE, result.status());
            session.written.put(id, delete ? null : value);
            lockedBy.put(id, session);
            if (!delete && !result.isHot()) {
                roots.get(id).add(result.nextTid());
            }
        }
    }

    private HeapTuple find(Session session, long id) {
        HeapTuple out = new HeapTuple();
        HeapTuple found = null;
        for (long root : roots.get(id)) {
            if (fixture.heap.fetch(root, session.tx.beginStatement(), out) && HeapFixture.id(out.bytes()) == id) {
                assertEquals(null, found, "two roots lead to a visible version");
                found = out;
                out = new HeapTuple();
            }
        }
        assertEquals(seen(session, id), found == null ? null : HeapFixture.value(found.bytes()));
        return found;
    }

    private void checkScan(Session session) {
        Map<Long, String> expected = new TreeMap<>(session.snapshot);
        session.written.forEach((id, value) -> {
            if (value == null) {
                expected.remove(id);
            } else {
                expected.put(id, value);
            }
        });
        Map<Long, String> actual = new TreeMap<>();
        HeapTuple tuple = new HeapTuple();
        for (HeapScan scan = fixture.heap.scan(session.tx.beginStatement()); scan.next(tuple); ) {
            String before = actual.put(HeapFixture.id(tuple.bytes()), HeapFixture.value(tuple.bytes()));
            assertEquals(null, before, "one row twice, at " + Tid.toString(tuple.tid()));
        }
        assertEquals(expected, actual);
    }
}
