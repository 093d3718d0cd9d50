package dev.palimpsest.sql.plan;

import dev.palimpsest.api.Column;
import dev.palimpsest.sql.parser.Expression;
import dev.palimpsest.sql.parser.SqlPrinter;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;

/**
 * Turns expressions into typed, executable ones by PostgreSQL's rules. One for each clause of a statement; not thread-safe.
 *
 * <p>Errors carry the place in the text. Source of the rules: PG parse_expr.c.
 */
public final class Binder {
    private final Scope scope;
    private final StatementContext context;
    private final Coercion coercion;
    private final Operators operators;
    private final Functions functions;
    /** Null where rows aren't grouped, and inside an aggregate. */
    private Grouping grouping;

    /** What the clause is called in errors about aggregates; null where they are allowed. */
    private final String clause;

    private boolean insideAggregate;

    private Binder(Scope scope, StatementContext context, Grouping grouping, String clause) {
        this.scope = scope;
        this.context = context;
        this.grouping = grouping;
        this.clause = clause;
        this.coercion = new Coercion(context.now());
        this.operators = new Operators(coercion);
        this.functions = new Functions(coercion, context);
    }

    /** @param clause for errors about aggregates, which aren't allowed: {@code WHERE}, {@code VALUES} */
    public static Binder of(Scope scope, StatementContext context, String clause) {
        return new Binder(scope, context, null, clause);
    }

    /** For the expressions of a grouped query that are computed once a group. */
    public Binder grouped(Grouping groups) {
        return new Binder(scope, context, groups, null);
    }

    public Scope scope() {
        return scope;
    }

    /** Binds keys of GROUP BY that were bound in this scope. */
    public static Grouping grouping(List<Bound> keys, boolean keyed) {
        return new Grouping(keys, keyed);
    }

    /** A value to be shown: an untyped literal is text. */
    public Bound bindOutput(Expression expression) {
        Bound bound = bind(expression);
        return bound.isUnknown() ? coercion.convert(bound, SqlType.TEXT) : bound;
    }

    /** @param where for the error: {@code WHERE}, {@code HAVING} */
    public Bound bindCondition(Expression expression, String where) {
        return coercion.condition(bind(expression), where);
    }

    /** A value for a column. */
    public Bound bindAssignment(Expression expression, Column column) {
        return coercion.assign(bind(expression), column);
    }

    /** An already bound value for a column. */
    public Bound assign(Bound value, Column column) {
        return coercion.assign(value, column);
    }

    /** Brings a value to a type to which it can be cast implicitly. */
    Bound convert(Bound value, SqlType type) {
        return coercion.convert(value, type);
    }

    /** LIMIT or OFFSET: a bigint without columns. */
    public Bound bindCount(Expression expression, String name) {
        Bound bound = bind(expression);
        if (!bound.constant()) {
            throw SqlError.at(expression.start(), "42P10", "argument of " + name + " must not contain variables");
        }
        if (!Casts.exists(bound.type(), SqlType.BIGINT, Casts.Context.ASSIGNMENT)) {
            throw SqlError.at(
                    expression.start(),
                    "42804",
                    "argument of " + name + " must be type bigint, not type "
                            + bound.type().sqlName());
        }
        return coercion.convert(bound, SqlType.BIGINT);
    }

    /** Columns of VALUES: each list is brought to its common type. */
    public List<Bound> bindAlike(List<Expression> expressions, String construct) {
        return alike(bindAll(expressions), construct);
    }

    public Bound bind(Expression e) {
        if (grouping != null && !insideAggregate) {
            Bound key = groupKey(e);
            if (key != null) {
                return key;
            }
        }
        if (e instanceof Expression.IntegerLiteral literal) {
            boolean small = literal.value() == (int) literal.value();
            return Bound.value(small ? SqlType.INTEGER : SqlType.BIGINT, literal.value(), e);
        }
        if (e instanceof Expression.NumericLiteral literal) {
            return Bound.value(SqlType.NUMERIC, numeric(literal), e);
        }
        if (e instanceof Expression.StringLiteral literal) {
            return Bound.value(SqlType.UNKNOWN, literal.value(), e);
        }
        if (e instanceof Expression.BooleanLiteral literal) {
            return Bound.value(SqlType.BOOLEAN, literal.value(), e);
        }
        if (e instanceof Expression.NullLiteral) {
            return Bound.value(SqlType.UNKNOWN, null, e);
        }
        if (e instanceof Expression.ColumnRef ref) {
            return column(ref);
        }
        if (e instanceof Expression.Parameter parameter) {
            throw SqlError.at(e.location(), "42P02", "there is no parameter $" + parameter.number());
        }
        if (e instanceof Expression.Default) {
            throw SqlError.at(e.location(), "42601", "DEFAULT is not allowed in this context");
        }
        return composed(e);
    }

