package dev.palimpsest.heap;

import dev.palimpsest.id.Tid;
import dev.palimpsest.page.LinePointer;
import dev.palimpsest.page.PageLayout;
import dev.palimpsest.page.SlottedPage;
import dev.palimpsest.wal.WalRecordBuilder;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.function.IntConsumer;

/**
 * What vacuum does to one page in one change: a {@link PrunePlan}, and beyond that roots made dead or archived, rolled-back ends taken off,
 * the newest end among archived versions, and whether the page is visible to all from now on. The same plan is applied by vacuum and at redo. Not
 * thread-safe.
 *
 * <pre>
 *  u8 1 all visible, i64 newest end among archived versions
 *  {@link PrunePlan}
 *  u16 dead roots,     each: u16 line pointer, u16 that of the body that it keeps
 *  u16 archived roots, each: u16 line pointer
 *  u16 cleared ends,   each: u16 line pointer
 * </pre>
 */
final class VacuumPlan {
    final PrunePlan prune;
    private final Numbers dead = new Numbers();
    private final Numbers archived = new Numbers();
    private final Numbers cleared = new Numbers();
    private long newestArchivedEnd;
    private boolean allVisible;

    VacuumPlan(PrunePlan prune) {
        this.prune = prune;
    }

    /** A list of line pointers. */
    private static final class Numbers {
        int[] numbers = new int[8];
        int count;

        void add(int number) {
            numbers = count == numbers.length ? Arrays.copyOf(numbers, 2 * count) : numbers;
            numbers[count++] = number;
        }

        void write(WalRecordBuilder record, int each) {
            record.putShort(count / each);
            for (int i = 0; i < count; i++) {
                record.putShort(numbers[i]);
            }
        }

        void read(ByteBuffer payload, int each) {
            for (int n = each * (payload.getShort() & 0xFFFF); n > 0; n--) {
                add(payload.getShort() & 0xFFFF);
            }
        }

        @Override
        public String toString() {
            return Arrays.toString(Arrays.copyOf(numbers, count));
        }
    }

    /** The root becomes dead and takes over the body of a version of its chain, perhaps its own. */
    void makeDead(int root, int bodyLine) {
        dead.add(root);
        dead.add(bodyLine);
    }

    void makeArchived(int root) {
        archived.add(root);
    }

    void clearEnd(int linePointer) {
        cleared.add(linePointer);
    }

    void setNewestArchivedEnd(long csn) {
        newestArchivedEnd = csn;
    }

    void setAllVisible() {
        allVisible = true;
    }

    boolean isAllVisible() {
        return allVisible;
    }

    private boolean movesItems() {
        return prune.frees() || dead.count + archived.count > 0;
    }

    /** Would it change nothing? */
    boolean isEmpty(ByteBuffer page) {
        return prune.isEmpty()
                && dead.count + archived.count + cleared.count == 0
                && newestArchivedEnd == PageLayout.own(page)
                && allVisible == HeapPage.isAllVisible(page);
    }

    /** Changes the page; the caller holds its exclusive latch (or replays). */
    void apply(ByteBuffer page, int block) {
        HeapPage.clearAllVisible(page);
        for (int i = 0; i < archived.count; i++) {
            SlottedPage.setLine(page, archived.numbers[i], LinePointer.ARCHIVED);
        }
        prune.applyLines(page);
        for (int i = 0; i < cleared.count; i++) {
            int line = cleared.numbers[i];
            HeapPage.clearEnd(page, HeapPage.tupleOffset(page, line), Tid.of(block, line));
        }
        for (int i = 0; i < dead.count; i += 2) {
            applyDead(page, block, dead.numbers[i], dead.numbers[i + 1]);
        }
        if (movesItems()) {
            SlottedPage.truncateLines(page);
            SlottedPage.compact(page);
        }
        PageLayout.setOwn(page, newestArchivedEnd);
        if (allVisible) {
            HeapPage.makeAllVisible(page);
        }
    }

    private static void applyDead(ByteBuffer page, int block, int root, int bodyLine) {
        int body = SlottedPage.line(page, bodyLine);
        if (HeapPage.ctid(page, LinePointer.offset(body)) == Tid.of(block, bodyLine)) {
            HeapPage.setCtid(page, LinePointer.offset(body), Tid.of(block, root)); // a link to itself stays one
        }
        SlottedPage.setLine(page, root, LinePointer.dead(LinePointer.offset(body), LinePointer.length(body)));
        if (bodyLine != root) {
            SlottedPage.setLine(page, bodyLine, LinePointer.UNUSED);
            HeapPage.noteFreeLines(page);
        }
    }

    /** Line pointers whose version goes, or went before. */
    void forEachGone(IntConsumer action) {
        prune.forEachGone(action);
        for (int i = 0; i < dead.count; i++) {
            action.accept(dead.numbers[i]);
        }
        for (int i = 0; i < archived.count; i++) {
            action.accept(archived.numbers[i]);
        }
    }

    void write(WalRecordBuilder record) {
        record.putByte(allVisible ? 1 : 0).putLong(newestArchivedEnd);
        prune.write(record);
        dead.write(record, 2);
        archived.write(record, 1);
        cleared.write(record, 1);
    }

    static VacuumPlan read(ByteBuffer payload) {
        boolean visible = payload.get() != 0;
        long csn = payload.getLong();
        VacuumPlan plan = new VacuumPlan(PrunePlan.read(payload));
        plan.allVisible = visible;
        plan.newestArchivedEnd = csn;
        plan.dead.read(payload, 2);
        plan.archived.read(payload, 1);
        plan.cleared.read(payload, 1);
        return plan;
    }

    @Override
    public String toString() {
        return prune + " dead=" + dead + " archived=" + archived + " cleared=" + cleared + " newest archived end="
                + newestArchivedEnd + (allVisible ? " all visible" : "");
    }
}
