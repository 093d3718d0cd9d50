package dev.palimpsest.tx;

/**
 * One commit between its record and its publication: a link of the publisher's queue. Each transaction owns one; when it is published,
 * it gets the link before it in exchange, so that the queue needs no allocation (as in an MCS-style queue with a dummy head).
 */
final class PendingCommit {
    /** Set under WAL_INSERT after the fields below; read under PUBLISH. */
    volatile PendingCommit next;

    // written before the link is entered
    Transaction transaction;
    boolean synchronous;
    long csn;
}
