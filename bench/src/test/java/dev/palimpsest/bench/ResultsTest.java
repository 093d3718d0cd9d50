package dev.palimpsest.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ResultsTest {
    private static final Work READ = Work.parse("read");

    @Test
    void shouldCompareMediansWithTheFastestPeer() {
        Results results = new Results();
        for (long operations : new long[] {900, 300, 400}) {
            results.add(READ, StoreProcess.OURS, slice(operations));
        }
        results.add(READ, "slow", slice(100));
        results.add(READ, "fast", slice(200));
        String tables = results.tables();
        assertTrue(tables.contains("Palimpsest is 2.00 × the fastest peer (fast)."), tables);
        assertTrue(tables.contains("| slow | 100 | 100..100 | 10,000,000 | 4.00 × |"), tables);
        assertTrue(tables.contains("| palimpsest | 400 | 300..900 | 2,500,000 |  |"), tables);
    }

    @Test
    void shouldShowNoFigureOfStoreThatFailed() {
        Results results = new Results();
        results.drop(READ, "failed before its first slice");
        results.add(READ, "wrong", slice(1_000));
        results.drop(READ, "wrong");
        assertFalse(results.tables().contains("wrong"));
    }

    @Test
    void shouldReadTheNamesOfWorks() {
        assertEquals(new Work(Work.Kind.DURABLE, 32), Work.parse("durable32"));
        assertEquals(Work.parse("rmw"), Work.parse("rmw1"));
        assertEquals("rmw2", Work.parse("rmw2").toString());
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "reads", "rmw0", "load2", "durable5000", "9"})
    void shouldRefuseWhatIsNoWork(String text) {
        assertThrows(IllegalArgumentException.class, () -> Work.parse(text));
    }

    private static Slice slice(long operations) {
        return new Slice(operations, 1_000_000_000L);
    }
}
