package dev.palimpsest.api;

import java.util.List;

/**
 * Dead versions, grouped by who keeps them: a row for each live snapshot with what it alone keeps (nothing, maybe), one for each set of
 * several that keep something together, and one without a snapshot for what nobody needs any more and vacuum hasn't removed yet. So the
 * sum over all rows is everything that is stored and not the newest state: versions that ended with a commit, and those of rolled-back
 * transactions. Values stored out of line aren't counted.
 *
 * @param snapshots who keeps them; oldest first
 * @param versions how many there are, in pages and in the archive
 * @param bytes what they take, headers included, in pages and in the archive
 * @param archivedVersions how many of them are in the archive
 * @param archivedBytes what those take
 */
public record SnapshotPin(
        List<LiveSnapshot> snapshots, long versions, long bytes, long archivedVersions, long archivedBytes) {
    public SnapshotPin {
        snapshots = List.copyOf(snapshots);
    }

    /** Several snapshots keep them together: each of them alone would. */
    public boolean isShared() {
        return snapshots.size() > 1;
    }

    /** Nobody keeps them: the next vacuum removes them. */
    public boolean isReclaimable() {
        return snapshots.isEmpty();
    }
}
