package dev.palimpsest.heap;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.VisibilityRule;
import dev.palimpsest.tuple.TupleLayout;
import dev.palimpsest.tx.Snapshot;
import dev.palimpsest.tx.Transaction;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** DESIGN's truth table: one test for each of its cells, with and without marks. */
class VisibilityTest {
    private static final int EARLIER = 2;
    private static final int CURRENT = 5;
    private static final int LATER = 7;

    private HeapFixture fixture;
    private Snapshot snapshot;
    private long own;
    private long before;
    private long after;
    private long open;
    private long aborted;

    @BeforeEach
    void transactions() {
        fixture = new HeapFixture(64);
        before = committed();
        Transaction reader = fixture.beginRepeatableRead();
        own = fixture.transactions.assignXid(reader);
        for (int i = 0; i < CURRENT; i++) {
            reader.nextCommand();
        }
        snapshot = reader.beginStatement();
        after = committed();
        open = fixture.transactions.assignXid(fixture.begin());
        Transaction rolledBack = fixture.begin();
        aborted = fixture.transactions.assignXid(rolledBack);
        fixture.transactions.abort(rolledBack);
    }

    @AfterEach
    void close() {
        fixture.close();
    }

    private long committed() {
        Transaction tx = fixture.begin();
        long xid = fixture.transactions.assignXid(tx);
        fixture.commit(tx);
        return xid;
    }

    /** What may stand in xmin or xmax: a transaction, a command, and the mark that others may have set. */
    private record End(String name, long xid, int command, int mark) {}

    private List<End> ends(boolean xmax) {
        int committedMark = xmax ? TupleLayout.XMAX_COMMITTED : TupleLayout.XMIN_COMMITTED;
        int abortedMark = xmax ? TupleLayout.XMAX_ABORTED : TupleLayout.XMIN_ABORTED;
        return List.of(
                new End("none", 0, 0, 0),
                new End("own, this command", own, CURRENT, 0),
                new End("own, later command", own, LATER, 0),
                new End("own, earlier command", own, EARLIER, 0),
                new End("committed before", before, 0, 0),
                new End("committed before, marked", before, 0, committedMark),
                new End("committed after", after, 0, 0),
                new End("committed after, marked", after, 0, committedMark),
                new End("in progress", open, 0, 0),
                new End("aborted", aborted, 0, 0),
                new End("aborted, marked", aborted, 0, abortedMark));
    }

    /** The names of xmin's rows, and for each those of xmax with which the version is visible. */
    private static final Map<String, List<String>> VISIBLE = Map.of(
            "own, earlier command", List.of("none", "aborted", "own, this command", "own, later command"),
            "committed before",
                    List.of(
                            "none",
                            "aborted",
                            "in progress",
                            "own, this command",
                            "own, later command",
                            "committed after"));

    private static final String THIS = "own, this command";
    private static final String NEXT = "own, later command";
    private static final String PREVIOUS = "own, earlier command";
    private static final String SEEN = "committed before";
    private static final String UNSEEN = "committed after";

    /** What {@code explain} says of a beginning that decides by itself. */
    private static final Map<String, VisibilityRule> BEGINNINGS = Map.of(
            THIS,
            VisibilityRule.OWN_NOT_YET,
            NEXT,
            VisibilityRule.OWN_NOT_YET,
            "in progress",
            VisibilityRule.XMIN_IN_PROGRESS,
            "aborted",
            VisibilityRule.XMIN_ABORTED,
            UNSEEN,
            VisibilityRule.XMIN_LATER);

    /** And of the ends of a version whose beginning is visible. */
    private static final Map<String, Map<String, VisibilityRule>> ENDS = Map.of(
            PREVIOUS,
            Map.of(
                    "none",
                    VisibilityRule.OWN,
                    "aborted",
                    VisibilityRule.OWN_XMAX_ABORTED,
                    THIS,
                    VisibilityRule.OWN_ENDED_NOT_YET,
                    NEXT,
                    VisibilityRule.OWN_ENDED_NOT_YET,
                    PREVIOUS,
                    VisibilityRule.OWN_ENDED),
            SEEN,
            Map.of(
                    "none",
                    VisibilityRule.COMMITTED,
                    "aborted",
                    VisibilityRule.COMMITTED_XMAX_ABORTED,
                    "in progress",
                    VisibilityRule.COMMITTED_XMAX_IN_PROGRESS,
                    THIS,
                    VisibilityRule.COMMITTED_XMAX_OWN_NOT_YET,
                    NEXT,
                    VisibilityRule.COMMITTED_XMAX_OWN_NOT_YET,
                    PREVIOUS,
                    VisibilityRule.COMMITTED_XMAX_OWN,
                    UNSEEN,
                    VisibilityRule.COMMITTED_XMAX_LATER,
                    SEEN,
                    VisibilityRule.ENDED));

    @TestFactory
    Stream<DynamicTest> shouldDecideEachCell() {
        Visibility visibility = new Visibility(fixture.transactions);
        List<DynamicTest> cells = new ArrayList<>();
        for (End xmin : ends(false)) {
            for (End xmax : ends(true)) {
                boolean cannotBe =
                        xmin.xid == 0 || xmin.xid == own && xmax.xid != own && xmax.xid != 0 && xmax.xid != aborted;
                if (cannotBe) {
                    continue;
                }
                boolean expected = VISIBLE.getOrDefault(plain(xmin), List.of()).contains(plain(xmax));
                VisibilityRule rule = BEGINNINGS.containsKey(plain(xmin))
                        ? BEGINNINGS.get(plain(xmin))
                        : ENDS.get(plain(xmin)).get(plain(xmax));
                int marks = xmin.mark | xmax.mark;
                cells.add(DynamicTest.dynamicTest("xmin " + xmin.name + ", xmax " + xmax.name, () -> {
                    assertEquals(
                            expected,
                            visibility.isVisible(snapshot, xmin.xid, xmax.xid, marks, xmin.command, xmax.command));
                    assertEquals(
                            rule, visibility.explain(snapshot, xmin.xid, xmax.xid, marks, xmin.command, xmax.command));
                    assertEquals(expected, rule.isVisible());
                }));
            }
        }
        return cells.stream();
    }

    /** A transaction may have 2^32 - 2 commands. */
    @Test
    void shouldCompareCommandsAsUnsigned() {
        Visibility visibility = new Visibility(fixture.transactions);
        int muchLater = Integer.MIN_VALUE;
        assertFalse(visibility.isVisible(snapshot, own, 0, 0, muchLater, 0));
        assertTrue(visibility.isVisible(snapshot, own, own, 0, EARLIER, muchLater));
    }

    @Test
    void shouldTellAKilledRowFromARolledBackOne() {
        Visibility visibility = new Visibility(fixture.transactions);
        assertEquals(VisibilityRule.KILLED, visibility.explain(snapshot, own, 0, TupleLayout.XMIN_ABORTED, EARLIER, 0));
    }

    private static String plain(End end) {
        return end.name.replace(", marked", "");
    }
}
