package dev.palimpsest.sql.exec;

import java.util.List;

/**
 * A session's settings as transactions change them: what counts now; what lasts after a commit, without SET LOCAL; and what was before
 * the transaction, for a rollback. Used by the session's thread; what counts now may be read by any.
 */
final class SessionSettings {
    private volatile Settings current = Settings.INITIAL;

    /** Without what SET LOCAL changed; the same as {@link #current} outside of transactions. */
    private Settings lasting = current;

    private Settings before = current;

    /** Both of a moment. */
    record Mark(Settings current, Settings lasting) {}

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
        current = Settings.INITIAL;
        lasting = current;
    }
}
