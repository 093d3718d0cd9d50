package dev.palimpsest.history;

import dev.palimpsest.api.RowLockMode;
import dev.palimpsest.history.Read.Seen;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * One transaction as its user saw it: what its statements found and wrote, in order, and when each was called and had returned. Written by
 * one thread; read by the checker when all have ended.
 */
final class HistoryTransaction {
    enum Fate {
        RUNNING,
        /** Commit was called and hasn't returned. */
        COMMITTING,
        COMMITTED,
        ROLLED_BACK,
        /** Decided by the checker: its commit was called, and a crash took it. */
        LOST
    }

    /** What it writes as its mark, where a crash may come. */
    final long number;

    final String name;
    final boolean repeatableRead;
    final boolean synchronous;
    final List<Read> reads = new ArrayList<>(4);
    final List<Write> writes = new ArrayList<>(4);
    Fate fate = Fate.RUNNING;

    /** When its first statement was called, and had returned. */
    long firstCalled = Long.MAX_VALUE;

    long firstReturned = Long.MAX_VALUE;
    private long lastReturned;
    long commitCalled = Long.MAX_VALUE;
    long commitReturned = Long.MAX_VALUE;

    /** From mark to rollback, those that savepoints undid. */
    private final List<int[]> undone = new ArrayList<>(0);

    private final LongSupplier clock;
    private int position;
    private long called;

    HistoryTransaction(long number, String name, boolean repeatableRead, boolean synchronous, LongSupplier clock) {
        this.number = number;
        this.name = name;
        this.repeatableRead = repeatableRead;
        this.synchronous = synchronous;
        this.clock = clock;
    }

    // ---- recording

    void calls() {
        called = clock.getAsLong();
        firstCalled = Math.min(firstCalled, called);
    }

    /** After {@link #calls} and the statement itself; its writes come behind. */
    void found(Read.Kind kind, RowLockMode lock, int from, int to, int group, boolean predicate, List<Seen> rows) {
        reads.add(new Read(kind, lock, position++, called, returned(), from, to, group, predicate, List.copyOf(rows)));
    }

    /** @param listBefore see {@link Write#listBefore} */
    void wrote(Write.Kind kind, int key, long id, long previous, int group, long[] listBefore) {
        writes.add(new Write(this, kind, key, id, previous, group, listBefore, position++, returned()));
    }

    /** A statement of which there is nothing to tell. */
    void returnedNothing() {
        returned();
    }

    private long returned() {
        long now = clock.getAsLong();
        firstReturned = Math.min(firstReturned, now);
        lastReturned = now;
        return now;
    }

    /** For {@link #undoneSince}. */
    int mark() {
        return position;
    }

    /** It rolled back to a savepoint. */
    void undoneSince(int mark) {
        undone.add(new int[] {mark, position});
        for (Write write : writes) {
            if (write.position >= mark && !write.isUndone()) {
                write.undoneAt = position;
            }
        }
    }

    void commits() {
        fate = Fate.COMMITTING;
        commitCalled = clock.getAsLong();
    }

    void committed() {
        commitReturned = clock.getAsLong();
        fate = Fate.COMMITTED;
    }

    void rolledBack() {
        fate = Fate.ROLLED_BACK;
    }

    // ---- for the checker

    /** Until then it had all its locks, whatever became of it. */
    long endCalled() {
        return commitCalled == Long.MAX_VALUE ? lastReturned : commitCalled;
    }

    boolean isCommitted() {
        return fate == Fate.COMMITTED;
    }

    boolean hasWrites() {
        for (Write write : writes) {
            if (!write.isUndone()) {
                return true;
            }
        }
        return false;
    }

    /** Was what it did at this place undone by a rollback to a savepoint? */
    boolean isUndone(int place) {
        return undone.stream().anyMatch(part -> place >= part[0] && place < part[1]);
    }

    /** Its own last write of a key before a place in it, or null. What was undone later counts until then. */
    Write lastWrite(int key, int place) {
        for (int i = writes.size() - 1; i >= 0; i--) {
            Write write = writes.get(i);
            if (write.key == key && write.position < place && write.undoneAt > place) {
                return write;
            }
        }
        return null;
    }

    @Override
    public String toString() {
        return name + (repeatableRead ? " (REPEATABLE READ, " : " (READ COMMITTED, ") + fate + ")";
    }
}