    private static BigDecimal numeric(Expression.NumericLiteral literal) {
        try {
            return (BigDecimal) Casts.parse(literal.text(), SqlType.NUMERIC, null);
        } catch (SqlError error) {
            throw error.withLocation(literal.location());
        }
    }

    private Bound groupKey(Expression e) {
        if (!(e instanceof Expression.ColumnRef ref)) {
            return grouping.find(e, null);
        }
        Bound column = scope.resolve(ref);
        Bound key = grouping.find(e, column);
        return key != null ? key : grouping.addColumn(column, ref, scope);
    }

    private Bound column(Expression.ColumnRef ref) {
        return scope.resolve(ref);
    }

    private Bound composed(Expression e) {
        if (e instanceof Expression.Binary binary) {
            return operators.binary(binary.operator(), bind(binary.left()), bind(binary.right()), e);
        }
        if (e instanceof Expression.Unary unary) {
            return operators.unary(unary.operator(), bind(unary.operand()), e);
        }
        if (e instanceof Expression.Cast cast
                && cast.type().schema() == null
                && cast.type().name().equals("regclass")) {
            return relation(cast);
        }
        if (e instanceof Expression.Cast cast) {
            return coercion.cast(bind(cast.operand()), SqlType.columnType(cast.type()), cast);
        }
        if (e instanceof Expression.FunctionCall call) {
            return function(call);
        }
        if (e instanceof Expression.Case c) {
            return caseOf(c);
        }
        if (e instanceof Expression.Coalesce coalesce) {
            List<Bound> values = bindAlike(coalesce.arguments(), "COALESCE");
            return computed(values.get(0).type(), values, e, tuple -> {
                for (Bound value : values) {
                    Object result = value.eval(tuple);
                    if (result != null) {
                        return result;
                    }
                }
                return null;
            });
        }
        if (e instanceof Expression.NullIf nullIf) {
            return nullIf(nullIf);
        }
        if (e instanceof Expression.MinMax minMax) {
            return minMax(minMax);
        }
        if (e instanceof Expression.SpecialValue special) {
            return functions.special(special);
        }
        return condition(e);
    }

    /** A relation is known by its name, without a number of its own: a regclass is that name. */
    private Bound relation(Expression.Cast cast) {
        Bound operand = bind(cast.operand());
        if (!operand.isUnknown() && !operand.type().isString()) {
            throw SqlError.unsupported(cast.location(), "type regclass");
        }
        Bound text = coercion.convert(operand, SqlType.TEXT);
        return computed(SqlType.TEXT, List.of(text), cast, tuple -> {
            Object name = text.eval(tuple);
            return name == null ? null : RelationText.name((String) name);
        });
    }

    private Bound nullIf(Expression.NullIf e) {
        Bound left = bind(e.left());
        Bound equal = operators.binary("=", left, bind(e.right()), e);
        Bound shown = left.isUnknown() ? coercion.convert(left, SqlType.TEXT) : left;
        return computed(shown.type(), List.of(left, equal), e, tuple -> equal.isTrue(tuple) ? null : shown.eval(tuple));
    }

    private Bound minMax(Expression.MinMax e) {
        List<Bound> values = bindAlike(e.arguments(), e.greatest() ? "GREATEST" : "LEAST");
        return computed(values.get(0).type(), values, e, tuple -> {
            Object best = null;
            for (Bound value : values) {
                Object next = value.eval(tuple);
                if (next != null && (best == null || Values.compare(next, best) > 0 == e.greatest())) {
                    best = next;
                }
            }
            return best;
        });
    }

    private Bound caseOf(Expression.Case e) {
        Bound operand = e.operand() == null ? null : bindOutput(e.operand());
        List<Bound> conditions = new ArrayList<>();
        List<Bound> results = new ArrayList<>();
        results.add(e.otherwise() == null ? Bound.value(SqlType.UNKNOWN, null, e) : bind(e.otherwise()));
        for (Expression.When when : e.branches()) {
            Bound condition = bind(when.condition());
            conditions.add(
                    operand == null
                            ? coercion.condition(condition, "CASE/WHEN")
                            : operators.binary("=", operand, condition, when.condition()));
            results.add(bind(when.result()));
        }
        List<Bound> alike = alike(results, "CASE");
        List<Bound> parts = new ArrayList<>(conditions);
        parts.addAll(alike);
        return computed(alike.get(0).type(), parts, e, tuple -> {
            for (int i = 0; i < conditions.size(); i++) {
                if (conditions.get(i).isTrue(tuple)) {
                    return alike.get(i + 1).eval(tuple);
                }
            }
            return alike.get(0).eval(tuple);
        });
    }

