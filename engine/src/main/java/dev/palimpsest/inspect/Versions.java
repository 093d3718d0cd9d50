package dev.palimpsest.inspect;

import dev.palimpsest.api.LiveSnapshot;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.TupleVersion;
import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.heap.Visibility;
import dev.palimpsest.id.Tid;
import dev.palimpsest.id.Xid;
import dev.palimpsest.page.LinePointer;
import dev.palimpsest.table.NamedTable;
import dev.palimpsest.table.TableEngine;
import dev.palimpsest.table.TupleRow;
import dev.palimpsest.table.UserTransaction;
import dev.palimpsest.tuple.LittleEndian;
import dev.palimpsest.tuple.TupleLayout;
import dev.palimpsest.tuple.TupleReader;
import dev.palimpsest.tx.LiveSnapshots;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/** Every stored version of a table, for {@code mvcc_versions}. One use. */
public final class Versions {
    private final UserTransaction user;
    private final TableInfo table;
    private final Visibility visibility;
    private final Pinning pinning;
    private final LiveSnapshots.Needs needs;
    private final Fates fates;
    private final List<TupleVersion> versions = new ArrayList<>();

    private Versions(UserTransaction user, TableInfo table, Pinning pinning) {
        this.user = user;
        this.table = table;
        this.visibility = table.heap().visibility();
        this.pinning = pinning;
        this.needs = pinning.in(table);
        this.fates = new Fates(pinning.published());
    }

    public static List<TupleVersion> list(TableEngine tables, Transaction tx, String name) {
        Pinning pinning = new Pinning(tables);
        return new NamedTable(tables, name).inspect(tx, (user, table) -> new Versions(user, table, pinning).list());
    }

    private List<TupleVersion> list() {
        user.holdUnprotectedBigValues(table);
        StoredPage page = new StoredPage(table.heap());
        for (int block = 0; block < table.heap().blockCount(); block++) {
            if (page.load(block)) {
                for (int number = 1, count = page.lineCount(); number <= count; number++) {
                    addLine(page, number);
                }
                for (StoredPage.Archived version : page.archived()) {
                    addArchived(version);
                }
            }
        }
        return versions;
    }

    private void addLine(StoredPage page, int number) {
        int line = page.line(number);
        if (line == LinePointer.UNUSED) {
            return;
        }
        long tid = Tid.of(page.block(), number);
        String state = Lines.state(line);
        if (!LinePointer.hasItem(line)) {
            boolean redirect = LinePointer.state(line) == LinePointer.STATE_REDIRECT;
            String next = redirect ? Tid.toString(Tid.of(page.block(), LinePointer.target(line))) : null;
            versions.add(new TupleVersion(
                    Tid.toString(tid), state, 0, 0, null, null, 0, 0, next, false, null, null, null, List.of()));
            return;
        }
        byte[] tuple = page.tuple(line);
        int flags = TupleReader.flags(tuple, 0);
        long begin = visibility.beginCsn(TupleReader.xmin(tuple, 0), flags);
        long end = visibility.endCsn(TupleReader.xmax(tuple, 0), flags);
        BitSet needing = LinePointer.isNormal(line) ? pinning.needing(needs, begin, end) : new BitSet();
        List<LiveSnapshot> pinnedBy = needing == null ? List.of() : pinning.named(needing);
        add(
                tid,
                state,
                tuple,
                begin,
                end,
                null,
                needing == null ? "live" : pinnedBy.isEmpty() ? "dead" : "pinned",
                pinnedBy);
    }

    private void addArchived(StoredPage.Archived version) {
        BitSet needing = pinning.needing(needs, version.beginCsn(), version.endCsn());
        add(
                version.tid(),
                "ARCHIVED",
                version.tuple(),
                version.beginCsn(),
                version.endCsn(),
                Tid.toString(version.root()),
                "archived",
                needing == null ? List.of() : pinning.named(needing));
    }

    private void add(
            long tid,
            String line,
            byte[] tuple,
            long begin,
            long end,
            String root,
            String state,
            List<LiveSnapshot> pinnedBy) {
        int flags = TupleReader.flags(tuple, 0);
        long xmax = end == Visibility.ABORTED ? Xid.NONE : TupleReader.xmax(tuple, 0);
        long next = Tid.of(
                LittleEndian.intAt(tuple, TupleLayout.CTID_BLOCK),
                LittleEndian.unsignedShortAt(tuple, TupleLayout.CTID_LINE_POINTER));
        boolean hasNext = xmax != Xid.NONE && (flags & TupleLayout.UPDATED) != 0 && next != tid;
        versions.add(new TupleVersion(
                Tid.toString(tid),
                line,
                TupleReader.xmin(tuple, 0),
                xmax,
                fates.status(begin),
                xmax == Xid.NONE ? "none" : fates.status(end),
                fates.csn(begin),
                xmax == Xid.NONE ? 0 : fates.csn(end),
                hasNext ? Tid.toString(next) : null,
                (flags & TupleLayout.HEAP_ONLY) != 0,
                new TupleRow(table, user, tuple, tid),
                root,
                state,
                pinnedBy));
    }
}
