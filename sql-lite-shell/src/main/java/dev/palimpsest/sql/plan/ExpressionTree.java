package dev.palimpsest.sql.plan;

import dev.palimpsest.sql.parser.Expression;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** Walking expressions. Stateless; no tree is deeper than the parser's limit. */
public final class ExpressionTree {
    private ExpressionTree() {}

    /** The first aggregate call in it (not looking into that), or null. */
    public static Expression.FunctionCall findAggregate(Expression expression) {
        if (expression instanceof Expression.FunctionCall call
                && Aggregate.isName(call.name().name())) {
            return call;
        }
        for (Expression child : children(expression)) {
            Expression.FunctionCall found = findAggregate(child);
            if (found != null) {
                return found;
            }
        }
        return null;
    }

    /** The names of all columns in it. */
    public static void collectColumns(Expression expression, Set<String> names) {
        if (expression instanceof Expression.ColumnRef ref) {
            names.add(ref.name());
        }
        children(expression).forEach(child -> collectColumns(child, names));
    }

    /** The conditions that all have to hold. */
    public static List<Expression> conjuncts(Expression condition) {
        List<Expression> list = new ArrayList<>();
        collect(condition, list);
        return list;
    }

    private static void collect(Expression condition, List<Expression> list) {
        if (condition instanceof Expression.And and) {
            and.operands().forEach(operand -> collect(operand, list));
        } else if (condition != null) {
            list.add(condition);
        }
    }

    /** Those one level down, in the order of the text. */
    public static List<Expression> children(Expression e) {
        List<Expression> list = new ArrayList<>(3);
        if (e instanceof Expression.And and) {
            list.addAll(and.operands());
        } else if (e instanceof Expression.Or or) {
            list.addAll(or.operands());
        } else if (e instanceof Expression.Not not) {
            list.add(not.operand());
        } else if (e instanceof Expression.Unary unary) {
            list.add(unary.operand());
        } else if (e instanceof Expression.Binary binary) {
            list.addAll(List.of(binary.left(), binary.right()));
        } else if (e instanceof Expression.IsTest test) {
            list.add(test.operand());
        } else if (e instanceof Expression.IsDistinct distinct) {
            list.addAll(List.of(distinct.left(), distinct.right()));
        } else if (e instanceof Expression.Between between) {
            list.addAll(List.of(between.operand(), between.low(), between.high()));
        } else if (e instanceof Expression.In in) {
            list.add(in.operand());
            list.addAll(in.values());
        } else if (e instanceof Expression.Like like) {
            list.addAll(List.of(like.operand(), like.pattern()));
            addIfPresent(list, like.escape());
        } else if (e instanceof Expression.Cast cast) {
            list.add(cast.operand());
        } else {
            addArguments(e, list);
        }
        return list;
    }

    private static void addArguments(Expression e, List<Expression> list) {
        if (e instanceof Expression.FunctionCall call) {
            list.addAll(call.arguments());
        } else if (e instanceof Expression.Case c) {
            addIfPresent(list, c.operand());
            c.branches().forEach(when -> list.addAll(List.of(when.condition(), when.result())));
            addIfPresent(list, c.otherwise());
        } else if (e instanceof Expression.Coalesce coalesce) {
            list.addAll(coalesce.arguments());
        } else if (e instanceof Expression.NullIf nullIf) {
            list.addAll(List.of(nullIf.left(), nullIf.right()));
        } else if (e instanceof Expression.MinMax minMax) {
            list.addAll(minMax.arguments());
        }
    }

    private static void addIfPresent(List<Expression> list, Expression e) {
        if (e != null) {
            list.add(e);
        }
    }
}