    private Bound condition(Expression e) {
        if (e instanceof Expression.And and) {
            return logical(and.operands(), false, "AND", e);
        }
        if (e instanceof Expression.Or or) {
            return logical(or.operands(), true, "OR", e);
        }
        if (e instanceof Expression.Not not) {
            return negate(coercion.condition(bind(not.operand()), "NOT"), e);
        }
        if (e instanceof Expression.IsTest test) {
            return isTest(test);
        }
        if (e instanceof Expression.IsDistinct distinct) {
            return isDistinct(distinct);
        }
        if (e instanceof Expression.Between between) {
            Bound bound = between(between);
            return between.negated() ? negate(bound, e) : bound;
        }
        if (e instanceof Expression.In in) {
            return in(in);
        }
        return like((Expression.Like) e);
    }

    /** Three-valued AND or OR: the deciding value wins over NULL. */
    private Bound logical(List<Expression> operands, boolean deciding, String name, Expression source) {
        List<Bound> bound = new ArrayList<>();
        for (Expression operand : operands) {
            bound.add(coercion.condition(bind(operand), name));
        }
        return anyOf(bound, deciding, source);
    }

    private static Bound anyOf(List<Bound> operands, boolean deciding, Expression source) {
        return computed(SqlType.BOOLEAN, operands, source, tuple -> {
            boolean unknown = false;
            for (Bound operand : operands) {
                Object value = operand.eval(tuple);
                if (value == null) {
                    unknown = true;
                } else if ((Boolean) value == deciding) {
                    return deciding;
                }
            }
            return unknown ? null : (Object) !deciding;
        });
    }

    private static Bound negate(Bound operand, Expression source) {
        return computed(SqlType.BOOLEAN, List.of(operand), source, tuple -> {
            Object value = operand.eval(tuple);
            return value == null ? null : (Object) !(Boolean) value;
        });
    }

    private Bound isTest(Expression.IsTest e) {
        Bound bound = bind(e.operand());
        if (e.test() != Expression.IsTest.Test.NULL) {
            bound = coercion.condition(bound, "IS " + (e.negated() ? "NOT " : "") + e.test());
        }
        Bound operand = bound;
        Object wanted = e.test() == Expression.IsTest.Test.TRUE
                ? Boolean.TRUE
                : e.test() == Expression.IsTest.Test.FALSE ? Boolean.FALSE : null;
        return computed(
                SqlType.BOOLEAN,
                List.of(operand),
                e,
                tuple -> java.util.Objects.equals(operand.eval(tuple), wanted) != e.negated());
    }

    private Bound isDistinct(Expression.IsDistinct e) {
        Bound left = bind(e.left());
        Bound right = bind(e.right());
        Bound equal = operators.binary("=", left, right, e);
        return computed(SqlType.BOOLEAN, List.of(left, right), e, tuple -> {
            Object result = equal.eval(tuple);
            boolean same = result == null ? left.eval(tuple) == null && right.eval(tuple) == null : (Boolean) result;
            return same == e.negated();
        });
    }

    private Bound between(Expression.Between e) {
        Bound operand = bind(e.operand());
        Bound low = bind(e.low());
        Bound high = bind(e.high());
        Bound range = range(operand, low, high, e);
        return e.symmetric() ? anyOf(List.of(range, range(operand, high, low, e)), true, e) : range;
    }

    private Bound range(Bound operand, Bound low, Bound high, Expression e) {
        Bound above = operators.comparison(">=", operand, low, e);
        return anyOf(List.of(above, operators.comparison("<=", operand, high, e)), false, e);
    }

    private Bound in(Expression.In e) {
        Bound operand = bind(e.operand());
        List<Bound> tests = new ArrayList<>();
        for (Expression value : e.values()) {
            tests.add(operators.binary(e.negated() ? "<>" : "=", operand, bind(value), e));
        }
        return anyOf(tests, !e.negated(), e);
    }

