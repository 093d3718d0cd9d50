package dev.palimpsest.inspect;

import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.TupleVersion;
import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.heap.Visibility;
import dev.palimpsest.id.Lsn;
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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** Every stored version of a table, for {@code mvcc_versions}. Stateless. */
public final class Versions {
    private Versions() {}

    public static List<TupleVersion> list(TableEngine tables, Transaction tx, String name) {
        return new NamedTable(tables, name).inspect(tx, (user, table) -> {
            List<TupleVersion> versions = new ArrayList<>();
            long published = tables.transactions().published();
            table.heap()
                    .forEachLine((tid, line, page) -> versions.add(version(user, table, published, tid, line, page)));
            return versions;
        });
    }

    private static TupleVersion version(
            UserTransaction user, TableInfo table, long published, long tid, int line, byte[] page) {
        String place = Tid.toString(tid);
        if (!LinePointer.isNormal(line)) {
            boolean redirect = LinePointer.state(line) == LinePointer.STATE_REDIRECT;
            String state =
                    redirect ? "REDIRECT" : LinePointer.state(line) == LinePointer.STATE_DEAD ? "DEAD" : "ARCHIVED";
            String next = redirect ? Tid.toString(Tid.of(Tid.block(tid), LinePointer.target(line))) : null;
            return new TupleVersion(place, state, 0, 0, null, null, 0, 0, next, false, null, null, null, List.of());
        }
        byte[] tuple =
                Arrays.copyOfRange(page, LinePointer.offset(line), LinePointer.offset(line) + LinePointer.length(line));
        Visibility visibility = table.heap().visibility();
        int flags = TupleReader.flags(tuple, 0);
        long xmin = TupleReader.xmin(tuple, 0);
        long begin = visibility.beginCsn(xmin, flags);
        long end = visibility.endCsn(TupleReader.xmax(tuple, 0), flags);
        long xmax = end == Visibility.ABORTED ? Xid.NONE : TupleReader.xmax(tuple, 0);
        long next = Tid.of(
                LittleEndian.intAt(tuple, TupleLayout.CTID_BLOCK),
                LittleEndian.unsignedShortAt(tuple, TupleLayout.CTID_LINE_POINTER));
        boolean hasNext = xmax != Xid.NONE && (flags & TupleLayout.UPDATED) != 0 && next != tid;
        return new TupleVersion(
                place,
                "NORMAL",
                xmin,
                xmax,
                status(begin, published),
                xmax == Xid.NONE ? "none" : status(end, published),
                csn(begin, published),
                xmax == Xid.NONE ? 0 : csn(end, published),
                hasNext ? Tid.toString(next) : null,
                (flags & TupleLayout.HEAP_ONLY) != 0,
                new TupleRow(table, user, tuple, tid),
                null,
                end != Visibility.ABORTED && isDecided(end, published) || begin == Visibility.ABORTED ? "dead" : "live",
                List.of());
    }

    private static String status(long fate, long published) {
        return fate == Visibility.ABORTED ? "aborted" : isDecided(fate, published) ? "committed" : "in progress";
    }

    private static long csn(long fate, long published) {
        return fate != Visibility.ABORTED && isDecided(fate, published) ? fate : 0;
    }

    private static boolean isDecided(long fate, long published) {
        return fate != Lsn.INFINITE && fate <= published;
    }
}
