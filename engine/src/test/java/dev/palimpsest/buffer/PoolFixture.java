package dev.palimpsest.buffer;

import static org.junit.jupiter.api.Assertions.assertNull;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.latch.Latch;
import dev.palimpsest.page.PageLayout;
import dev.palimpsest.page.PageType;
import dev.palimpsest.scheduler.Scheduler;
import dev.palimpsest.scheduler.ThreadScheduler;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.AtomicReference;

/** A pool on a {@link WatchedDisk}, with a log that only counts. */
final class PoolFixture implements AutoCloseable {
    final Scheduler scheduler = new ThreadScheduler();
    final AtomicLong insertLsn = new AtomicLong(1);
    final AtomicLong durableLsn = new AtomicLong(1);
    final AtomicReference<Throwable> poison = new AtomicReference<>();
    final WatchedDisk disk = new WatchedDisk(durableLsn::get);
    final int frames;

    /** The log: flush makes durable what was asked for, and nothing more. */
    final LogFlusher log = new LogFlusher() {
        @Override
        public void flush(long lsn) {
            checkUsable();
            durableLsn.accumulateAndGet(lsn, Math::max);
        }

        @Override
        public void poison(Throwable cause) {
            poison.compareAndSet(null, cause);
        }

        @Override
        public void checkUsable() {
            if (poison.get() != null) {
                throw new StoppedException(SqlState.IO_ERROR, "the engine has stopped", null, null, poison.get());
            }
        }
    };

    BufferPool pool;

    PoolFixture(int frames) {
        this.frames = frames;
        open();
    }

    private void open() {
        pool = new BufferPool(disk, scheduler, log, frames);
        pool.start();
    }

    /** A pool with nothing in it, on the same files: what was not written is lost. */
    void reopen() {
        pool.close();
        open();
    }

    /** Runs on an engine task, and throws here what it throws. */
    void onEngineTask(Runnable body) {
        AtomicReference<Throwable> thrown = new AtomicReference<>();
        scheduler.join(scheduler.spawn("test task", () -> {
            try {
                body.run();
            } catch (Throwable e) {
                thrown.set(e);
            }
        }));
        if (thrown.get() instanceof RuntimeException e) {
            throw e;
        } else if (thrown.get() instanceof Error e) {
            throw e;
        }
    }

    void checkpoint() {
        onEngineTask(() -> {
            pool.writeDirty(WritePacer.UNPACED);
            pool.forceFiles();
        });
    }

    /** Fills all of the page but its header's first part with one number, as one logged change. */
    void fill(PageGuard guard, long value) {
        guard.markDirty();
        guard.frame().setNewestCsn(value);
        if (PageLayout.isNew(guard.page())) {
            PageLayout.init(guard.page(), PageType.HEAP, 0);
        }
        for (int offset = PageLayout.OWN_OFFSET; offset < PageLayout.SIZE; offset += Long.BYTES) {
            guard.page().putLong(offset, value);
        }
        PageLayout.setLsn(guard.page(), insertLsn.incrementAndGet());
    }

    static long value(PageGuard guard) {
        return guard.page().getLong(PageLayout.OWN_OFFSET);
    }

    /** Extends by pages that are filled with their block number. */
    void extend(PageFile file, int count) {
        for (int i = 0; i < count; i++) {
            try (PageGuard guard = file.latchNew()) {
                fill(guard, guard.frame().block());
            }
        }
    }

    @Override
    public void close() {
        pool.close();
        assertNull(disk.brokenRule);
        assert Latch.noneHeld();
    }
}
