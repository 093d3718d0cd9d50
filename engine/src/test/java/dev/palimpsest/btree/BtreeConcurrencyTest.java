package dev.palimpsest.btree;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.id.Tid;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Real threads on one tree; a pool too small for it makes them share frames too. */
class BtreeConcurrencyTest {
    private static final int WRITERS = 4;
    private static final int KEYS = 8_000;

    private static void runAll(List<Callable<Void>> tasks) throws Exception {
        ExecutorService threads = Executors.newFixedThreadPool(tasks.size());
        try {
            List<Future<Void>> running = new ArrayList<>();
            for (Callable<Void> task : tasks) {
                running.add(threads.submit(task));
            }
            for (Future<Void> each : running) {
                each.get();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1000, 32})
    void shouldNeitherLoseNorRepeatEntriesWhilePagesSplit(int frames) throws Exception {
        try (BtreeFixture fixture = new BtreeFixture(frames)) {
            AtomicIntegerArray inserted = new AtomicIntegerArray(WRITERS);
            AtomicInteger writing = new AtomicInteger(WRITERS);
            List<Callable<Void>> tasks = new ArrayList<>();
            for (int w = 0; w < WRITERS; w++) {
                int writer = w;
                tasks.add(() -> insertOwnKeys(fixture, writer, inserted, writing));
            }
            tasks.add(() -> lookUpWhatIsIn(fixture, inserted, writing));
            tasks.add(() -> scanWhatIsIn(fixture, false, inserted, writing));
            tasks.add(() -> scanWhatIsIn(fixture, true, inserted, writing));
            runAll(tasks);
            AtomicInteger entries = new AtomicInteger();
            assertEquals(
                    List.of(), BtreeVerifier.verify(fixture.tree, (key, length, tid) -> entries.incrementAndGet()));
            assertEquals(WRITERS * KEYS, entries.get());
        }
    }

    /** Writer w's i-th key; all writers' keys are mixed over the whole range. */
    private static long key(int writer, int i) {
        return Integer.toUnsignedLong(Integer.reverse(i * WRITERS + writer) * 0x9E3779B1);
    }

    private static Void insertOwnKeys(
            BtreeFixture fixture, int writer, AtomicIntegerArray inserted, AtomicInteger writing) {
        BtreeWriter own = new BtreeWriter();
        try {
            for (int i = 0; i < KEYS; i++) {
                own.insert(fixture.tree, BtreeFixture.key(key(writer, i)), 8, Tid.of(i, writer), 3);
                inserted.set(writer, i + 1);
            }
        } finally {
            writing.decrementAndGet();
        }
        return null;
    }

    private static Void lookUpWhatIsIn(BtreeFixture fixture, AtomicIntegerArray inserted, AtomicInteger writing) {
        BtreeCursor cursor = new BtreeCursor();
        Random random = new Random(1);
        while (writing.get() > 0) {
            int writer = random.nextInt(WRITERS);
            int count = inserted.get(writer);
            if (count > 0) {
                int i = random.nextInt(count);
                assertEquals(Tid.of(i, writer), cursor.findFirst(fixture.tree, BtreeFixture.key(key(writer, i)), 8));
                assertEquals(Tid.NONE, cursor.next());
            }
        }
        return null;
    }

    private static Void scanWhatIsIn(
            BtreeFixture fixture, boolean backward, AtomicIntegerArray inserted, AtomicInteger writing) {
        BtreeScan scan = new BtreeScan();
        byte[] key = new byte[8];
        while (writing.get() > 0) {
            int before = 0;
            for (int w = 0; w < WRITERS; w++) {
                before += inserted.get(w);
            }
            scan.open(fixture.tree, null, true, null, true, backward);
            int seen = 0;
            byte[] last = null;
            while (scan.next()) {
                scan.copyKey(key, 0);
                if (last != null) {
                    int order = Arrays.compareUnsigned(last, key);
                    assertTrue(backward ? order > 0 : order < 0, "repeated or out of order");
                }
                last = key.clone();
                seen++;
            }
            assertTrue(seen >= before, "seen=" + seen + " inserted before the scan=" + before);
        }
        return null;
    }

    @Test
    void shouldLetOnlyOneOfManyInsertAUniqueKey() throws Exception {
        try (BtreeFixture fixture = new BtreeFixture(1000)) {
            int keys = 3_000;
            AtomicInteger won = new AtomicInteger();
            List<Callable<Void>> tasks = new ArrayList<>();
            for (int w = 0; w < WRITERS; w++) {
                int writer = w;
                tasks.add(() -> {
                    BtreeWriter own = new BtreeWriter();
                    for (int i = 0; i < keys; i++) {
                        byte[] key = BtreeFixture.key(i * 7919L % keys);
                        long answer = own.insertUnique(
                                fixture.tree, key, 8, Tid.of(i, writer), 3, tid -> LiveTupleCheck.CONFLICT);
                        if (answer == BtreeWriter.INSERTED) {
                            won.incrementAndGet();
                        }
                    }
                    return null;
                });
            }
            runAll(tasks);
            assertEquals(keys, won.get());
            fixture.verify();
        }
    }

    @Test
    void shouldLetReadersThroughWhileOneKeyChangesAllTheTime() throws Exception {
        try (BtreeFixture fixture = new BtreeFixture(100)) {
            byte[] key = BtreeFixture.key(1);
            fixture.writer.insert(fixture.tree, key, 8, 5, 3);
            AtomicBoolean done = new AtomicBoolean();
            runAll(List.of(
                    () -> {
                        BtreeWriter own = new BtreeWriter();
                        while (!done.get()) {
                            own.insert(fixture.tree, key, 8, 9, 3);
                            assertTrue(own.remove(fixture.tree, key, 8, 9, 3));
                        }
                        return null;
                    },
                    () -> {
                        try {
                            BtreeCursor cursor = new BtreeCursor();
                            for (int i = 0; i < 20_000; i++) {
                                assertEquals(5, cursor.findFirst(fixture.tree, key, 8));
                            }
                        } finally {
                            done.set(true);
                        }
                        return null;
                    }));
            fixture.verify();
        }
    }
}
