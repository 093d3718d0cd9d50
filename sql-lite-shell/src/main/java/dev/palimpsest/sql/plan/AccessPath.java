package dev.palimpsest.sql.plan;

import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.IndexSchema;
import dev.palimpsest.api.Scan;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.sql.parser.Expression;
import dev.palimpsest.sql.parser.SqlPrinter;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * How a table's rows are reached. Immutable.
 *
 * @param index null for a table scan
 * @param condition what bounds the index range, in SQL; null for the whole index
 * @param scan without predicate
 * @param equalColumns how many leading index columns are fixed to one value
 * @param unique at most one row can be in the range
 */
public record AccessPath(IndexSchema index, String condition, Scan scan, int equalColumns, boolean unique) {
    static final AccessPath TABLE_SCAN = new AccessPath(null, null, Scan.all(), 0, false);

    /** A bound on one column that an index can use. */
    private record Limit(int column, String operator, Object value, String text) {}

    /**
     * The path for a condition: the index whose leading columns have the most equalities, then one with a range on the next column.
     *
     * @param where null for none
     */
    public static AccessPath choose(TableSchema table, List<IndexSchema> indexes, Expression where, Binder binder) {
        List<Limit> limits = new ArrayList<>();
        for (Expression conjunct : ExpressionTree.conjuncts(where)) {
            collectLimits(table, conjunct, binder, limits);
        }
        AccessPath best = TABLE_SCAN;
        int bestScore = 0;
        for (IndexSchema index : indexes) {
            AccessPath path = path(table, index, limits);
            int score = path == null ? 0 : score(path);
            if (score > bestScore) {
                best = path;
                bestScore = score;
            }
        }
        return best;
    }

    private static int score(AccessPath path) {
        Scan scan = path.scan;
        int range = (scan.lower() != null ? scan.lower().size() - path.equalColumns : 0)
                + (scan.upper() != null ? scan.upper().size() - path.equalColumns : 0);
        return (path.unique ? 1000 : 0) + 10 * path.equalColumns + range;
    }

    private static void collectLimits(TableSchema table, Expression e, Binder binder, List<Limit> limits) {
        if (e instanceof Expression.Binary binary && Operators.isComparison(binary.operator())) {
            addLimit(table, binary.left(), binary.operator(), binary.right(), binder, limits);
            addLimit(table, binary.right(), swapped(binary.operator()), binary.left(), binder, limits);
        } else if (e instanceof Expression.Between between && !between.negated() && !between.symmetric()) {
            addLimit(table, between.operand(), ">=", between.low(), binder, limits);
            addLimit(table, between.operand(), "<=", between.high(), binder, limits);
        }
    }

    private static String swapped(String operator) {
        switch (operator) {
            case "<":
                return ">";
            case ">":
                return "<";
            case "<=":
                return ">=";
            case ">=":
                return "<=";
            default:
                return operator;
        }
    }

    private static void addLimit(
            TableSchema table, Expression side, String operator, Expression other, Binder binder, List<Limit> limits) {
        if (!(side instanceof Expression.ColumnRef) || operator.equals("<>")) {
            return;
        }
        Bound column = binder.bind(side);
        Bound value = binder.bind(other);
        if (column.column() < 0 || !value.constant()) {
            return;
        }
        Object key = key(table.columns().get(column.column()).type(), column.type(), value, binder);
        if (key != null) {
            String text = "(" + SqlPrinter.print(side) + " " + operator + " " + SqlPrinter.print(other) + ")";
            limits.add(new Limit(column.column(), operator, key, text));
        }
    }

    /** The constant as a key of the column, or null if the comparison isn't one of the column's own type. */
    private static Object key(ColumnType column, SqlType type, Bound value, Binder binder) {
        SqlType common = Operators.comparisonType(type, value.type());
        boolean own =
                common == type || common == SqlType.TEXT && type.isString() || common != null && common.isInteger();
        if (!own) {
            return null;
        }
        Object key = binder.convert(value, common).constantValue();
        if (key instanceof Long l && !fits(l, column.kind())) {
            return null;
        }
        boolean tooLong =
                key instanceof String s && column.length() > 0 && s.codePointCount(0, s.length()) > column.length();
        boolean rounded = key instanceof java.math.BigDecimal n
                && column.length() > 0
                && (n.stripTrailingZeros().scale() > column.scale()
                        || n.precision() - n.scale() > column.length() - column.scale());
        boolean refused = key instanceof String s && s.indexOf('\0') >= 0;
        return tooLong || rounded || refused ? null : key;
    }

