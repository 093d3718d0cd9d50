package dev.palimpsest.shell;

import dev.palimpsest.api.HeapMapPage;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.ToLongFunction;

/**
 * Draws a table's pages as rows of cells: a small table's pages as several cells each, sorted by what fills them; a large one's as one cell
 * for one page or for several. Where a cell can't show everything, rows as a whole do: what one cell leaves out the next ones make good.
 * One for each drawing; not thread-safe.
 */
final class HeapMap {
    /** What a cell shows, with its letter, its block on a terminal, and that one's colour. */
    private enum Part {
        LIVE('#', '█', 32),
        PINNED('P', '▓', 33),
        DEAD('x', '▒', 31),
        ARCHIVED('a', '░', 36),
        FREE('.', '·', 90);

        private final char letter;
        private final char block;
        private final int colour;

        Part(char letter, char block, int colour) {
            this.letter = letter;
            this.block = block;
            this.colour = colour;
        }

        String text() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    private static final Part[] PARTS = Part.values();
    private static final int PAGE_BYTES = 8192;
    private static final int ROW_CELLS = 64;
    private static final int MAX_CELLS = 16 * ROW_CELLS;
    private static final int MAX_CELLS_PER_PAGE = ROW_CELLS;

    /** A row with a number and its frame is about as wide; a line of the legend is no wider. */
    private static final int WIDTH = ROW_CELLS + 6;

    private final String table;
    private final List<HeapMapPage> pages;
    private final boolean terminal;

    /** Of a cell; powers of two, and one of them is 1. */
    private int cellsPerPage = 1;

    private int pagesPerCell = 1;

    /** What the row's cells so far have shown too little of, in cells. */
    private final double[] owed = new double[PARTS.length];

    /** @param terminal whether to use blocks and colours */
    HeapMap(String table, List<HeapMapPage> pages, boolean terminal) {
        this.table = table;
        this.pages = pages;
        this.terminal = terminal;
        while (cellsPerPage < MAX_CELLS_PER_PAGE && pages.size() * cellsPerPage * 2 <= MAX_CELLS) {
            cellsPerPage *= 2;
        }
        while ((long) pagesPerCell * MAX_CELLS < pages.size()) {
            pagesPerCell *= 2;
        }
    }

    List<String> lines() {
        List<String> lines = new ArrayList<>();
        lines.add(title());
        int rowPages = ROW_CELLS / cellsPerPage * pagesPerCell;
        int digits = String.valueOf(Math.max(0, pages.size() - 1)).length();
        for (int first = 0; first < pages.size(); first += rowPages) {
            int end = Math.min(pages.size(), first + rowPages);
            lines.add(String.format(Locale.ROOT, "%" + digits + "d ", first) + row(first, end));
        }
        lines.addAll(legend());
        return lines;
    }

    private String title() {
        if (pages.isEmpty()) {
            return table + ": no pages";
        }
        String scale = pagesPerCell > 1
                ? "a character is " + pagesPerCell + " pages"
                : cellsPerPage > 1 ? "a page is " + cellsPerPage + " characters" : "a character is a page";
        long visible = pages.stream().filter(HeapMapPage::allVisible).count();
        return table + ": " + count(pages.size(), "page") + ", " + visible + " known to be visible to all; " + scale;
    }

    private static String count(long count, String what) {
        return count + " " + what + (count == 1 ? "" : "s");
    }

    private String row(int first, int end) {
        Arrays.fill(owed, 0);
        StringBuilder row = new StringBuilder();
        Part last = null;
        boolean framed = cellsPerPage > 2;
        for (int page = first; page < end; page += pagesPerCell) {
            row.append(framed ? "|" : page == first ? "|" : "");
            double[] shares = shares(page, Math.min(end, page + pagesPerCell));
            Part[] cells = cellsPerPage == 1 ? new Part[] {one(shares)} : sorted(shares);
            for (Part cell : cells) {
                append(row, cell, last);
                last = cell;
            }
            if (terminal && (framed || page + pagesPerCell >= end)) {
                row.append(Output.PLAIN);
                last = null;
            }
        }
        return row.append('|').toString();
    }

