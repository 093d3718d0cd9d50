package dev.palimpsest.model;

import dev.palimpsest.api.CanceledException;
import dev.palimpsest.api.RowLockMode;
import dev.palimpsest.api.WaitPolicy;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;

/**
 * Knows of each lock two times: from the request to the end it is <i>possible</i>; from the return of the request to just before the call
 * that ends it, it is <i>held</i> for sure. Two conflicting ones must never be held for sure at once; who was refused or skipped must
 * have met a possible one. For one running thread at a time.
 *
 * <p>A statement that fails within a savepoint gives up that one's locks inside the call, so what conflicts with a party inside a call is a
 * suspicion, which is confirmed if that call doesn't fail.
 */
final class RowLockOracle {
    private record Lock(int row, RowLockMode mode, int level) {}

    private final List<Party> parties = new ArrayList<>();

    Party newParty() {
        Party party = new Party(parties.size());
        parties.add(party);
        return party;
    }

    String describe(int row) {
        StringBuilder text = new StringBuilder();
        for (Party party : parties) {
            text.append("party ").append(party.number);
            party.possible.stream()
                    .filter(lock -> lock.row == row)
                    .forEach(lock -> text.append(" possible ").append(lock.mode));
            party.held.stream()
                    .filter(lock -> lock.row == row)
                    .forEach(lock -> text.append(" held ").append(lock.mode));
            text.append("; ");
        }
        return text.toString();
    }

    /** One session. */
    final class Party {
        private final int number;
        private final List<Lock> possible = new ArrayList<>();
        private final List<Lock> held = new ArrayList<>();

        /** What the present call asks for without waiting, and isn't excused yet. */
        private final List<Lock> watched = new ArrayList<>();

        private final List<String> suspicions = new ArrayList<>();
        private boolean inCall;

        private Party(int number) {
            this.number = number;
        }

        void enter() {
            inCall = true;
        }

        void leave(boolean failed) {
            inCall = false;
            watched.clear();
            if (!failed && !suspicions.isEmpty()) {
                throw new AssertionError(suspicions.get(0));
            }
            suspicions.clear();
        }

        /** About to ask for a lock. */
        void wants(int row, RowLockMode mode, int level, boolean withoutWaiting) {
            Lock lock = new Lock(row, mode, level);
            possible.add(lock);
            if (withoutWaiting) {
                watched.add(lock);
            }
            for (Party other : parties) {
                if (other != this) {
                    other.excuse(lock);
                    other.possible.forEach(this::excuse);
                }
            }
        }

        private void excuse(Lock theirs) {
            watched.removeIf(mine -> mine.row == theirs.row && mayRefuse(theirs.mode, mine.mode));
        }

        /** It has been granted. */
        void has(int row, RowLockMode mode, int level) {
            held.add(new Lock(row, mode, level));
            for (Party other : parties) {
                for (Lock theirs : other.held) {
                    if (other != this && theirs.row == row && theirs.mode.conflictsWith(mode)) {
                        String what = mode + " granted to " + number + " on row " + row + " while " + other.number
                                + " holds " + theirs.mode;
                        if (!other.inCall) {
                            throw new AssertionError(what);
                        }
                        other.suspicions.add(what);
                    }
                }
            }
        }

        RowLockMode strongest(int row) {
            return held.stream()
                    .filter(lock -> lock.row == row)
                    .map(Lock::mode)
                    .max(RowLockMode::compareTo)
                    .orElse(null);
        }

        void skipped(int row, WaitPolicy policy) {
            if (policy == WaitPolicy.BLOCK) {
                throw new AssertionError("no row, though it is always there and the lock waits, row=" + row);
            }
            if (watched.stream().anyMatch(lock -> lock.row == row)) {
                throw new AssertionError("skipped an unlocked row, row=" + row + "; " + describe(row));
            }
        }

        void refused(CanceledException e) {
            if (!watched.isEmpty()) {
                throw new AssertionError("refused an unlocked row; " + describe(watched.get(0).row), e);
            }
        }

        /** About to give up what was locked at this level of savepoints and deeper. */
        void letGo(int level) {
            held.removeIf(lock -> lock.level >= level);
        }

        /** It is given up. */
        void over(int level) {
            for (Iterator<Lock> i = possible.iterator(); i.hasNext(); ) {
                if (i.next().level >= level) {
                    i.remove();
                }
            }
        }
    }

    /** A KEY SHARE locker that has to go up the chain waits for any updater there, as in PostgreSQL. */
    private static boolean mayRefuse(RowLockMode theirs, RowLockMode mine) {
        return theirs.conflictsWith(mine) || mine == RowLockMode.KEY_SHARE && theirs == RowLockMode.NO_KEY_UPDATE;
    }
}
