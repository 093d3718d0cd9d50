package dev.palimpsest.sql.exec;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.palimpsest.api.VacuumReport;
import java.util.List;
import org.junit.jupiter.api.Test;

class VacuumTextTest {
    private static VacuumReport report(long archived, List<VacuumReport.IndexReport> indexes, long bigValuePages) {
        return new VacuumReport(
                "t",
                false,
                null,
                0,
                1_500_000_000,
                250_000_000,
                400,
                300,
                100,
                90,
                5,
                7000,
                1234,
                56,
                archived,
                archived,
                archived == 0,
                archived / 2,
                1000,
                indexes.size(),
                indexes,
                bigValuePages,
                800,
                900,
                new VacuumReport.Usage(500, 192, 96, 123_456));
    }

    @Test
    void shouldReportInPostgresForm() {
        assertEquals(
                """
                finished vacuuming "public.t": index scans: 1
                pages: 100 removed, 300 remain, 100 scanned (25.00% of total)
                tuples: 1234 removed, 7000 remain on the scanned pages, 56 are dead but pinned by snapshots
                archive: 10 versions went there, 5 left it, 10 are needed there
                removable cutoff: commit 900; every transaction before 800 had ended
                big values: 3 pages freed
                index scan needed: 1000 dead item identifiers removed
                index "t_pkey": entries: 1000 removed; pages: 60 in total, 12 newly deleted, 4 reusable
                avg read rate: 1.000 MB/s, avg write rate: 0.500 MB/s
                buffer usage: 500 hits, 192 misses, 96 dirtied
                WAL usage: 123456 bytes
                system usage: elapsed: 1.50 s, of which 0.25 s at rest""", VacuumText.of(report(10, List.of(new VacuumReport.IndexReport("t_pkey", 60, 1000, 0, 12, 4)), 3)));
    }

    @Test
    void shouldLeaveOutWhatThereIsNot() {
        String text = VacuumText.of(report(0, List.of(), 0));
        assertEquals(10, text.lines().count(), text);
        assertEquals(
                "archive: it was still being made; what is pinned goes there at the next vacuum",
                text.lines().skip(3).findFirst().orElseThrow());
        assertEquals(
                "index scan not needed: 1000 dead item identifiers removed",
                text.lines().skip(5).findFirst().orElseThrow());
    }
}
