package dev.palimpsest.retention;

import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.engine.EngineDatabase;
import dev.palimpsest.engine.EngineParts;
import dev.palimpsest.id.Lsn;
import dev.palimpsest.id.PageId;
import dev.palimpsest.id.Tid;
import dev.palimpsest.retention.StoredVersions.Place;
import dev.palimpsest.retention.VersionModel.State;
import dev.palimpsest.retention.VersionModel.Version;
import dev.palimpsest.tx.CommitListener;
import dev.palimpsest.tx.LiveSlots;
import dev.palimpsest.tx.LiveSnapshots;
import dev.palimpsest.tx.SnapshotKind;
import dev.palimpsest.tx.Transaction;
import dev.palimpsest.tx.TransactionManager;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The reclaim rule by brute force, in both directions: what a live snapshot needs is stored, and what none needed when a vacuum cycle began isn't
 * stored any more when it has ended. Looks at one moment while nobody else runs. For one life of a database.
 */
final class RetentionOracle {
    /** What a vacuum cycle that begins now has to remove. */
    record Doomed(Set<Long> versions, Set<Place> remains, Set<Long> emptyRoots) {}

    private final FreezingScheduler scheduler;
    private final EngineDatabase db;
    private final VersionModel model;
    private final TableInfo table;
    private final TransactionManager transactions;

    /** By xid, as the engine tells whoever listens. */
    private final Map<Long, Long> commits = new HashMap<>();

    /** So that a run can say what it met. */
    final Counts counts;

    static final class Counts {
        int looks;
        int cycles;
        long needed;
        long neededOnlyByPoints;
        long inArchive;
        long doomed;
        long doomedInArchive;

        void add(Counts other) {
            looks += other.looks;
            cycles += other.cycles;
            needed += other.needed;
            neededOnlyByPoints += other.neededOnlyByPoints;
            inArchive += other.inArchive;
            doomed += other.doomed;
            doomedInArchive += other.doomedInArchive;
        }

        @Override
        public String toString() {
            return "looks=" + looks + " cycles=" + cycles + " needed=" + needed + " onlyByPoints=" + neededOnlyByPoints
                    + " inArchive=" + inArchive + " doomed=" + doomed + " doomedInArchive=" + doomedInArchive;
        }
    }

    RetentionOracle(EngineDatabase db, String table, FreezingScheduler scheduler, VersionModel model, Counts counts) {
        this.scheduler = scheduler;
        this.db = db;
        this.model = model;
        this.table = EngineParts.table(db, table);
        this.counts = counts;
        transactions = EngineParts.transactions(db);
        transactions.addCommitListener(new CommitListener() {
            @Override
            public void committed(Transaction transaction, long csn) {
                commits.put(transaction.xid(), csn);
            }

            @Override
            public void aborted(Transaction transaction) {}
        });
    }

    long published() {
        return transactions.published();
    }

    void resolve() {
        model.resolve(xid -> {
            Long told = commits.get(xid);
            long csn = told != null ? told : transactions.commitCsn(xid);
            return csn == Lsn.INFINITE ? -1 : csn;
        });
    }

    /** What a snapshot of this number sees. */
    Map<Long, Version> asOf(long csn) {
        resolve();
        return model.asOf(csn);
    }

    /**
     * Nothing that is needed is missing.
     *
     * @return false if somebody was in the way
     */
    boolean checkNothingIsMissing() {
        return scheduler.frozen(() -> {
            resolve();
            LiveSlots live = LiveSlots.now(transactions);
            StoredVersions stored = StoredVersions.of(table);
            if (!scheduler.isSpoiled()) {
                requireNeeded(live, stored);
            }
        });
    }

    private void requireNeeded(LiveSlots live, StoredVersions stored) {
        counts.looks++;
        for (Version version : model.all()) {
            if (version.begin == VersionModel.NEVER) {
                continue;
            }
            String byPage = version.end == VersionModel.NEVER
                    ? "it is the newest"
                    : version.end > live.published() ? "it ended after published=" + live.published() : null;
            String byPoint = null;
            for (LiveSnapshots.Entry snapshot : live.snapshots()) {
                if (snapshot.kind() == SnapshotKind.OPEN) {
                    boolean all = snapshot.relation() == 0
                            || snapshot.relation() == table.heap().fileNumber();
                    byPage = all && snapshot.csn() < version.end ? snapshot.toString() : byPage;
                } else if (version.isVisible(snapshot.csn())) {
                    byPoint = snapshot.toString();
                }
            }
            if (byPage != null && !stored.onPage.containsKey(version.id)) {
                throw missing(version, byPage, stored);
            }
            if (byPoint != null && !stored.onPage.containsKey(version.id) && !stored.archived.containsKey(version.id)) {
                throw missing(version, byPoint, stored);
            }
            counts.needed += byPage != null || byPoint != null ? 1 : 0;
            counts.neededOnlyByPoints += byPage == null && byPoint != null ? 1 : 0;
        }
        counts.inArchive += stored.archived.size();
    }