    private void append(StringBuilder row, Part cell, Part last) {
        if (terminal && cell != last) {
            row.append("\u001b[").append(cell.colour).append('m');
        }
        row.append(terminal ? cell.block : cell.letter);
    }

    /** How much of the pages each part takes; all together 1. Archived versions are outside of them: they are drawn over free room. */
    private double[] shares(int from, int to) {
        double[] bytes = new double[PARTS.length];
        for (HeapMapPage page : pages.subList(from, to)) {
            int archived = Math.min(page.archivedBytes(), page.freeBytes());
            bytes[Part.LIVE.ordinal()] += page.liveBytes();
            bytes[Part.PINNED.ordinal()] += page.pinnedBytes();
            bytes[Part.DEAD.ordinal()] += page.deadBytes();
            bytes[Part.ARCHIVED.ordinal()] += archived;
            bytes[Part.FREE.ordinal()] += page.freeBytes() - archived;
        }
        double sum = Arrays.stream(bytes).sum();
        if (sum == 0) {
            bytes[Part.FREE.ordinal()] = sum = 1;
        }
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] /= sum;
        }
        return bytes;
    }

    private Part one(double[] shares) {
        int most = 0;
        for (int i = 0; i < owed.length; i++) {
            owed[i] += shares[i];
            most = owed[i] > owed[most] ? i : most;
        }
        owed[most]--;
        return PARTS[most];
    }

    /** Cells of one page in the order of the parts; the rounding is made good by the largest remainders. */
    private Part[] sorted(double[] shares) {
        int[] counts = new int[PARTS.length];
        double[] rest = new double[PARTS.length];
        int left = cellsPerPage;
        for (int i = 0; i < counts.length; i++) {
            counts[i] = (int) (shares[i] * cellsPerPage);
            rest[i] = shares[i] * cellsPerPage - counts[i];
            left -= counts[i];
        }
        for (; left > 0; left--) {
            int most = 0;
            for (int i = 1; i < rest.length; i++) {
                most = rest[i] > rest[most] ? i : most;
            }
            counts[most]++;
            rest[most] = -1;
        }
        Part[] cells = new Part[cellsPerPage];
        int cell = 0;
        for (int i = 0; i < counts.length; i++) {
            Arrays.fill(cells, cell, cell + counts[i], PARTS[i]);
            cell += counts[i];
        }
        return cells;
    }

    /** One line, or as many as it takes. */
    private List<String> legend() {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        int width = 0;
        for (Part part : PARTS) {
            String amount = amount(part);
            int more = 2 + amount.length();
            if (width > 0 && width + 2 + more > WIDTH) {
                lines.add(line.toString());
                line.setLength(0);
                width = 0;
            }
            append(line.append(width == 0 ? "" : "  "), part, null);
            line.append(terminal ? Output.PLAIN : "").append(' ').append(amount);
            width += (width == 0 ? 0 : 2) + more;
        }
        lines.add(line.toString());
        return lines;
    }

    private String amount(Part part) {
        switch (part) {
            case LIVE:
                return amount(part, sum(HeapMapPage::liveVersions), sum(HeapMapPage::liveBytes));
            case PINNED:
                return amount(part, sum(HeapMapPage::pinnedVersions), sum(HeapMapPage::pinnedBytes));
            case DEAD:
                return amount(part, sum(HeapMapPage::deadVersions), sum(HeapMapPage::deadBytes));
            case ARCHIVED:
                return amount(part, sum(HeapMapPage::archivedVersions), sum(HeapMapPage::archivedBytes));
            default:
                long free = sum(HeapMapPage::freeBytes);
                return part.text() + " " + (pages.isEmpty() ? 0 : Math.round(100.0 * free / sum(p -> PAGE_BYTES)))
                        + " %";
        }
    }

    private static String amount(Part part, long versions, long bytes) {
        return part.text() + " " + versions + (versions == 0 ? "" : " (" + kilobytes(bytes) + ")");
    }

    private static String kilobytes(long bytes) {
        return bytes < 10 * 1024 ? bytes + " B" : Math.round(bytes / 1024.0) + " kB";
    }

    private long sum(ToLongFunction<HeapMapPage> amount) {
        return pages.stream().mapToLong(amount).sum();
    }
}
