package dev.palimpsest.heap;

import dev.palimpsest.buffer.BufferPool;
import dev.palimpsest.scheduler.Scheduler;
import dev.palimpsest.tx.TransactionManager;
import dev.palimpsest.wal.Wal;

/** What every heap of a database shares. */
public record HeapContext(
        BufferPool pool,
        Wal wal,
        TransactionManager transactions,
        Scheduler scheduler,
        HeapCounters counters,
        ArchiveHolder archive) {

    /** Without an archive yet. */
    public HeapContext(
            BufferPool pool, Wal wal, TransactionManager transactions, Scheduler scheduler, HeapCounters counters) {
        this(pool, wal, transactions, scheduler, counters, new ArchiveHolder());
    }
}