    private static AssertionError missing(Version version, String why, StoredVersions stored) {
        return new AssertionError("missing: " + version + ", needed since " + why + "; " + stored.where(version.id));
    }

    /**
     * What nobody needs now and will ever need.
     *
     * @return null if somebody was in the way
     */
    Doomed doomed() {
        Doomed doomed = new Doomed(new HashSet<>(), new HashSet<>(), new HashSet<>());
        boolean seen = scheduler.frozen(() -> {
            resolve();
            LiveSlots live = LiveSlots.now(transactions);
            StoredVersions stored = StoredVersions.of(table);
            if (!scheduler.isSpoiled()) {
                for (long id : stored.onPage.keySet()) {
                    if (isDead(id, live)) {
                        doomed.versions.add(id);
                    }
                }
                for (long id : stored.archived.keySet()) {
                    if (isDead(id, live)) {
                        doomed.versions.add(id);
                        counts.doomedInArchive++;
                    }
                }
                doomed.remains.addAll(stored.remains);
                doomed.emptyRoots.addAll(stored.emptyRoots);
            }
        });
        return seen ? doomed : null;
    }

    private boolean isDead(long id, LiveSlots live) {
        Version version = model.version(id);
        if (version == null) {
            throw new AssertionError("a stored version that nobody wrote, id=" + id);
        }
        if (version.undone || version.writer.state == State.ABORTED) {
            return true;
        }
        if (version.begin == VersionModel.NEVER
                || version.end > Math.min(live.limit(), scheduler.lowestClaim())) { // NEVER is above all
            return false;
        }
        for (LiveSnapshots.Entry snapshot : live.snapshots()) {
            boolean needs = snapshot.kind() == SnapshotKind.OPEN
                    ? snapshot.csn() < version.end
                            && (snapshot.relation() == 0
                                    || snapshot.relation() == table.heap().fileNumber())
                    : version.isVisible(snapshot.csn());
            if (needs) {
                return false;
            }
        }
        return true;
    }

    /** While its writer goes on, an upsert may put the same row there again and take it back again. */
    private boolean remainsStill(Place place, Doomed doomed, StoredVersions stored) {
        return doomed.remains.contains(place)
                && stored.remains.contains(place)
                && model.version(place.id()).writer.state != State.OPEN;
    }

    private String describe(Place place, StoredVersions stored) {
        StringBuilder text =
                new StringBuilder("; ").append(stored.where(place.id())).append("; live now:");
        LiveSlots.now(transactions)
                .snapshots()
                .forEach(snapshot ->
                        text.append(' ').append(snapshot.kind()).append(' ').append(snapshot.csn()));
        text.append('\n').append(db.dumpPage(table.heap().fileNumber(), PageId.MAIN, Tid.block(place.tid())));
        for (Version version : model.all()) {
            if (version.key == model.version(place.id()).key) {
                text.append("\n  ").append(version).append(": ").append(stored.where(version.id));
            }
        }
        return text.toString();
    }

    /**
     * After a whole cycle that began after {@link #doomed}: it has removed all that.
     *
     * @return false if somebody was in the way
     */
    boolean checkNothingIsLeft(Doomed doomed) {
        return scheduler.frozen(() -> {
            StoredVersions stored = StoredVersions.of(table);
            if (scheduler.isSpoiled()) {
                return;
            }
            counts.cycles++;
            counts.doomed += doomed.versions.size();
            Stream.of(stored.onPage.values(), stored.archived.values(), stored.remains)
                    .flatMap(Collection::stream)
                    .filter(place -> doomed.versions.contains(place.id()) || remainsStill(place, doomed, stored))
                    .forEach(place -> {
                        throw new AssertionError("left by a whole cycle: " + place + ", " + model.version(place.id())
                                + describe(place, stored));
                    });
            for (long root : stored.emptyRoots) {
                if (doomed.emptyRoots.contains(root)) {
                    throw new AssertionError("left by a whole cycle: an empty root at " + Tid.toString(root));
                }
            }
        });
    }
}
