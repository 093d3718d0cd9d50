package dev.palimpsest.tx;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;

import dev.palimpsest.api.StoppedException;
import dev.palimpsest.scheduler.ThreadScheduler;
import dev.palimpsest.wal.EnginePoison;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The checkpoint's wait for the removal of files. */
@Timeout(60)
class FileWorkTest {
    private final EnginePoison poison = new EnginePoison();
    private final FileWork work = new FileWork(new ThreadScheduler(), poison);

    @Test
    void shouldWaitForEarlierRecordsOnly() {
        work.enter(8);
        work.enter(24);
        CompletableFuture<Throwable> wait = TransactionFixture.async(() -> work.awaitFinished(16));
        assertFalse(wait.isDone());
        work.finished(8);
        assertNull(TransactionFixture.end(wait));
    }

    /** Whoever was to remove the files may have failed before he said that he had. */
    @Test
    void shouldNotWaitInAStoppedEngine() {
        work.enter(8);
        CompletableFuture<Throwable> wait = TransactionFixture.async(() -> work.awaitFinished(16));
        poison.poison(new IllegalStateException("test"));
        assertInstanceOf(StoppedException.class, TransactionFixture.end(wait));
    }
}
