package dev.palimpsest.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.sim.SeededScheduler;
import dev.palimpsest.sim.Seeds;
import dev.palimpsest.sim.SimulatedDisk;
import dev.palimpsest.wal.EnginePoison;
import dev.palimpsest.wal.ResourceManagerId;
import dev.palimpsest.wal.Wal;
import dev.palimpsest.wal.WalOptions;
import dev.palimpsest.wal.WalReader;
import dev.palimpsest.wal.WalRecordBuilder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/**
 * Power cuts while sessions append and flush, and while the log is opened again: what is read afterwards is a prefix of what was
 * appended, and holds at least what was durable. Four lives a seed, each with a cut.
 */
class WalPowerCutTest {
    private static final WalOptions OPTIONS = new WalOptions(64 << 10, 128 << 10, 5_000_000L);
    private static final int LIVES = 4;

    @Test
    @Tag("scaled")
    void shouldKeepEveryDurableRecordInOrder() {
        int[] cuts = new int[2];
        Seeds.forEach(150 * Integer.getInteger("palimpsest.scale", 1), seed -> new Log(seed, disk -> {}).live(cuts));
        assertTrue(cuts[0] > 100 && cuts[1] > 10, "cuts=" + cuts[0] + " of them while opening=" + cuts[1]);
    }

    /**
     * The end of the log lies before an unforced record of the life before, which is still whole. A record that ends exactly where that
     * one begins must not bring it back, even if the power goes before the first force.
     */
    @Test
    void shouldNeverBringBackRecordsOfAnOlderLife() {
        Seeds.forEach(500, seed -> {
            SimulatedDisk disk = new SimulatedDisk(seed);
            inOneLife(disk, seed, wal -> {
                append(wal, "A", 448); // so that the next ones are a sector each
                append(wal, "B", 512);
                wal.flush(append(wal, "C", 512));
            });
            disk.damage("wal/0000000000000001", 512 + 100, 1);
            disk.crashAt(9 + seed % 25);
            inOneLife(disk, seed + 1, wal -> wal.flush(append(wal, "D", 512)));
            if (!disk.isOff()) {
                disk.powerCut(seed);
            }
            disk.reopenAfterCut();
            List<String> found = new ArrayList<>();
            inOneLife(disk, seed + 2, wal -> found.addAll(firstLetters(wal)));
            assertTrue(found.equals(List.of("A")) || found.equals(List.of("A", "D")), found.toString());
        });
    }

    /** The mark that the database exists must not survive a power cut without the log's directory. */
    @Test
    void shouldBeThereWhereverItsCreationWasCut() {
        Seeds.forEach(1000, seed -> new Log(seed, disk -> {}).beCutWhileCreated());
    }

    @Test
    void shouldNoticeAMissingForceOfTheSegments() {
        assertNoticed(disk -> disk.ignoreForces(path -> path.startsWith("wal/") && !path.endsWith(".tmp")));
    }

    @Test
    void shouldNoticeAMissingForceOfNewSegments() {
        assertNoticed(disk -> disk.ignoreForces(path -> path.endsWith(".tmp")));
    }

    @Test
    void shouldNoticeAMissingForceOfTheDirectory() {
        assertNoticed(SimulatedDisk::ignoreDirectoryForces);
    }

    private static void inOneLife(SimulatedDisk disk, long seed, Consumer<Wal> work) {
        SeededScheduler scheduler = new SeededScheduler(seed);
        disk.requireEngineTasksOf(scheduler);
        scheduler.run(() -> {
            Wal wal = new Wal(disk, scheduler, new EnginePoison(), OPTIONS, 7);
            boolean isNew = !disk.exists("wal");
            scheduler.join(scheduler.spawn("startup", () -> {
                wal.start(isNew ? wal.create() : endOfLog(wal));
                if (isNew) {
                    disk.forceDirectory("");
                }
            }));
            work.accept(wal);
        });
    }

    private static long endOfLog(Wal wal) {
        try (WalReader reader = wal.read(OPTIONS.segmentBytes())) {
            while (reader.next()) {
                // to the end
            }
            return reader.endLsn();
        }
    }

    private static List<String> firstLetters(Wal wal) {
        List<String> letters = new ArrayList<>();
        try (WalReader reader = wal.read(OPTIONS.segmentBytes())) {
            while (reader.next()) {
                letters.add(String.valueOf((char) reader.record().payloadByte(0)));
            }
        }
        return letters;
    }

    /** A record of this length in the log, header included. */
    private static long append(Wal wal, String letter, int length) {
        byte[] bytes = letter.repeat(length - 40).getBytes(StandardCharsets.UTF_8);
        return wal.append(
                new WalRecordBuilder().begin(ResourceManagerId.HEAP, 0, 1).putBytes(bytes, 0, bytes.length));
    }

    private static void assertNoticed(Consumer<SimulatedDisk> sabotage) {
        assertThrows(AssertionError.class, () -> Seeds.forEach(300, seed -> new Log(seed, sabotage).live(new int[2])));
    }

