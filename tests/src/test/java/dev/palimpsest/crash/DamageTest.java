package dev.palimpsest.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.Database;
import dev.palimpsest.api.EngineException;
import dev.palimpsest.api.SequenceSchema;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.engine.EngineDatabase;
import dev.palimpsest.sim.SeededScheduler;
import dev.palimpsest.sim.SimulatedDisk;
import dev.palimpsest.storage.DiskFile;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

/**
 * Bytes flipped in pages, log records, control records and status sectors, files cut off and files gone, of databases that were closed and
 * of such whose process died: either there is a clear error (an {@link EngineException} or a finding of the checker) that names the file,
 * or everything committed is there, because a second copy or the log heals the place or nobody needs it. Never anything in between.
 * One thing can't be told, as in PostgreSQL: that the log went on in a last segment which is gone as a whole. Then the database is as it was
 * after some earlier commit, and never a mixture.
 */
class DamageTest {
    private static final int DATABASES = 8;
    private static final int DAMAGES = 40;

    private static final Set<SqlState> CLEAR =
            EnumSet.of(SqlState.DATA_CORRUPTED, SqlState.INDEX_CORRUPTED, SqlState.UNDEFINED_FILE, SqlState.IO_ERROR);

    private enum Place {
        PAGE("base"),
        LOG("wal"),
        CONTROL("control"),
        STATUS("status");

        private final String prefix;

        Place(String prefix) {
            this.prefix = prefix;
        }
    }

    private enum Outcome {
        ERROR,
        FOUND_BY_CHECK,
        UNHURT
    }

    @Test
    void shouldNoticeFlippedBits() {
        Map<Place, Map<Outcome, Integer>> outcomes = new EnumMap<>(Place.class);
        damage(outcomes, (disk, path, random) -> {
            int size = disk.contents(path).length;
            disk.damage(path, random.nextInt(size), 1 << random.nextInt(8));
        });
        System.out.println("DamageTest: bits " + outcomes);
        assertTrue(outcomes.get(Place.PAGE).containsKey(Outcome.ERROR), outcomes::toString);
        assertTrue(outcomes.get(Place.LOG).containsKey(Outcome.ERROR), outcomes::toString);
        assertEquals(Set.of(Outcome.ERROR), outcomes.get(Place.STATUS).keySet());
        assertEquals(Set.of(Outcome.UNHURT), outcomes.get(Place.CONTROL).keySet(), "the other copy serves");
    }

    @Test
    void shouldNoticeTruncatedFiles() {
        Map<Place, Map<Outcome, Integer>> outcomes = new EnumMap<>(Place.class);
        damage(outcomes, (disk, path, random) -> {
            int size = disk.contents(path).length;
            try (DiskFile file = disk.open(path, false)) {
                file.truncate(random.nextInt(4) == 0 ? 0 : random.nextInt(size));
            }
        });
        System.out.println("DamageTest: truncated " + outcomes);
    }

    @Test
    void shouldNoticeMissingFiles() {
        Map<Place, Map<Outcome, Integer>> outcomes = new EnumMap<>(Place.class);
        damage(outcomes, (disk, path, random) -> disk.delete(path));
        System.out.println("DamageTest: missing " + outcomes);
    }

    private interface Damage {
        void apply(SimulatedDisk disk, String path, SplittableRandom random);
    }

    private static void damage(Map<Place, Map<Outcome, Integer>> outcomes, Damage damage) {
        ManySeeds.forEach(0, DATABASES, seed -> {
            Victim victim = new Victim(seed);
            SplittableRandom random = new SplittableRandom(seed);
            for (int i = 0; i < DAMAGES; i++) {
                Place place = Place.values()[random.nextInt(Place.values().length)];
                List<String> paths = victim.paths(place);
                String path = paths.get(random.nextInt(paths.size()));
                SimulatedDisk copy = victim.disk.copy(i);
                damage.apply(copy, path, random);
                Outcome outcome = victim.outcome(copy, place, path, i);
                synchronized (outcomes) {
                    outcomes.computeIfAbsent(place, any -> new EnumMap<>(Outcome.class))
                            .merge(outcome, 1, Integer::sum);
                }
            }
        });
    }

