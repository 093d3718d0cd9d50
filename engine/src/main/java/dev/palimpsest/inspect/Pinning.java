package dev.palimpsest.inspect;

import dev.palimpsest.api.LiveSnapshot;
import dev.palimpsest.catalog.CatalogSnapshot;
import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.heap.Visibility;
import dev.palimpsest.id.Lsn;
import dev.palimpsest.table.TableEngine;
import dev.palimpsest.tuple.TupleReader;
import dev.palimpsest.tx.LiveSnapshots;
import dev.palimpsest.tx.Origins;
import dev.palimpsest.tx.SnapshotKind;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Who needs which version, at one moment, in the words of the API. Not thread-safe. */
final class Pinning {
    private static final BitSet NOBODY = new BitSet();

    private final LiveSnapshots live;
    private final List<LiveSnapshot> snapshots = new ArrayList<>();
    private final Map<BitSet, List<LiveSnapshot>> sets = new HashMap<>();

    /** Of this moment: to be made before the caller takes a snapshot itself. */
    Pinning(TableEngine tables) {
        live = tables.transactions().liveSnapshots();
        CatalogSnapshot catalog = tables.currentCatalog();
        long nowMicros = tables.heapContext().scheduler().currentTimeMicros();
        for (LiveSnapshots.Entry entry : live.entries()) {
            TableInfo table = entry.relation() == 0 ? null : catalog.table(entry.relation());
            LiveSnapshot.Kind kind = entry.pending()
                    ? LiveSnapshot.Kind.PENDING
                    : entry.kind() == SnapshotKind.OPEN ? LiveSnapshot.Kind.OPEN : LiveSnapshot.Kind.POINT;
            snapshots.add(new LiveSnapshot(
                    entry.sessionId(),
                    entry.csn(),
                    kind,
                    table == null ? null : table.name(),
                    entry.openedMicros(),
                    Math.max(0, nowMicros - entry.openedMicros()),
                    Origins.describe(entry.origin())));
        }
    }

    LiveSnapshots.Needs in(TableInfo table) {
        return live.inRelation(table.heap().fileNumber());
    }

    /**
     * Who needs a version.
     *
     * @param begin {@link Visibility#beginCsn}
     * @param end {@link Visibility#endCsn}
     * @return null if it isn't dead: not ended, or ended after this moment
     */
    BitSet needing(LiveSnapshots.Needs needs, long begin, long end) {
        if (begin == Visibility.ABORTED) {
            return NOBODY;
        }
        boolean dead = begin != Lsn.INFINITE && end != Visibility.ABORTED && end <= live.published();
        return dead ? needs.of(begin, end) : null;
    }

    /** Who needs the version whose tuple begins at {@code offset}; as above. */
    BitSet needing(LiveSnapshots.Needs needs, Visibility visibility, byte[] bytes, int offset) {
        int flags = TupleReader.flags(bytes, offset);
        return needing(
                needs,
                visibility.beginCsn(TupleReader.xmin(bytes, offset), flags),
                visibility.endCsn(TupleReader.xmax(bytes, offset), flags));
    }

    /** The newest commit of this moment. */
    long published() {
        return live.published();
    }

    /** The snapshots of such a set. */
    List<LiveSnapshot> named(BitSet set) {
        return sets.computeIfAbsent(
                set, key -> key.stream().mapToObj(snapshots::get).toList());
    }

    int count() {
        return snapshots.size();
    }
}
