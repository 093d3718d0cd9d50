package dev.palimpsest.inspect;

import dev.palimpsest.heap.Visibility;
import dev.palimpsest.id.Lsn;

/** Fates of transactions ({@link Visibility}) in words. What commits after {@code published} is still in progress. */
record Fates(long published) {
    String status(long fate) {
        return fate == Visibility.ABORTED ? "aborted" : isDecided(fate) ? "committed" : "in progress";
    }

    /** 0 where there is none to be told. */
    long csn(long fate) {
        return fate != Visibility.ABORTED && isDecided(fate) ? fate : 0;
    }

    private boolean isDecided(long fate) {
        return fate != Lsn.INFINITE && fate <= published;
    }
}
