package dev.palimpsest.tx;

import dev.palimpsest.latch.Latch;
import dev.palimpsest.latch.LatchRank;
import dev.palimpsest.scheduler.Fault;
import dev.palimpsest.scheduler.Scheduler;
import dev.palimpsest.scheduler.Step;
import java.util.function.LongConsumer;

/**
 * Makes commits visible in the order of their records: numbers, then statuses, then the published number, once for all that are ready.
 *
 * <p>{@link #enter} runs in the append of the commit record, under WAL_INSERT; {@link #publishReady} on the WAL task after each force,
 * and on the thread of an asynchronous committer. README.md, "Publication".
 */
final class Publisher {
    private final CommitWal wal;
    private final CommitNumbers numbers;
    private final CommitLog statuses;
    private final PublishedCsn published;
    private final Scheduler scheduler;
    private final Latch latch;

    /** One of the tests' bugs. */
    private final boolean publishesTooEarly;

    /** Told under PUBLISH after a publication, with the xid of its last commit. */
    private final LongConsumer afterPublication;

    /** The last link. Guarded by WAL_INSERT. */
    private PendingCommit tail = new PendingCommit();

    /** The link before the first pending one. Guarded by PUBLISH. */
    private PendingCommit head = tail;

    /** The newest synchronous commit that entered: it is forced before any later commit is published. Guarded by WAL_INSERT. */
    private long newestForceLsn;

    Publisher(
            CommitWal wal,
            CommitNumbers numbers,
            CommitLog statuses,
            PublishedCsn published,
            Scheduler scheduler,
            LongConsumer afterPublication) {
        this.wal = wal;
        this.numbers = numbers;
        this.statuses = statuses;
        this.published = published;
        this.scheduler = scheduler;
        this.latch = new Latch(LatchRank.PUBLISH, scheduler);
        this.afterPublication = afterPublication;
        publishesTooEarly = scheduler.isSeeded(Fault.PUBLISHED_BEFORE_DURABLE);
    }

    /**
     * Enters a commit whose record ends at {@code csn}. Runs under WAL_INSERT, so in record order.
     *
     * @return what has to be forced before it can be published
     */
    long enter(PendingCommit commit, long csn) {
        commit.csn = csn;
        if (commit.synchronous) {
            newestForceLsn = csn;
        }
        commit.next = null;
        tail.next = commit;
        tail = commit;
        return newestForceLsn;
    }

    /**
     * Publishes all commits at the head of the queue that are durable or don't have to be.
     *
     * @param durableLsn at least so much is durable
     */
    void publishReady(long durableLsn) {
        latch.acquireExclusive();
        try {
            long durable = Math.max(durableLsn, wal.durableLsn());
            PendingCommit last = null;
            for (PendingCommit c = head.next;
                    c != null && (c.csn <= durable || !c.synchronous || publishesTooEarly);
                    c = c.next) {
                c.transaction.storeNumbers(numbers, c.csn);
                last = c;
            }
            if (last != null) {
                publishUpTo(last);
            }
        } finally {
            latch.releaseExclusive();
        }
    }

    /** Caller holds PUBLISH; all up to {@code last} have their numbers. */
    private void publishUpTo(PendingCommit last) {
        scheduler.step(Step.COMMIT_NUMBER_STORED);
        for (PendingCommit c = head.next; ; c = c.next) {
            c.transaction.storeStatuses(statuses, c.csn);
            if (c == last) {
                break;
            }
        }
        scheduler.step(Step.COMMIT_STATUS_STORED);
        long csn = last.csn;
        long xid = last.transaction.xid();
        leave(last);
        published.advance(csn); // from here on its committer may return and use its link again
        scheduler.step(Step.COMMIT_PUBLISHED);
        afterPublication.accept(xid);
    }

    /** Takes all up to {@code last} out; each transaction gets the link before its own. */
    private void leave(PendingCommit last) {
        PendingCommit before = head;
        while (before != last) {
            PendingCommit link = before.next;
            Transaction transaction = link.transaction;
            link.transaction = null;
            transaction.exchangeLink(before);
            before = link;
        }
        head = last;
    }

    /** For the committer, before it waits: never, but for the tests. */
    boolean publishesTooEarly() {
        return publishesTooEarly;
    }

    /** Runs something under PUBLISH. */
    void exclusively(Runnable work) {
        latch.acquireExclusive();
        try {
            work.run();
        } finally {
            latch.releaseExclusive();
        }
    }
}
