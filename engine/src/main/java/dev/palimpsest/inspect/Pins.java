package dev.palimpsest.inspect;

import dev.palimpsest.api.SnapshotPin;
import dev.palimpsest.api.WaitPolicy;
import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.heap.Heap;
import dev.palimpsest.heap.HeapVacuum;
import dev.palimpsest.heap.Visibility;
import dev.palimpsest.lock.LockMode;
import dev.palimpsest.page.LinePointer;
import dev.palimpsest.table.TableEngine;
import dev.palimpsest.tx.LiveSnapshots;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What live snapshots keep, for {@code mvcc_pins}: every dead version of every table, counted for the set of snapshots that need it. One use.
 *
 * <p>Pages that are visible to all hold nothing dead, so they aren't read.
 */
public final class Pins {
    private final TableEngine tables;
    private final Map<BitSet, Tally> tallies = new HashMap<>();
    private Pinning pinning;

    private static final class Tally {
        private long versions;
        private long bytes;
        private long archivedVersions;
        private long archivedBytes;

        void add(int length, boolean archived) {
            versions++;
            bytes += length;
            if (archived) {
                archivedVersions++;
                archivedBytes += length;
            }
        }
    }

    public Pins(TableEngine tables) {
        this.tables = tables;
    }

    public List<SnapshotPin> list() {
        pinning = new Pinning(tables);
        for (TableInfo table : tables.currentCatalog().tables()) {
            count(table);
        }
        List<SnapshotPin> pins = new ArrayList<>();
        for (int i = 0; i < pinning.count(); i++) {
            BitSet alone = new BitSet();
            alone.set(i);
            tallies.putIfAbsent(alone, new Tally());
        }
        tallies.putIfAbsent(new BitSet(), new Tally());
        tallies.entrySet().stream()
                .sorted(Comparator.comparingInt((Map.Entry<BitSet, Tally> entry) -> order(entry.getKey()))
                        .thenComparing(entry -> entry.getKey().toString()))
                .forEach(entry -> pins.add(pin(entry.getKey(), entry.getValue())));
        return pins;
    }

    /** Each by itself in their order, then sets, small ones first, then what nobody needs. */
    private static int order(BitSet set) {
        return switch (set.cardinality()) {
            case 0 -> Integer.MAX_VALUE;
            case 1 -> Integer.MIN_VALUE + set.nextSetBit(0);
            default -> set.cardinality();
        };
    }

    private SnapshotPin pin(BitSet set, Tally tally) {
        return new SnapshotPin(
                pinning.named(set), tally.versions, tally.bytes, tally.archivedVersions, tally.archivedBytes);
    }

    /** Locked, so that its files stay; if that would mean waiting it is left out. */
    private void count(TableInfo table) {
        tables.inTransaction(tx -> {
            boolean locked = tables.transactions()
                    .locks()
                    .lockRelation(tx, table.oid(), LockMode.ACCESS_SHARE, WaitPolicy.SKIP_LOCKED, table.name());
            TableInfo now = locked ? tables.catalog().current(tx).table(table.oid()) : null;
            if (now != null) {
                countPages(now);
            }
            return null;
        });
    }

    private void countPages(TableInfo table) {
        Heap heap = table.heap();
        HeapVacuum pages = heap.vacuum();
        LiveSnapshots.Needs needs = pinning.in(table);
        StoredPage stored = new StoredPage(heap);
        for (int block = pages.nextNotAllVisible(0); block < heap.blockCount(); ) {
            if (stored.load(block)) {
                countPage(stored, heap.visibility(), needs);
            }
            block = pages.nextNotAllVisible(block + 1);
        }
    }

    private void countPage(StoredPage stored, Visibility visibility, LiveSnapshots.Needs needs) {
        byte[] bytes = stored.page().array();
        for (int number = 1, count = stored.lineCount(); number <= count; number++) {
            int line = stored.line(number);
            if (LinePointer.hasItem(line)) {
                BitSet set = LinePointer.isNormal(line)
                        ? pinning.needing(needs, visibility, bytes, LinePointer.offset(line))
                        : new BitSet(); // kept for its keys
                if (set != null) {
                    add(set, LinePointer.length(line), false);
                }
            }
        }
        for (StoredPage.Archived version : stored.archived()) {
            add(pinning.needing(needs, version.beginCsn(), version.endCsn()), version.tuple().length, true);
        }
    }

    private void add(BitSet set, int length, boolean archived) {
        if (set != null) {
            tallies.computeIfAbsent(set, key -> new Tally()).add(length, archived);
        }
    }
}
