package dev.palimpsest.isolation;

import dev.palimpsest.sql.plan.ResultColumn;
import dev.palimpsest.sql.plan.Values;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * One result, printed as libpq's old PQprint does with header and alignment:
 *
 * <pre>
 * id|name
 * --+-----
 *  1|one
 * (1 row)
 * </pre>
 *
 * <p>What stands to the right is decided by the values, not by the type: a column whose every value (empty ones left aside) consists of
 * digits, signs, points, blanks and E, with a digit at its end. So a column without values stands to the right. Widths count bytes of
 * UTF-8. Source of the rules: PG fe-print.c. Not thread-safe.
 */
final class ResultTable {
    private final String[] names;
    private final List<String[]> rows = new ArrayList<>();
    private final int[] widths;
    private final boolean[] left;

    ResultTable(List<ResultColumn> columns) {
        names = columns.stream().map(ResultColumn::name).toArray(String[]::new);
        widths = new int[names.length];
        left = new boolean[names.length];
        for (int i = 0; i < names.length; i++) {
            widths[i] = width(names[i]);
        }
    }

    /** Values as the SQL layer gives them; null is printed as nothing. */
    void add(Object[] values) {
        String[] row = new String[names.length];
        for (int i = 0; i < row.length; i++) {
            row[i] = values[i] == null ? "" : Values.format(values[i]);
            widths[i] = Math.max(widths[i], width(row[i]));
            left[i] |= !row[i].isEmpty() && !looksNumeric(row[i]);
        }
        rows.add(row);
    }

    private static boolean looksNumeric(String text) {
        for (int i = 0; i < text.length(); i++) {
            if ("0123456789.Ee -".indexOf(text.charAt(i)) < 0) {
                return false;
            }
        }
        char first = text.charAt(0);
        char last = text.charAt(text.length() - 1);
        return first != 'E' && first != 'e' && last >= '0' && last <= '9';
    }

    private static int width(String text) {
        return text.getBytes(StandardCharsets.UTF_8).length;
    }

    /** A result without columns prints nothing at all, however many rows it has. */
    String print() {
        if (names.length == 0) {
            return "";
        }
        StringBuilder text = new StringBuilder();
        line(text, names);
        for (int i = 0; i < names.length; i++) {
            text.append(i == 0 ? "" : "+").append("-".repeat(widths[i]));
        }
        text.append('\n');
        rows.forEach(row -> line(text, row));
        return text.append('(')
                .append(rows.size())
                .append(rows.size() == 1 ? " row)\n\n" : " rows)\n\n")
                .toString();
    }

    private void line(StringBuilder text, String[] cells) {
        for (int i = 0; i < cells.length; i++) {
            String space = " ".repeat(widths[i] - width(cells[i]));
            text.append(i == 0 ? "" : "|").append(left[i] ? cells[i] + space : space + cells[i]);
        }
        text.append('\n');
    }
}
