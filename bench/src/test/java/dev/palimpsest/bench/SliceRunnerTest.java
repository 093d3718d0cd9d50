package dev.palimpsest.bench;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.ExecutionException;
import org.junit.jupiter.api.Test;

/** The figures are worth something only if a store that loses an update can't get one. */
class SliceRunnerTest {
    private static final int ROWS = 500;
    private static final long SLICE_NANOS = 20_000_000;

    @Test
    void shouldAcceptStoreThatKeepsEveryUpdate() throws Exception {
        try (SliceRunner runner = loaded(new ArrayStore(false))) {
            Slice slice = runner.run(Work.parse("rmw4"), SLICE_NANOS);
            assertTrue(slice.operations() >= 4 * 16, () -> "operations=" + slice.operations());
            assertTrue(slice.nanos() >= SLICE_NANOS, () -> "nanos=" + slice.nanos());
            assertDoesNotThrow(runner::checkSum);
            assertTrue(runner.run(Work.parse("scan"), SLICE_NANOS).operations() >= ROWS);
        }
    }

    @Test
    void shouldRefuseStoreThatLosesOneUpdateInAThousand() throws Exception {
        try (SliceRunner runner = loaded(new ArrayStore(true))) {
            // One thread, and long enough for a thousand additions even on a machine that is busy with other things.
            while (runner.run(Work.parse("rmw"), SLICE_NANOS).operations() < 1_000) {
                Thread.onSpinWait();
            }
            assertThrows(IllegalStateException.class, runner::checkSum);
        }
    }

    @Test
    void shouldRefuseStoreThatReturnsAnotherRow() throws Exception {
        ArrayStore store = new ArrayStore(false);
        try (SliceRunner runner = loaded(store)) {
            assertDoesNotThrow(runner::checkReads);
            store.worker().add(0, 1);
            assertThrows(ExecutionException.class, runner::checkReads);
        }
    }

    private static SliceRunner loaded(ArrayStore store) {
        store.load(ROWS);
        return new SliceRunner(store, ROWS);
    }
}