    private Bound like(Expression.Like e) {
        Bound operand = bind(e.operand());
        Bound pattern = bind(e.pattern());
        String operator = (e.negated() ? "!" : "") + (e.ignoreCase() ? "~~*" : "~~");
        boolean text = (operand.type().isString() || operand.isUnknown())
                && (pattern.type().isString() || pattern.isUnknown());
        if (!text) {
            throw Operators.noOperator(operator, operand.type(), pattern.type(), e.location());
        }
        Bound a = coercion.implicit(operand, SqlType.TEXT);
        Bound b = coercion.implicit(pattern, SqlType.TEXT);
        Bound escape = e.escape() == null
                ? Bound.value(SqlType.TEXT, "\\", e)
                : coercion.implicit(bind(e.escape()), SqlType.TEXT);
        return computed(SqlType.BOOLEAN, List.of(a, b, escape), e, tuple -> {
            String value = (String) a.eval(tuple);
            String wanted = (String) b.eval(tuple);
            String mark = (String) escape.eval(tuple);
            if (value == null || wanted == null || mark == null) {
                return null;
            }
            if (mark.codePointCount(0, mark.length()) > 1) {
                throw SqlError.of("22025", "invalid escape string")
                        .withHint("Escape string must be empty or one character.");
            }
            int escapeCharacter = mark.isEmpty() ? -1 : mark.codePointAt(0);
            boolean matches = e.ignoreCase()
                    ? Like.matches(Functions.lower(value), Functions.lower(wanted), escapeCharacter)
                    : Like.matches(value, wanted, escapeCharacter);
            return matches != e.negated();
        });
    }

    private Bound function(Expression.FunctionCall call) {
        String name = call.name().name();
        if (Aggregate.isName(name)) {
            return aggregate(call, name);
        }
        if (call.distinct()) {
            throw SqlError.at(
                    call.location(), "42809", "DISTINCT specified, but " + name + " is not an aggregate function");
        }
        if (call.star()) {
            throw Functions.missing(call, List.of());
        }
        return functions.bind(call, bindAll(call.arguments()));
    }

    private Bound aggregate(Expression.FunctionCall call, String name) {
        if (insideAggregate) {
            throw SqlError.at(call.location(), "42803", "aggregate function calls cannot be nested");
        }
        if (grouping == null) {
            throw SqlError.at(
                    call.location(),
                    "42803",
                    clause == null
                            ? "aggregate functions are not allowed here"
                            : "aggregate functions are not allowed in " + clause);
        }
        insideAggregate = true;
        List<Bound> arguments = bindAll(call.arguments());
        insideAggregate = false;
        if (call.star()) {
            if (!name.equals("count")) {
                throw SqlError.at(call.location(), "42883", "function " + name + "() does not exist")
                        .withHint(Functions.HINT);
            }
            return grouping.add(new Aggregate(name, null, null, false, SqlType.BIGINT), call);
        }
        int wanted = name.equals("string_agg") ? 2 : 1;
        SqlType type = arguments.size() == wanted ? resultType(name, arguments.get(0)) : null;
        if (type == null) {
            if (name.equals("count") && arguments.isEmpty()) {
                throw SqlError.at(
                        call.location(), "42809", "count(*) must be used to call a parameterless aggregate function");
            }
            throw Functions.missing(call, arguments);
        }
        Bound argument =
                arguments.get(0).isUnknown() ? coercion.convert(arguments.get(0), SqlType.TEXT) : arguments.get(0);
        Bound separator = wanted == 2 ? coercion.convert(arguments.get(1), SqlType.TEXT) : null;
        return grouping.add(new Aggregate(name, argument, separator, call.distinct(), type), call);
    }

    private static SqlType resultType(String name, Bound argument) {
        return Aggregate.resultType(name, argument.isUnknown() ? SqlType.TEXT : argument.type());
    }

    private List<Bound> bindAll(List<Expression> expressions) {
        List<Bound> list = new ArrayList<>(expressions.size());
        for (Expression expression : expressions) {
            list.add(bind(expression));
        }
        return list;
    }

    private List<Bound> alike(List<Bound> values, String construct) {
        SqlType type = Coercion.commonType(values, construct);
        return values.stream().map(value -> coercion.convert(value, type)).toList();
    }

    private static Bound computed(SqlType type, List<Bound> parts, Expression source, Evaluator evaluator) {
        return Bound.computed(type, parts.stream().allMatch(Bound::constant), evaluator, source);
    }

    /** An expression in SQL, for EXPLAIN and messages. */
    public static String describe(Expression expression) {
        return SqlPrinter.print(expression);
    }
}
