package dev.palimpsest.sql.exec;

import java.util.List;

/**
 * A session's settings as transactions change them: what counts now; what lasts after a commit, without SET LOCAL; and what was before
 * the transaction, for a rollback. Used by the session's thread; what counts now may be read by any.
 */
final class SessionSettings {
    private final Settings initial;
    private volatile Settings current;

    /** Without what SET LOCAL changed; the same as {@link #current} outside of transactions. */
    private Settings lasting;

    private Settings before;

    /** Both of a moment. */
    record Mark(Settings current, Settings lasting) {}

    SessionSettings(Settings initial) {
        this.initial = initial;
        this.current = initial;
        this.lasting = initial;
        this.before = initial;
    }

    Settings current() {
        return current;
    }

    void beginTransaction() {
        before = current;
        lasting = current;
    }

    void endTransaction(boolean committed) {
        current = committed ? lasting : before;
        lasting = current;
        before = current;
    }

    Mark mark() {
        return new Mark(current, lasting);
    }

    void backTo(Mark mark) {
        current = mark.current();
        lasting = mark.lasting();
    }

    /** @param local to the transaction's end only */
    void set(String name, List<String> values, boolean local) {
        current = current.set(name, values);
        if (!local) {
            lasting = lasting.set(name, values);
        }
    }

    void reset(String name) {
        current = current.reset(name);
        lasting = lasting.reset(name);
    }

    void resetAll() {
        current = initial;
        lasting = current;
    }
}
