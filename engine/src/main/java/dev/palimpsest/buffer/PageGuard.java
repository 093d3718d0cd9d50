package dev.palimpsest.buffer;

import java.nio.ByteBuffer;

/**
 * A pin and a latch on a page, given back together, for try-with-resources:
 *
 * <pre>{@code
 * try (PageGuard guard = file.latchShared(block)) {
 *     ... guard.page() ...
 * }
 * }</pre>
 *
 * <p>Belongs to the thread that made it.
 */
public final class PageGuard implements AutoCloseable {
    private final Frame frame;
    private final boolean exclusive;

    private PageGuard(Frame frame, boolean exclusive) {
        this.frame = frame;
        this.exclusive = exclusive;
    }

    /** Takes over the caller's pin. */
    static PageGuard shared(Frame pinned) {
        pinned.acquireShared();
        return new PageGuard(pinned, false);
    }

    /** Takes over the caller's pin. */
    static PageGuard exclusive(Frame pinned) {
        pinned.acquireExclusive();
        return new PageGuard(pinned, true);
    }

    /** Takes over the caller's pin and exclusive latch, as {@link PageFile#pinNew} hands them out. */
    static PageGuard latched(Frame pinnedAndLatched) {
        assert pinnedAndLatched.isHeldExclusive();
        return new PageGuard(pinnedAndLatched, true);
    }

    public Frame frame() {
        return frame;
    }

    public ByteBuffer page() {
        return frame.page;
    }

    /** See {@link Frame#markDirty}. */
    public void markDirty() {
        assert exclusive;
        frame.markDirty();
    }

    @Override
    public void close() {
        if (exclusive) {
            frame.releaseExclusive();
        } else {
            frame.releaseShared();
        }
        frame.unpin();
    }
}
