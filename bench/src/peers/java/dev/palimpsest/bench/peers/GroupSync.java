package dev.palimpsest.bench.peers;

import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;

/**
 * One force for all who asked before it began. Thread-safe.
 *
 * <p>Who holds the lock forces for every ticket drawn until then; who gets the lock later finds that done.
 */
final class GroupSync {

    /** The store's own force. */
    interface Force {
        void run() throws Exception;
    }

    private final Force force;
    private final AtomicLong tickets = new AtomicLong();
    private final ReentrantLock forcing = new ReentrantLock();

    /** The newest ticket whose force is done. Written under {@link #forcing}. */
    private volatile long forced;

    GroupSync(Force force) {
        this.force = force;
    }

    /** Returns once everything that the caller committed before the call is on disk. */
    void sync() throws Exception {
        long mine = tickets.incrementAndGet();
        if (forced >= mine) {
            return;
        }
        forcing.lock();
        try {
            if (forced < mine) {
                long covered = tickets.get();
                force.run();
                forced = covered;
            }
        } finally {
            forcing.unlock();
        }
    }
}
