package dev.palimpsest.tx;

import dev.palimpsest.lock.LockOwner;

/** What a session holds by itself, and what its transactions are one with: they never wait for it, nor for each other. */
public final class SessionOwner extends LockOwner {
    private final long processId;

    SessionOwner(long processId) {
        this.processId = processId;
    }

    @Override
    public long processId() {
        return processId;
    }
}