    /** One log through several lives; plain collections, since one task runs at a time. */
    private static final class Log {
        private final long seed;
        private final SplittableRandom random;
        private final SimulatedDisk disk;

        /** Found in the log when it was last opened. */
        private List<String> survivors = List.of();

        /** Appended since, in the order of the log. */
        private final List<String> appended = new ArrayList<>();

        /** So many of {@link #appended} were durable. */
        private int acknowledged;

        private int life;

        Log(long seed, Consumer<SimulatedDisk> sabotage) {
            this.seed = seed;
            this.random = new SplittableRandom(seed);
            this.disk = new SimulatedDisk(seed);
            sabotage.accept(disk);
        }

        void live(int[] cuts) {
            for (; life < LIVES; life++) {
                SeededScheduler scheduler = new SeededScheduler(seed * LIVES + life);
                disk.requireEngineTasksOf(scheduler);
                disk.crashAt(1 + (random.nextInt(4) == 0 ? random.nextInt(12) : random.nextInt(250)));
                boolean[] opened = new boolean[1];
                scheduler.run(() -> work(scheduler, opened));
                if (disk.isOff()) {
                    cuts[0]++;
                    cuts[1] += opened[0] ? 0 : 1;
                    disk.reopenAfterCut();
                } else {
                    endOtherwise();
                }
            }
            SeededScheduler last = new SeededScheduler(-seed);
            disk.requireEngineTasksOf(last);
            disk.crashAt(Long.MAX_VALUE / 2);
            last.run(() -> open(last).close());
        }

        void beCutWhileCreated() {
            for (int run = 0; run < 2; run++) {
                SeededScheduler scheduler = new SeededScheduler(seed + run);
                disk.crashAt(run == 0 ? 1 + seed % 20 : Long.MAX_VALUE / 2);
                scheduler.run(() -> open(scheduler).close());
                disk.reopenAfterCut();
            }
        }

        private void endOtherwise() {
            if (random.nextBoolean()) {
                disk.close(); // the process was killed: the system still has what was written
            } else {
                disk.powerCut(random.nextLong());
                disk.reopenAfterCut();
            }
        }

        private void work(SeededScheduler scheduler, boolean[] opened) {
            Wal wal = open(scheduler);
            opened[0] = true;
            wal.onDurable(durable -> {});
            int sessions = 1 + random.nextInt(3);
            for (int s = 0; s < sessions; s++) {
                int number = s;
                SplittableRandom own = random.split();
                scheduler.spawnSession("session" + s, () -> {
                    for (int i = 0; i < 60; i++) {
                        appendAndPerhapsFlush(wal, own, life + "." + number + "." + i);
                        if (own.nextInt(10) == 0) {
                            scheduler.park(this, own.nextInt(10_000_000));
                        }
                    }
                });
            }
        }

        private void appendAndPerhapsFlush(Wal wal, SplittableRandom own, String name) {
            // in every other seed all are of one length, so that records of two lives begin at the same places
            int length =
                    seed % 2 == 0 ? 10 - name.length() : own.nextInt(5) == 0 ? own.nextInt(30_000) : own.nextInt(300);
            String text = name + "x".repeat(length);
            byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
            int[] position = new int[1];
            long end = wal.append(
                    new WalRecordBuilder().begin(ResourceManagerId.HEAP, 0, 1).putBytes(bytes, 0, bytes.length),
                    lsn -> {
                        appended.add(text);
                        position[0] = appended.size();
                    });
            if (own.nextInt(3) == 0) {
                wal.flush(end);
                acknowledged = Math.max(acknowledged, position[0]);
            }
        }

        /** Opens the log as recovery does, and checks what is in it. */
        private Wal open(SeededScheduler scheduler) {
            Wal wal = new Wal(disk, scheduler, new EnginePoison(), OPTIONS, 7);
            scheduler.join(scheduler.spawn("startup", () -> {
                if (!disk.exists("made")) {
                    wal.start(wal.create());
                    disk.open("made", true).close(); // the control file's part here
                    disk.forceDirectory("");
                } else {
                    reopen(wal);
                }
            }));
            return wal;
        }

        private void reopen(Wal wal) {
            List<String> found = new ArrayList<>();
            wal.forceForRecovery(OPTIONS.segmentBytes());
            try (WalReader reader = wal.read(OPTIONS.segmentBytes())) {
                while (reader.next()) {
                    byte[] bytes = new byte[reader.record().payloadLength()];
                    reader.record().payload().get(bytes);
                    found.add(new String(bytes, StandardCharsets.UTF_8));
                }
                check(found);
                wal.start(reader.endLsn());
            }
            survivors = found; // from here on all of it is durable
            appended.clear();
            acknowledged = 0;
        }

        private void check(List<String> found) {
            int more = found.size() - survivors.size();
            assertTrue(more >= acknowledged, "lost: found=" + more + " acknowledged=" + acknowledged);
            assertTrue(more <= appended.size(), "found=" + more + " appended=" + appended.size());
            assertEquals(survivors, found.subList(0, survivors.size()));
            assertEquals(appended.subList(0, more), found.subList(survivors.size(), found.size()));
        }
    }
}
