package dev.palimpsest.crash;

import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.sim.SimulationFailure;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.junit.jupiter.api.Test;

/**
 * No force is there for nothing: with any one of them left out, or without full-page images, the checks of {@link EnginePowerCutTest} fail
 * for some seed. With all in place none of these seeds fails, which is that test's matter.
 */
class ForcesTest {
    private static final int MOST_SEEDS = 400;
    private static final int LIVES = 8;

    @Test
    void shouldNeedTheForceOfLogSegments() {
        assertNoticed(without(path -> path.startsWith("wal/") && !path.endsWith("/")));
    }

    @Test
    void shouldNeedTheForceOfTheLogDirectory() {
        assertNoticed(without("wal/"::equals));
    }

    @Test
    void shouldNeedTheForceOfDataFiles() {
        assertNoticed(without(path -> path.startsWith("base/") && !path.endsWith("/")));
    }

    @Test
    void shouldNeedTheForceOfTheDataDirectory() {
        assertNoticed(without("base/"::equals));
    }

    @Test
    void shouldNeedTheForceOfStatusFiles() {
        assertNoticed(without(path -> path.startsWith("status/") && !path.endsWith("/")));
    }

    @Test
    void shouldNeedTheForceOfTheStatusDirectory() {
        assertNoticed(without("status/"::equals));
    }

    @Test
    void shouldNeedTheForceOfTheControlFile() {
        assertNoticed(without(path -> path.startsWith("control")));
    }

    @Test
    void shouldNeedTheForceOfTheFileLengths() {
        assertNoticed(without(path -> path.startsWith("lengths")));
    }

    @Test
    void shouldNeedTheForceOfTheDatabaseDirectory() {
        assertNoticed(without("/"::equals));
    }

    @Test
    void shouldNeedFullPageImages() {
        SimulatedEngine.Settings small = SimulatedEngine.Settings.small();
        assertNoticed(lives -> lives.with(new SimulatedEngine.Settings(
                small.frames(), small.wal().withFullPageImages(false), small.checkpoints())));
    }

    private static Consumer<EngineLives> without(Predicate<String> forces) {
        return lives -> lives.without(forces);
    }

    private static void assertNoticed(Consumer<EngineLives> sabotage) {
        AtomicReference<Throwable> noticed = new AtomicReference<>();
        ManySeeds.forEach(0, MOST_SEEDS, seed -> {
            if (noticed.get() != null) {
                return;
            }
            try {
                EngineLives lives = new EngineLives(seed);
                sabotage.accept(lives);
                lives.live(LIVES);
            } catch (SimulationFailure e) {
                noticed.set(e.getCause());
            }
        });
        assertNotNull(noticed.get(), "nobody notices");
        System.out.println("ForcesTest: noticed by "
                + noticed.get().toString().lines().findFirst().orElse(""));
        assertTrue(
                noticed.get() instanceof AssertionError || noticed.get() instanceof RuntimeException,
                noticed.get()::toString);
    }
}
