package dev.palimpsest.shell;

import dev.palimpsest.sql.plan.ResultColumn;
import dev.palimpsest.sql.plan.Values;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;

/**
 * Prints one result as psql does: aligned, numbers to the right, or expanded. Columns are as wide as the first {@link #LOOK_AHEAD} rows
 * need; what comes after may stand out, so that a long result isn't kept in memory. Not thread-safe.
 */
final class TablePrinter {
    private static final int LOOK_AHEAD = 2000;

    private final List<ResultColumn> columns;
    private final boolean expanded;
    private final Consumer<String> lines;
    private final List<String[]> kept = new ArrayList<>();
    private int[] widths;
    private long count;

    TablePrinter(List<ResultColumn> columns, boolean expanded, Consumer<String> lines) {
        this.columns = columns;
        this.expanded = expanded;
        this.lines = lines;
    }

    void row(Object[] values) {
        String[] cells = new String[values.length];
        for (int i = 0; i < cells.length; i++) {
            cells[i] = values[i] == null ? "" : visible(Values.format(values[i]));
        }
        count++;
        if (widths != null) {
            print(cells);
            return;
        }
        kept.add(cells);
        if (kept.size() == LOOK_AHEAD) {
            flush();
        }
    }

    /** Control characters would move the cursor; line breaks stay and are shown by a mark. */
    private static String visible(String text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < ' ' && c != '\n' || c == 0x7F) {
                StringBuilder shown = new StringBuilder();
                text.chars()
                        .forEach(x -> shown.append(
                                x < ' ' && x != '\n' || x == 0x7F
                                        ? x == '\r' ? "\\r" : String.format("\\x%02X", x)
                                        : String.valueOf((char) x)));
                return shown.toString();
            }
        }
        return text;
    }

    void end() {
        if (widths == null) {
            flush();
        }
        if (!expanded || count == 0) {
            lines.accept("(" + count + (count == 1 ? " row)" : " rows)"));
        }
        lines.accept("");
    }

    private void flush() {
        widths = new int[columns.size()];
        for (int i = 0; i < widths.length; i++) {
            widths[i] = width(columns.get(i).name());
            for (String[] row : kept) {
                for (String line : row[i].split("\n", -1)) {
                    widths[i] = Math.max(widths[i], width(line));
                }
            }
        }
        if (!expanded) {
            printHeader();
        }
        long all = count;
        count -= kept.size();
        for (String[] row : kept) {
            count++;
            print(row);
        }
        count = all;
        kept.clear();
    }

    private void printHeader() {
        StringBuilder header = new StringBuilder();
        StringBuilder rule = new StringBuilder();
        for (int i = 0; i < widths.length; i++) {
            String name = columns.get(i).name();
            int space = widths[i] - width(name);
            header.append(i > 0 ? "|" : "").append(" ".repeat(space / 2 + 1)).append(name);
            header.append(" ".repeat(space - space / 2 + 1));
            rule.append(i > 0 ? "+" : "").append("-".repeat(widths[i] + 2));
        }
        lines.accept(header.toString());
        lines.accept(rule.toString());
    }

    private void print(String[] cells) {
        if (expanded) {
            printExpanded(cells);
            return;
        }
        int height = 1;
        List<String[]> split = new ArrayList<>();
        for (String cell : cells) {
            String[] parts = cell.split("\n", -1);
            height = Math.max(height, parts.length);
            split.add(parts);
        }
        for (int y = 0; y < height; y++) {
            lines.accept(line(split, y));
        }
    }

    private String line(List<String[]> cells, int y) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < cells.size(); i++) {
            String[] parts = cells.get(i);
            String part = y < parts.length ? parts[y] : "";
            boolean more = y + 1 < parts.length;
            boolean last = i + 1 == cells.size();
            String space = " ".repeat(Math.max(0, widths[i] - width(part)));
            text.append(i > 0 ? "|" : "").append(' ');
            text.append(columns.get(i).type().alignsRight() ? space + part : last && !more ? part : part + space);
            text.append(more ? "+" : last ? "" : " ");
        }
        return text.toString();
    }

    private void printExpanded(String[] cells) {
        int names = columns.stream().mapToInt(c -> width(c.name())).max().orElse(0);
        lines.accept("-[ RECORD " + count + " ]" + "-".repeat(Math.max(1, names - 8)));
        for (int i = 0; i < cells.length; i++) {
            String name = columns.get(i).name();
            String[] parts = cells[i].split("\n", -1);
            for (int y = 0; y < parts.length; y++) {
                String label = y == 0 ? name : "";
                lines.accept(label + " ".repeat(names - width(label)) + " | " + parts[y]
                        + (y + 1 < parts.length ? "+" : ""));
            }
        }
    }

    /** Columns on a terminal. */
    static int width(String text) {
        int width = 0;
        for (int i = 0; i < text.length(); i += Character.charCount(text.codePointAt(i))) {
            int c = text.codePointAt(i);
            width += c < 0x7F ? 1 : Math.max(0, org.jline.utils.WCWidth.wcwidth(c));
        }
        return width;
    }
}