    private static boolean fits(long value, ColumnType.Kind kind) {
        return kind == ColumnType.Kind.BIGINT
                || kind == ColumnType.Kind.INTEGER && value == (int) value
                || kind == ColumnType.Kind.SMALLINT && value == (short) value;
    }

    private static AccessPath path(TableSchema table, IndexSchema index, List<Limit> limits) {
        List<Object> equal = new ArrayList<>();
        List<String> texts = new ArrayList<>();
        for (String name : index.columns()) {
            Limit limit = find(limits, table.indexOf(name), "=");
            if (limit == null) {
                break;
            }
            equal.add(limit.value());
            texts.add(limit.text());
        }
        boolean unique = index.unique() && equal.size() == index.columns().size();
        Scan scan = Scan.index(index.name());
        if (equal.size() == index.columns().size()) {
            scan = scan.equalTo(equal.toArray());
        } else {
            scan = range(table, index, limits, equal, texts, scan);
        }
        return texts.isEmpty() ? null : new AccessPath(index, join(texts), scan, equal.size(), unique);
    }

    private static Scan range(
            TableSchema table,
            IndexSchema index,
            List<Limit> limits,
            List<Object> equal,
            List<String> texts,
            Scan whole) {
        int column = table.indexOf(index.columns().get(equal.size()));
        Limit low = firstOf(find(limits, column, ">"), find(limits, column, ">="));
        Limit high = firstOf(find(limits, column, "<"), find(limits, column, "<="));
        List.of(low == null ? List.<Limit>of() : List.of(low), high == null ? List.<Limit>of() : List.of(high))
                .forEach(l -> l.forEach(limit -> texts.add(limit.text())));
        boolean descending = !index.descending().isEmpty() && index.descending().get(equal.size());
        Limit start = descending ? high : low;
        Limit end = descending ? low : high;
        return new Scan(
                whole.index(),
                bound(equal, start),
                start == null || start.operator().length() == 2,
                bound(equal, end),
                end == null || end.operator().length() == 2,
                false,
                null,
                null,
                -1);
    }

    private static List<Object> bound(List<Object> equal, Limit limit) {
        List<Object> values = new ArrayList<>(equal);
        if (limit != null) {
            values.add(limit.value());
        }
        return values.isEmpty() ? null : List.copyOf(values);
    }

    private static Limit firstOf(Limit a, Limit b) {
        return a != null ? a : b;
    }

    private static Limit find(List<Limit> limits, int column, String operator) {
        for (Limit limit : limits) {
            if (limit.column() == column && limit.operator().equals(operator)) {
                return limit;
            }
        }
        return null;
    }

    private static String join(List<String> texts) {
        return texts.size() == 1 ? texts.get(0) : "(" + String.join(" AND ", texts) + ")";
    }

    /**
     * This path, or one over an index, that brings rows in the wanted order; null if there is none.
     *
     * @param columns to order by
     * @param descending for each whether it is; NULLs are first in descending order, else last
     */
    public AccessPath ordered(
            TableSchema table, List<IndexSchema> indexes, List<Integer> columns, List<Boolean> descending) {
        if (index != null) {
            return inOrder(table, columns, descending);
        }
        for (IndexSchema candidate : indexes) {
            AccessPath path = new AccessPath(candidate, null, Scan.index(candidate.name()), 0, false)
                    .inOrder(table, columns, descending);
            if (path != null) {
                return path;
            }
        }
        return null;
    }

    private AccessPath inOrder(TableSchema table, List<Integer> columns, List<Boolean> descending) {
        List<Integer> fixed = index.columns().subList(0, equalColumns).stream()
                .map(table::indexOf)
                .toList();
        int next = equalColumns;
        Boolean reverse = null;
        for (int i = 0; i < columns.size(); i++) {
            if (fixed.contains(columns.get(i))) {
                continue;
            }
            if (next == index.columns().size()
                    || !Objects.equals(table.indexOf(index.columns().get(next)), columns.get(i))) {
                return null;
            }
            boolean indexDescending =
                    !index.descending().isEmpty() && index.descending().get(next);
            boolean opposite = indexDescending != descending.get(i);
            if (reverse != null && reverse != opposite) {
                return null;
            }
            reverse = opposite;
            next++;
        }
        return Boolean.TRUE.equals(reverse)
                ? new AccessPath(index, condition, scan.reversed(), equalColumns, unique)
                : this;
    }
}
