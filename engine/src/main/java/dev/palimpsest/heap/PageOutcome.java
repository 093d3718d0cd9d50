package dev.palimpsest.heap;

/**
 * What {@link HeapVacuum#prunePage} did to a page and left there. Counts are of versions.
 *
 * @param removed left the page for good; a dead root's body counts when it is first found dead, though it stays until the root is freed
 * @param archived moved to the archive
 * @param unarchived left the archive for good
 * @param live not ended, or ended by nobody who has committed
 * @param pinned ended, and still on the page: needed, or ended after the capture
 * @param inArchive in the archive now, and needed
 * @param allVisible the page's bit in the visibility map is set now
 * @param newlyAllVisible this call has set it
 * @param archiveRefused versions stayed on the page that could have been archived
 * @param changed the page was changed
 * @param empty no line pointer is in use
 * @param oldestXid no smaller xid is on the page (or in its archived versions) as that of a version's end, or of a beginning that isn't visible to all:
 *     what the status log has to keep; {@link Long#MAX_VALUE} if there is none
 */
public record PageOutcome(
        int removed,
        int archived,
        int unarchived,
        int live,
        int pinned,
        int inArchive,
        boolean allVisible,
        boolean newlyAllVisible,
        boolean archiveRefused,
        boolean changed,
        boolean empty,
        long oldestXid) {}
