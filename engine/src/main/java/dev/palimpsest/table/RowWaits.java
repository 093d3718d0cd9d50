package dev.palimpsest.table;

import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.heap.ModifyResult;
import dev.palimpsest.lock.WaitContext;
import dev.palimpsest.scheduler.Step;

/** A statement waits for others because of a row; afterwards its caller looks at the row again. Stateless. */
final class RowWaits {
    private RowWaits() {}

    /** Where a wait for a row comes from. */
    static WaitContext context(UserTransaction t, TableInfo table, long tid) {
        return new WaitContext(table.name(), tid, RowName.of(t, table, tid));
    }

    /** Waits for another transaction's end. */
    static void forEnd(UserTransaction t, long xid, TableInfo table, long tid) {
        t.engine().transactions().waitForEnd(t.tx(), xid, context(t, table, tid));
        t.engine().scheduler().step(Step.HEAP_WAIT_OVER);
    }

    /**
     * Waits until more is known about a row that was met in a unique index: for its transaction's end, or, if the row may yet have to give
     * way, only for that. If it has given way meanwhile, nobody is waited for.
     */
    static void forInserter(UserTransaction t, long xid, TableInfo table, long tid) {
        t.engine().scheduler().step(Step.LOCK_REQUESTED); // it may give way between the look and the wait
        boolean speculative =
                t.engine().transactions().waitForSpeculation(t.tx(), xid, table.oid(), tid, context(t, table, tid));
        if (speculative || table.heap().checkLive(tid, t.tx()) != xid) {
            t.engine().scheduler().step(Step.HEAP_WAIT_OVER);
        } else {
            forEnd(t, xid, table, tid);
        }
    }

    /** Waits for whom a result with status WAIT tells of: who ended the row, or who has locked it. */
    static void forHolder(UserTransaction t, ModifyResult result, TableInfo table, long tid) {
        if (result.holder() == null) {
            forEnd(t, result.xid(), table, tid);
            return;
        }
        WaitContext context = context(t, table, tid);
        t.engine().locks().waitForSub(t.tx(), result.holder(), result.holderNumber(), result.holderSub(), context);
        t.engine().scheduler().step(Step.HEAP_WAIT_OVER);
    }
}
