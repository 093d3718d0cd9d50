package dev.palimpsest.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.Database;
import dev.palimpsest.api.Row;
import dev.palimpsest.api.RowStream;
import dev.palimpsest.api.Scan;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A child process on real files is killed (SIGKILL) after a random number of acknowledged commits, again and again on one database. After
 * each reopening: every acknowledged transfer is there, the money is all there, and the checker finds nothing.
 */
class KillTest {
    private static final int KILLS = 30;
    private static final int MOST_LINES = 100;

    @Test
    @Tag("scaled")
    void shouldSurviveTheKillOfItsProcess(@TempDir Path directory) {
        SplittableRandom random = new SplittableRandom(System.nanoTime());
        Map<Long, Long> acknowledged = new HashMap<>();
        for (int kill = 0; kill < KILLS * ManySeeds.scale(); kill++) {
            runAndKill(directory, random, acknowledged);
            verify(directory, acknowledged);
        }
        assertTrue(acknowledged.values().stream().mapToLong(n -> n).sum() > KILLS, acknowledged::toString);
    }

    /** @param acknowledged by writer, its last number */
    private static void runAndKill(Path directory, SplittableRandom random, Map<Long, Long> acknowledged) {
        int lines = random.nextInt(random.nextBoolean() ? 10 : MOST_LINES);
        try (ChildJvm child =
                ChildJvm.start(KilledWriter.class, List.of("-Xmx64m"), directory.toString(), "" + random.nextInt())) {
            String line = child.readLine();
            assertEquals("open", line);
            for (int i = 0; i < lines; i++) {
                note(child.readLine(), acknowledged);
            }
            child.kill();
            for (line = child.readLine(); line != null; line = child.readLine()) {
                note(line, acknowledged);
            }
        }
    }

    private static void note(String line, Map<Long, Long> acknowledged) {
        assertTrue(line != null && line.matches("[0-9]*;?"), () -> "the child says: " + line);
        if (line.endsWith(";")) {
            long number = Long.parseLong(line.substring(0, line.length() - 1));
            acknowledged.put(number % KilledWriter.WRITERS, number / KilledWriter.WRITERS);
        }
    }

    private static void verify(Path directory, Map<Long, Long> acknowledged) {
        try (Database db = Database.open(directory, KilledWriter.OPTIONS)) {
            SimulatedEngine.check(db);
            Set<Long> transfers = new HashSet<>();
            long money = db.read(tx -> {
                try (RowStream rows = db.table("transfers").scan(tx, Scan.all())) {
                    rows.forEachRemaining(row -> transfers.add(row.longValue("id")));
                }
                try (RowStream rows = db.table("accounts").scan(tx, Scan.all())) {
                    return rows.stream()
                            .mapToLong((Row row) -> row.longValue("balance"))
                            .sum();
                }
            });
            assertEquals(KilledWriter.ACCOUNTS * KilledWriter.MONEY, money);
            acknowledged.forEach((writer, last) -> {
                for (long n = 1; n <= last; n++) {
                    long number = n * KilledWriter.WRITERS + writer;
                    assertTrue(transfers.contains(number), () -> "lost: " + number + " acknowledged: " + acknowledged);
                }
            });
            long most = acknowledged.values().stream().mapToLong(n -> n).sum() + KilledWriter.WRITERS;
            assertTrue(transfers.size() <= most, () -> transfers.size() + " transfers, acknowledged: " + acknowledged);
            acknowledged.clear(); // what is there now is there for good, acknowledged or not
            for (long number : transfers) {
                acknowledged.merge(number % KilledWriter.WRITERS, number / KilledWriter.WRITERS, Math::max);
            }
        }
    }
}
