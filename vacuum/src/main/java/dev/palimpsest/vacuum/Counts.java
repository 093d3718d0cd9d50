package dev.palimpsest.vacuum;

import dev.palimpsest.heap.PageOutcome;

/** Adds up what happened to pages. One vacuum's. */
final class Counts {
    int pagesScanned;
    int pagesVisible;
    int pagesEmpty;
    long live;
    long removed;
    long pinned;
    long archived;
    long inArchive;
    long unarchived;
    long freed;

    /** Pages of which something stays since there was no archive yet. */
    int pagesAwaitingArchive;

    /** Of all pages seen: the status log has to keep it and what is above. */
    long oldestXid = Long.MAX_VALUE;

    void add(PageOutcome outcome) {
        pagesScanned++;
        pagesVisible += outcome.allVisible() ? 1 : 0;
        pagesEmpty += outcome.empty() ? 1 : 0;
        live += outcome.live();
        pinned += outcome.pinned();
        inArchive += outcome.inArchive();
        addWork(outcome);
        oldestXid = Math.min(oldestXid, outcome.oldestXid());
    }

    /** A page that was looked at before: only what changed. */
    void addWork(PageOutcome outcome) {
        removed += outcome.removed();
        archived += outcome.archived();
        unarchived += outcome.unarchived();
    }

    /** A page that was looked at before, from which dead roots went; none, if it is as it was since the archive didn't answer. */
    void addFreed(PageOutcome outcome, int roots) {
        addWork(outcome);
        freed += outcome.changed() ? roots : 0;
        pagesVisible += outcome.newlyAllVisible() ? 1 : 0;
        pagesEmpty += outcome.empty() ? 1 : 0;
    }
}
