package dev.palimpsest.inspect;

import dev.palimpsest.catalog.IndexInfo;
import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.heap.HeapTuple;
import dev.palimpsest.id.Tid;
import dev.palimpsest.page.LinePointer;
import dev.palimpsest.tuple.LittleEndian;
import dev.palimpsest.tuple.TupleLayout;
import dev.palimpsest.tx.SnapshotHandle;
import dev.palimpsest.tx.Transaction;
import java.util.ArrayList;
import java.util.List;

/**
 * Checks one table: its tuples, its chains, and every index against the rows. One use.
 *
 * <p>A root is a line pointer that index entries may name: a redirect, a tuple that isn't heap-only, or what is left of one (dead, archived).
 * A root whose chain has a version that is visible now has exactly one entry in each index, with that version's key; an entry leads to a
 * root.
 */
final class TableCheck {
    private final TableInfo table;
    private final Transaction tx;
    private final Problems problems;
    private final CheckProgress progress;
    private final TupleCheck tuples;
    private final List<IndexCheck> indexes = new ArrayList<>();

    /** Heap-only tuples of the current page that a chain has reached, and those there are. */
    private final PageChains chains;

    TableCheck(TableInfo table, Transaction tx, long nextXid, Problems problems, CheckProgress progress) {
        this.table = table;
        this.tx = tx;
        this.problems = problems;
        this.progress = progress;
        this.tuples = new TupleCheck(table, nextXid, this::problem);
        this.chains = new PageChains(table.heap().visibility(), this::problem);
    }

    void run() {
        for (IndexInfo index : table.indexes()) {
            progress.at("index " + index.name(), 0, 1);
            IndexCheck check = new IndexCheck(table, index);
            problems.addAll(check.readEntries());
            indexes.add(check);
        }
        try (SnapshotHandle latest = tx.latestSnapshot()) {
            HeapTuple out = new HeapTuple();
            int[] lastBlock = {-1};
            table.heap().forEachLine((tid, line, page) -> {
                if (Tid.block(tid) != lastBlock[0]) {
                    chains.finish();
                    lastBlock[0] = Tid.block(tid);
                    progress.at(
                            "table " + table.name(), lastBlock[0], table.heap().blockCount());
                    chains.begin(lastBlock[0], page);
                    String visibility = table.heap().visibilityProblem(lastBlock[0], page);
                    if (visibility != null) {
                        problem(Tid.of(lastBlock[0], 0), visibility);
                    }
                }
                boolean sound = !LinePointer.hasItem(line) || tuples.check(tid, line, page);
                if (sound && isRoot(line, page)) {
                    chains.walk(Tid.linePointer(tid));
                    boolean live = table.heap().fetch(tid, latest.snapshot(), out);
                    for (IndexCheck index : indexes) {
                        index.root(tid, live ? out.bytes() : null, this::problem);
                    }
                }
            });
            chains.finish();
        }
        for (IndexCheck index : indexes) {
            index.finish(this::problem);
        }
    }

    private static boolean isRoot(int line, byte[] page) {
        int state = LinePointer.state(line);
        if (state == LinePointer.STATE_NORMAL) {
            int flags = LittleEndian.unsignedShortAt(page, LinePointer.offset(line) + TupleLayout.FLAGS);
            return (flags & TupleLayout.HEAP_ONLY) == 0;
        }
        return state == LinePointer.STATE_REDIRECT
                || state == LinePointer.STATE_DEAD
                || state == LinePointer.STATE_ARCHIVED;
    }

    private void problem(long tid, String what) {
        problems.add("table \"" + table.name() + "\" file=" + table.oid() + " block=" + Tid.block(tid) + " linePointer="
                + Tid.linePointer(tid) + ": " + what);
    }

    /** Takes a problem at a place. */
    @FunctionalInterface
    interface Reporter {
        void problem(long tid, String what);
    }
}
