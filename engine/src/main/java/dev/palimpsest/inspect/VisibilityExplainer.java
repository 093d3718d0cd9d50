package dev.palimpsest.inspect;

import dev.palimpsest.api.Scan;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.VisibilityRule;
import dev.palimpsest.api.VisibilityVerdict;
import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.heap.Visibility;
import dev.palimpsest.id.Tid;
import dev.palimpsest.id.Xid;
import dev.palimpsest.page.LinePointer;
import dev.palimpsest.page.PageLayout;
import dev.palimpsest.table.NamedTable;
import dev.palimpsest.table.TableEngine;
import dev.palimpsest.table.TupleRow;
import dev.palimpsest.table.UserTransaction;
import dev.palimpsest.tuple.LittleEndian;
import dev.palimpsest.tuple.TupleLayout;
import dev.palimpsest.tuple.TupleReader;
import dev.palimpsest.tx.Snapshot;
import java.util.ArrayList;
import java.util.List;

/**
 * Goes the way that a statement's reads go, and tells of everything that it meets and why its snapshot sees it or not. One use.
 *
 * <p>The archive is looked at as a reader does: only where the page says that it may hold something for the snapshot, and in an index scan
 * only if nothing in the chain is visible.
 */
public final class VisibilityExplainer {
    private final UserTransaction user;
    private final TableInfo table;
    private final Snapshot snapshot;
    private final Visibility visibility;
    private final Fates fates;
    private final List<VisibilityVerdict> verdicts = new ArrayList<>();

    private VisibilityExplainer(UserTransaction user, TableInfo table, Snapshot snapshot, long published) {
        this.user = user;
        this.table = table;
        this.snapshot = snapshot;
        this.visibility = table.heap().visibility();
        this.fates = new Fates(published);
    }

    public static List<VisibilityVerdict> list(TableEngine tables, Transaction tx, String name, Scan scan) {
        return new NamedTable(tables, name).inspectScan(tx, scan, (user, table, snapshot, roots) -> {
            VisibilityExplainer explainer = new VisibilityExplainer(
                    user, table, snapshot, tables.transactions().published());
            user.holdUnprotectedBigValues(table);
            if (roots == null) {
                explainer.explainPages();
            } else {
                explainer.explainRoots(roots);
            }
            return explainer.verdicts;
        });
    }

    private void explainPages() {
        StoredPage page = new StoredPage(table.heap());
        for (int block = 0; block < table.heap().blockCount(); block++) {
            if (page.load(block)) {
                for (int number = 1, count = page.lineCount(); number <= count; number++) {
                    if (page.line(number) != LinePointer.UNUSED) {
                        addLine(page, number, null);
                    }
                }
                if (mayBeArchived(page)) {
                    page.archived().forEach(this::addArchived);
                }
            }
        }
    }

    private void explainRoots(NamedTable.Roots roots) {
        StoredPage page = new StoredPage(table.heap());
        for (long root = roots.next(); root != Tid.NONE; root = roots.next()) {
            if (page.load(Tid.block(root)) && !explainChain(page, root) && mayBeArchived(page)) {
                for (StoredPage.Archived version : page.archived()) {
                    if (version.root() == root) {
                        addArchived(version);
                    }
                }
            }
        }
    }

    private boolean mayBeArchived(StoredPage page) {
        return snapshot.csn() < PageLayout.own(page.page());
    }

    /** Up to the visible version, or the chain's end. @return whether there is a visible one */
    private boolean explainChain(StoredPage page, long root) {
        String rootName = Tid.toString(root);
        int number = Tid.linePointer(root);
        for (int hops = page.lineCount(); hops >= 0 && number > 0 && number <= page.lineCount(); hops--) {
            int line = page.line(number);
            if (line == LinePointer.UNUSED) {
                return false;
            }
            if (addLine(page, number, rootName)) {
                return true;
            }
            if (LinePointer.state(line) == LinePointer.STATE_REDIRECT) {
                number = LinePointer.target(line);
            } else if (LinePointer.isNormal(line)) {
                byte[] tuple = page.tuple(line);
                int hot = TupleReader.flags(tuple, 0) & (TupleLayout.HOT_UPDATED | TupleLayout.XMAX_ABORTED);
                number = hot == TupleLayout.HOT_UPDATED
                        ? LittleEndian.unsignedShortAt(tuple, TupleLayout.CTID_LINE_POINTER)
                        : 0;
            } else {
                return false;
            }
        }
        return false;
    }

    /** @return whether it is visible */
    private boolean addLine(StoredPage page, int number, String root) {
        int line = page.line(number);
        long tid = Tid.of(page.block(), number);
        byte[] tuple = LinePointer.hasItem(line) ? page.tuple(line) : null;
        VisibilityRule rule = switch (LinePointer.state(line)) {
            case LinePointer.STATE_NORMAL -> rule(tuple);
            case LinePointer.STATE_REDIRECT -> VisibilityRule.REDIRECT;
            case LinePointer.STATE_DEAD -> VisibilityRule.DEAD;
            default -> VisibilityRule.ARCHIVED_POINTER;
        };
        add(tid, Lines.state(line), root, tuple, rule);
        return rule.isVisible();
    }

    private VisibilityRule rule(byte[] tuple) {
        return visibility.explain(
                snapshot,
                TupleReader.xmin(tuple, 0),
                TupleReader.xmax(tuple, 0),
                TupleReader.flags(tuple, 0),
                LittleEndian.intAt(tuple, TupleLayout.CMIN),
                LittleEndian.intAt(tuple, TupleLayout.CMAX));
    }

    private void addArchived(StoredPage.Archived version) {
        VisibilityRule rule = version.isVisible(snapshot.csn())
                ? VisibilityRule.ARCHIVED
                : version.beginCsn() > snapshot.csn() ? VisibilityRule.ARCHIVED_LATER : VisibilityRule.ARCHIVED_ENDED;
        add(version.tid(), "ARCHIVED", Tid.toString(version.root()), version.tuple(), rule);
    }

    private void add(long tid, String line, String root, byte[] tuple, VisibilityRule rule) {
        if (tuple == null) {
            verdicts.add(new VisibilityVerdict(
                    Tid.toString(tid), line, root, 0, null, 0, 0, null, 0, snapshot.csn(), rule, null));
            return;
        }
        int flags = TupleReader.flags(tuple, 0);
        long xmin = TupleReader.xmin(tuple, 0);
        long xmax = TupleReader.xmax(tuple, 0);
        long begin = visibility.beginCsn(xmin, flags);
        long end = visibility.endCsn(xmax, flags);
        verdicts.add(new VisibilityVerdict(
                Tid.toString(tid),
                line,
                root,
                xmin,
                status(xmin, begin),
                fates.csn(begin),
                xmax,
                xmax == Xid.NONE ? "none" : status(xmax, end),
                xmax == Xid.NONE ? 0 : fates.csn(end),
                snapshot.csn(),
                rule,
                new TupleRow(table, user, tuple, tid)));
    }

    private String status(long xid, long fate) {
        return fate != Visibility.ABORTED && snapshot.transaction().isOwn(xid) ? "own" : fates.status(fate);
    }
}
