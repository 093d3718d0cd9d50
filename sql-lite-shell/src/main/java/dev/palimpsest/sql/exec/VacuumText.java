package dev.palimpsest.sql.exec;

import dev.palimpsest.api.VacuumReport;
import dev.palimpsest.api.VacuumReport.IndexReport;
import dev.palimpsest.api.VacuumReport.Usage;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What VACUUM (VERBOSE) says of one table, in PostgreSQL 15's form, with lines of ours for snapshots and archive. Stateless. */
final class VacuumText {
    private static final int PAGE_BYTES = 8192;

    private VacuumText() {}

    static String of(VacuumReport r) {
        List<String> lines = new ArrayList<>();
        lines.add(format("finished vacuuming \"public.%s\": index scans: %d", r.table(), r.indexScans()));
        lines.add(format(
                "pages: %d removed, %d remain, %d scanned (%.2f%% of total)",
                r.pagesBefore() - r.pagesAfter(),
                r.pagesAfter(),
                r.pagesScanned(),
                r.pagesBefore() == 0 ? 100 : 100.0 * r.pagesScanned() / r.pagesBefore()));
        lines.add(format(
                "tuples: %d removed, %d remain on the scanned pages, %d are dead but pinned by snapshots",
                r.versionsRemoved(), r.rows(), r.versionsPinned()));
        if (r.versionsArchived() + r.archivedRemoved() + r.versionsInArchive() > 0) {
            lines.add(format(
                    "archive: %d versions went there, %d left it, %d are needed there",
                    r.versionsArchived(), r.archivedRemoved(), r.versionsInArchive()));
        }
        if (r.awaitsArchive()) {
            lines.add("archive: it was still being made; what is pinned goes there at the next vacuum");
        }
        lines.add(format(
                "removable cutoff: commit %d; every transaction before %d had ended", r.horizonCsn(), r.oldestXid()));
        if (r.bigValuePagesFreed() > 0) {
            lines.add(format("big values: %d pages freed", r.bigValuePagesFreed()));
        }
        lines.add(format(
                "index scan %s: %d dead item identifiers removed",
                r.indexScans() > 0 ? "needed" : "not needed", r.linePointersFreed()));
        r.indexes().forEach(index -> lines.add(index(index)));
        usage(r, lines);
        return String.join("\n", lines);
    }

    private static String index(IndexReport index) {
        return format(
                "index \"%s\": entries: %d removed; pages: %d in total, %d newly deleted, %d reusable",
                index.index(), index.entriesRemoved(), index.pages(), index.pagesDeleted(), index.pagesReusable());
    }

    private static void usage(VacuumReport r, List<String> lines) {
        Usage usage = r.usage();
        double seconds = r.elapsedNanos() / 1e9;
        lines.add(format(
                "avg read rate: %.3f MB/s, avg write rate: %.3f MB/s",
                rate(usage.misses(), seconds), rate(usage.dirtied(), seconds)));
        lines.add(
                format("buffer usage: %d hits, %d misses, %d dirtied", usage.hits(), usage.misses(), usage.dirtied()));
        lines.add(format("WAL usage: %d bytes", usage.walBytes()));
        lines.add(format("system usage: elapsed: %.2f s, of which %.2f s at rest", seconds, r.delayNanos() / 1e9));
    }

    private static double rate(long pages, double seconds) {
        return seconds <= 0 ? 0 : pages * PAGE_BYTES / 1048576.0 / seconds;
    }

    private static String format(String text, Object... values) {
        return String.format(Locale.ROOT, text, values);
    }
}
