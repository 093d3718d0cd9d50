package dev.palimpsest.sql.parser;

/**
 * The name of an output column that has no alias, by PostgreSQL's rules. Stateless. Source: PG parse_target.c,
 * FigureColname.
 */
public final class ColumnLabels {
    private ColumnLabels() {}

    /** A column's or function's name, a type's name, or {@code ?column?}. */
    public static String of(Expression expression) {
        String label = find(expression);
        return label == null ? "?column?" : label;
    }

    private static String find(Expression expression) {
        String own = strong(expression);
        if (own != null) {
            return own;
        }
        if (expression instanceof Expression.Cast) {
            return ((Expression.Cast) expression).type().name();
        }
        return expression instanceof Expression.Case ? "case" : null;
    }

    private static String strong(Expression expression) {
        Expression inner = expression;
        while (true) {
            if (inner instanceof Expression.Cast) {
                inner = ((Expression.Cast) inner).operand();
            } else if (inner instanceof Expression.Case) {
                inner = ((Expression.Case) inner).otherwise();
            } else {
                return named(inner);
            }
        }
    }

    private static String named(Expression expression) {
        if (expression instanceof Expression.ColumnRef) {
            return ((Expression.ColumnRef) expression).name();
        }
        if (expression instanceof Expression.FunctionCall) {
            return ((Expression.FunctionCall) expression).name().name();
        }
        if (expression instanceof Expression.SpecialValue) {
            return SqlPrinter.word(((Expression.SpecialValue) expression).kind());
        }
        if (expression instanceof Expression.Coalesce) {
            return "coalesce";
        }
        if (expression instanceof Expression.NullIf) {
            return "nullif";
        }
        if (expression instanceof Expression.MinMax) {
            return ((Expression.MinMax) expression).greatest() ? "greatest" : "least";
        }
        return null;
    }
}
