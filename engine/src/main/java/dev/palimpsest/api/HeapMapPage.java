package dev.palimpsest.api;

/**
 * What is on one page of a table.
 *
 * @param block its number
 * @param allVisible its bit in the visibility map is set: every version on it is visible to all
 * @param liveVersions versions that are the newest state, or of transactions that haven't ended yet
 * @param liveBytes what they take
 * @param deadVersions versions that nobody needs: the next vacuum removes them
 * @param deadBytes what they take
 * @param pinnedVersions dead versions on the page that some snapshot needs
 * @param pinnedBytes what they take
 * @param archivedPointers line pointers whose versions are all in the archive
 * @param archivedVersions versions of this page that are in the archive
 * @param archivedBytes what they take there
 * @param redirects line pointers that lead to another one
 * @param linePointers all line pointers, unused ones included
 * @param freeBytes room that is neither line pointers nor versions, in one piece or not
 */
public record HeapMapPage(
        int block,
        boolean allVisible,
        int liveVersions,
        int liveBytes,
        int deadVersions,
        int deadBytes,
        int pinnedVersions,
        int pinnedBytes,
        int archivedPointers,
        int archivedVersions,
        int archivedBytes,
        int redirects,
        int linePointers,
        int freeBytes) {}
