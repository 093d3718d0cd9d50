package dev.palimpsest.sql.parser;

import java.util.List;
import java.util.Locale;

/**
 * From a tree back to text that parses to the same tree. Operands that are themselves operators get parentheses, so the
 * text doesn't depend on anybody's idea of precedence. Stateless, thread-safe.
 */
public final class SqlPrinter {
    private final StringBuilder out = new StringBuilder();

    private SqlPrinter() {}

    /** An expression as SQL text. */
    public static String print(Expression expression) {
        SqlPrinter printer = new SqlPrinter();
        printer.expression(expression);
        return printer.out.toString();
    }

    /** A name, in double quotes if it needs them. */
    public static String identifier(String name) {
        Keyword keyword = Keyword.of(name);
        return plain(name) && (keyword == null || keyword.category() == Keyword.Category.UNRESERVED)
                ? name
                : '"' + name.replace("\"", "\"\"") + '"';
    }

    /** A type's name, in double quotes if it would be read as something else without. */
    static String typeIdentifier(String name) {
        Keyword keyword = Keyword.of(name);
        return plain(name) && (keyword == null || keyword.typeOrFunctionName())
                ? name
                : '"' + name.replace("\"", "\"\"") + '"';
    }

    /** A string constant. */
    public static String string(String value) {
        return '\'' + value.replace("'", "''") + '\'';
    }

