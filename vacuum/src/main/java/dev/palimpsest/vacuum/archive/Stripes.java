package dev.palimpsest.vacuum.archive;

import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * Read-write locks over pages by hash. Who reads a blob holds its page's shared, who replaces it holds it exclusively, both only while they are
 * inside the maps; nothing is waited for under one.
 *
 * <p>It is also how a shelf may be closed: first it is taken out of sight, then {@link #awaitAll} has seen everybody leave who may have seen it.
 */
final class Stripes {
    private static final int COUNT = 64;

    private final ReentrantReadWriteLock[] locks = new ReentrantReadWriteLock[COUNT];

    Stripes() {
        for (int i = 0; i < COUNT; i++) {
            locks[i] = new ReentrantReadWriteLock();
        }
    }

    int of(int relation, int block) {
        int hash = (relation * 31 + block) * 0x9E3779B9;
        return hash >>> 26; // the upper six bits of the product depend on all bits below
    }

    void lockShared(int stripe) {
        locks[stripe].readLock().lock();
    }

    void unlockShared(int stripe) {
        locks[stripe].readLock().unlock();
    }

    void lockExclusive(int stripe) {
        locks[stripe].writeLock().lock();
    }

    void unlockExclusive(int stripe) {
        locks[stripe].writeLock().unlock();
    }

    /** Returns once all who were inside when it was called have left; those who come meanwhile may be inside. Holding none of them. */
    void awaitAll() {
        for (ReentrantReadWriteLock lock : locks) {
            lock.writeLock().lock();
            lock.writeLock().unlock();
        }
    }
}