    /** A database to be damaged, and what was in it after each of its commits. */
    private static final class Victim {
        final SimulatedDisk disk;
        private final boolean closed;
        private final List<Map<String, String>> states = new ArrayList<>();

        Victim(long seed) {
            disk = new SimulatedDisk(seed);
            closed = seed % 2 == 0;
            SplittableRandom random = new SplittableRandom(seed);
            run(disk, seed, scheduler -> {
                Ledger ledger = new Ledger();
                Database db = SimulatedEngine.open(disk, scheduler, SimulatedEngine.Settings.small());
                EngineWork.create(db, ledger);
                CutPoints none = new CutPoints(disk, scheduler, CutKind.ANY, 0, 0, path -> false);
                EngineWork work = new EngineWork(db, ledger, none, Map.of());
                for (int i = 0; i < 40; i++) {
                    work.transaction(random);
                    states.add(Contents.read(db));
                }
                if (closed) {
                    db.close();
                } else {
                    // what isn't forced is lost with the process, and only a later record proves that one was forced
                    for (String name : List.of("the_last_but_one", "the_last")) {
                        db.transact(tx -> {
                            tx.createSequence(SequenceSchema.named(name));
                            return null;
                        });
                        states.add(Contents.read(db));
                    }
                }
            });
            disk.processDied();
        }

        List<String> paths(Place place) {
            if (place == Place.CONTROL) {
                return List.of("control");
            }
            return disk.list(place.prefix).stream()
                    .map(name -> place.prefix + "/" + name)
                    .filter(path -> disk.contents(path).length > 0)
                    .toList();
        }

        Outcome outcome(SimulatedDisk damaged, Place place, String path, int seed) {
            Outcome[] outcome = {Outcome.UNHURT};
            boolean gone = !damaged.exists(path);
            run(damaged, seed, scheduler -> outcome[0] = read(damaged, scheduler, place, path, gone));
            return outcome[0];
        }

        private Outcome read(SimulatedDisk damaged, SeededScheduler scheduler, Place place, String path, boolean gone) {
            try {
                EngineDatabase db = SimulatedEngine.open(damaged, scheduler, SimulatedEngine.Settings.small());
                List<String> problems = db.check((what, done, total) -> {});
                Map<String, String> contents = Contents.read(db);
                if (!problems.isEmpty()) {
                    return Outcome.FOUND_BY_CHECK;
                }
                // nothing shows whether the log's last record was ever durable, or its last segment there
                int lost = place != Place.LOG || closed ? 0 : gone ? states.size() : 1;
                assertTrue(
                        isOneOfTheLast(contents, 1 + lost),
                        () -> "silently something else after damage to " + path + " closed=" + closed);
                return Outcome.UNHURT;
            } catch (EngineException e) {
                assertTrue(CLEAR.contains(e.sqlState()), () -> path + ": " + e);
                assertTrue(names(e, place), () -> "doesn't name " + path + ": " + e);
                return Outcome.ERROR;
            }
        }

        private boolean isOneOfTheLast(Map<String, String> contents, int count) {
            for (int i = 0, at = states.size() - 1; i < count && at >= 0; at--) {
                if (states.get(at).equals(contents)) {
                    return true;
                }
                i += at > 0 && !states.get(at).equals(states.get(at - 1)) ? 1 : 0;
            }
            return false;
        }

        private static boolean names(Throwable e, Place place) {
            for (Throwable t = e; t != null; t = t.getCause()) {
                if (t.toString().contains(place.prefix) || t.toString().contains("the catalog is damaged: ")) {
                    return true;
                }
            }
            return false;
        }
    }

    private static void run(SimulatedDisk disk, long seed, java.util.function.Consumer<SeededScheduler> body) {
        SeededScheduler scheduler = new SeededScheduler(seed).limitEvents(5_000_000);
        scheduler.run(() -> body.accept(scheduler));
    }
}