    static String word(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT);
    }

    private static boolean plain(String name) {
        for (int i = 0; i < name.length(); i++) {
            char c = name.charAt(i);
            boolean letter = (c >= 'a' && c <= 'z') || c == '_';
            if (!letter && (i == 0 || !Characters.isDigit(c))) {
                return false;
            }
        }
        return !name.isEmpty();
    }

    private void expression(Expression e) {
        if (!leaf(e) && !form(e)) {
            operator(e);
        }
    }

    private boolean leaf(Expression e) {
        if (e instanceof Expression.IntegerLiteral) {
            out.append(((Expression.IntegerLiteral) e).value());
        } else if (e instanceof Expression.NumericLiteral) {
            out.append(((Expression.NumericLiteral) e).text());
        } else if (e instanceof Expression.StringLiteral) {
            out.append(string(((Expression.StringLiteral) e).value()));
        } else if (e instanceof Expression.BooleanLiteral) {
            out.append(((Expression.BooleanLiteral) e).value());
        } else if (e instanceof Expression.NullLiteral) {
            out.append("NULL");
        } else if (e instanceof Expression.Default) {
            out.append("DEFAULT");
        } else if (e instanceof Expression.Parameter) {
            out.append('$').append(((Expression.Parameter) e).number());
        } else if (e instanceof Expression.ColumnRef) {
            Expression.ColumnRef column = (Expression.ColumnRef) e;
            out.append(column.relation() == null ? "" : column.relation() + ".").append(identifier(column.name()));
        } else if (e instanceof Expression.SpecialValue) {
            Expression.SpecialValue value = (Expression.SpecialValue) e;
            out.append(value.kind()).append(value.precision() < 0 ? "" : "(" + value.precision() + ")");
        } else {
            return false;
        }
        return true;
    }

    /** What needs no parentheses around it. */
    private boolean form(Expression e) {
        if (e instanceof Expression.FunctionCall) {
            Expression.FunctionCall call = (Expression.FunctionCall) e;
            String name = call.name().schema() == null
                    ? typeIdentifier(call.name().name())
                    : call.name().toString();
            out.append(name).append(call.star() ? "(*" : call.distinct() ? "(DISTINCT " : "(");
            list(call.arguments());
            out.append(')');
        } else if (e instanceof Expression.Coalesce) {
            arguments("COALESCE", ((Expression.Coalesce) e).arguments());
        } else if (e instanceof Expression.MinMax) {
            arguments(((Expression.MinMax) e).greatest() ? "GREATEST" : "LEAST", ((Expression.MinMax) e).arguments());
        } else if (e instanceof Expression.NullIf) {
            Expression.NullIf nullIf = (Expression.NullIf) e;
            arguments("NULLIF", List.of(nullIf.left(), nullIf.right()));
        } else if (e instanceof Expression.Case) {
            caseExpression((Expression.Case) e);
        } else if (e instanceof Expression.Cast) {
            Expression.Cast cast = (Expression.Cast) e;
            operand(cast.operand());
            out.append("::").append(cast.type());
        } else {
            return false;
        }
        return true;
    }

    private void arguments(String name, List<Expression> arguments) {
        out.append(name).append('(');
        list(arguments);
        out.append(')');
    }

    private void list(List<Expression> expressions) {
        String separator = "";
        for (Expression expression : expressions) {
            out.append(separator);
            expression(expression);
            separator = ", ";
        }
    }

    private void caseExpression(Expression.Case e) {
        out.append("CASE");
        if (e.operand() != null) {
            out.append(' ');
            expression(e.operand());
        }
        for (Expression.When branch : e.branches()) {
            out.append(" WHEN ");
            expression(branch.condition());
            out.append(" THEN ");
            expression(branch.result());
        }
        if (e.otherwise() != null) {
            out.append(" ELSE ");
            expression(e.otherwise());
        }
        out.append(" END");
    }

    private void operator(Expression e) {
        if (e instanceof Expression.And) {
            joined(((Expression.And) e).operands(), " AND ");
        } else if (e instanceof Expression.Or) {
            joined(((Expression.Or) e).operands(), " OR ");
        } else if (e instanceof Expression.Not) {
            out.append("NOT ");
            operand(((Expression.Not) e).operand());
        } else if (e instanceof Expression.Unary) {
            out.append(((Expression.Unary) e).operator()).append(' ');
            operand(((Expression.Unary) e).operand());
        } else if (e instanceof Expression.Binary) {
            Expression.Binary binary = (Expression.Binary) e;
            joined(List.of(binary.left(), binary.right()), " " + binary.operator() + " ");
        } else {
            predicate(e);
        }
    }

    private void predicate(Expression e) {
        if (e instanceof Expression.IsTest) {
            Expression.IsTest test = (Expression.IsTest) e;
            operand(test.operand());
            out.append(test.negated() ? " IS NOT " : " IS ").append(test.test());
        } else if (e instanceof Expression.IsDistinct) {
            Expression.IsDistinct test = (Expression.IsDistinct) e;
            String words = test.negated() ? " IS NOT DISTINCT FROM " : " IS DISTINCT FROM ";
            joined(List.of(test.left(), test.right()), words);
        } else if (e instanceof Expression.Between) {
            Expression.Between between = (Expression.Between) e;
            negatable(between.operand(), between.negated(), between.symmetric() ? "BETWEEN SYMMETRIC " : "BETWEEN ");
            joined(List.of(between.low(), between.high()), " AND ");
        } else if (e instanceof Expression.In) {
            Expression.In in = (Expression.In) e;
            negatable(in.operand(), in.negated(), "IN (");
            list(in.values());
            out.append(')');
        } else if (e instanceof Expression.Like) {
            Expression.Like like = (Expression.Like) e;
            negatable(like.operand(), like.negated(), like.ignoreCase() ? "ILIKE " : "LIKE ");
            operand(like.pattern());
            if (like.escape() != null) {
                out.append(" ESCAPE ");
                operand(like.escape());
            }
        } else {
            throw new AssertionError("unprintable expression class=" + e.getClass());
        }
    }

    private void negatable(Expression operand, boolean negated, String words) {
        operand(operand);
        out.append(negated ? " NOT " : " ").append(words);
    }

    private void joined(List<Expression> operands, String separator) {
        String before = "";
        for (Expression operand : operands) {
            out.append(before);
            operand(operand);
            before = separator;
        }
    }

    private void operand(Expression e) {
        int start = out.length();
        if (!leaf(e) && !form(e)) {
            out.append('(');
            operator(e);
            out.append(')');
        } else if (out.charAt(start) == '-') {
            out.insert(start, '(').append(')');
        }
    }
}
