package dev.palimpsest.retention;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.LongUnaryOperator;

/**
 * Every version that anybody ever wrote into one table, and when it began and ended to be visible: told by those who write, with exact commit
 * numbers. The engine has no part in it. Used by the tasks of one seeded run, one at a time.
 */
final class VersionModel {
    static final long NEVER = Long.MAX_VALUE;

    /** One version; {@code id} is in its row. */
    static final class Version {
        final long id;
        final Writer writer;
        long key;
        long group;

        /** Commit numbers. */
        long begin = NEVER;

        long end = NEVER;

        /** Its writer took it back, or it never became a row at all. */
        boolean undone;

        private Version(long id, Writer writer) {
            this.id = id;
            this.writer = writer;
        }

        boolean isVisible(long csn) {
            return begin <= csn && csn < end;
        }

        @Override
        public String toString() {
            return "version " + id + " of key " + key + " [" + number(begin) + ", " + number(end) + ") by " + writer
                    + (undone ? " undone" : "");
        }

        private static String number(long csn) {
            return csn == NEVER ? "-" : Long.toString(csn);
        }
    }

    /** A new version, or the end of one, or both. */
    private record Write(Version created, Version ended) {}

    enum State {
        OPEN,
        COMMITTING,
        COMMITTED,
        ABORTED
    }

    /** One transaction. */
    final class Writer {
        final long number = ++writers;
        final String name;
        State state = State.OPEN;
        private boolean acknowledged;
        private long xid;
        private long csn;
        private final List<Write> writes = new ArrayList<>();
        private final List<Version> allocated = new ArrayList<>();

        private Writer(String name) {
            this.name = name;
        }

        /** A version that the current statement may write. */
        Version newVersion() {
            Version version = new Version(versions.size() + 1, this);
            versions.add(version);
            allocated.add(version);
            return version;
        }

        /** @param created or null; {@code ended} too */
        void wrote(Version created, Version ended) {
            writes.add(new Write(created, ended));
            allocated.remove(created);
        }

        /** What it didn't write it never will. */
        void statementEnded() {
            allocated.forEach(version -> version.undone = true);
            allocated.clear();
        }

        int mark() {
            return writes.size();
        }

        void undoneSince(int mark) {
            statementEnded();
            List<Write> gone = writes.subList(mark, writes.size());
            gone.forEach(write -> undo(write, csn));
            gone.clear();
        }

        boolean hasWrites() {
            return !writes.isEmpty();
        }

        /** Its commit is about to be called. */
        void commits(long ownXid) {
            xid = ownXid;
            state = State.COMMITTING;
        }

        void committed(boolean synchronous) {
            acknowledged = synchronous;
        }

        void aborted() {
            undoneSince(0);
            state = State.ABORTED;
            recent.remove(this);
        }

        @Override
        public String toString() {
            return name + " " + state;
        }
    }

    private final List<Version> versions = new ArrayList<>();

    /** Those of this life whose end a crash may still change. */
    private final List<Writer> recent = new ArrayList<>();

    private long writers;

    Writer begin(String name) {
        Writer writer = new Writer(name);
        recent.add(writer);
        return writer;
    }

    /** Null if nobody ever made one with this id. */
    Version version(long id) {
        return id >= 1 && id <= versions.size() ? versions.get((int) id - 1) : null;
    }

    Collection<Version> all() {
        return versions;
    }

    /**
     * Gives commits that have happened their numbers.
     *
     * @param commitNumber from a xid, negative for one that hasn't committed
     */
    void resolve(LongUnaryOperator commitNumber) {
        for (Writer writer : recent) {
            if (writer.state == State.COMMITTING) {
                long csn = writer.xid == 0 ? 0 : commitNumber.applyAsLong(writer.xid);
                if (csn >= 0) {
                    decide(writer, csn);
                }
            }
        }
    }

    private static void decide(Writer writer, long csn) {
        writer.csn = csn;
        writer.state = State.COMMITTED;
        for (Write write : writer.writes) {
            if (write.created != null) {
                write.created.begin = csn;
            }
            if (write.ended != null) {
                write.ended.end = csn;
            }
        }
    }

    /** @param csn of its commit, which a crash has taken back; else 0: by now others may have ended what it had ended */
    private static void undo(Write write, long csn) {
        if (write.created != null) {
            write.created.undone = true;
            write.created.begin = NEVER;
        }
        if (write.ended != null && csn != 0 && write.ended.end == csn) {
            write.ended.end = NEVER;
        }
    }

    /**
     * The power was cut.
     *
     * @param survivors numbers of the writers whose marks are there
     * @param csn older than every snapshot to come: when those committed whose number nobody knows
     */
    void crashed(Set<Long> survivors, long csn) {
        for (Writer writer : List.copyOf(recent)) {
            writer.statementEnded();
            if (survivors.contains(writer.number) && writer.hasWrites()) {
                if (writer.state == State.OPEN) {
                    throw new AssertionError("committed by nobody: " + writer);
                }
                if (writer.csn == 0) {
                    decide(writer, csn);
                }
            } else if (writer.hasWrites() && writer.acknowledged) {
                throw new AssertionError("an acknowledged commit is lost: " + writer);
            } else {
                writer.aborted();
            }
        }
        recent.clear();
    }

    /** What a snapshot sees: for each key its version. */
    Map<Long, Version> asOf(long csn) {
        Map<Long, Version> rows = new TreeMap<>();
        for (Version version : versions) {
            if (version.isVisible(csn)) {
                Version other = rows.put(version.key, version);
                if (other != null) {
                    throw new AssertionError("the model has two rows: " + other + " and " + version);
                }
            }
        }
        return rows;
    }
}
