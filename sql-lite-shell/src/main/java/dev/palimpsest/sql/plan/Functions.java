package dev.palimpsest.sql.plan;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.UsageException;
import dev.palimpsest.sql.parser.Expression;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;

/** Function calls: which overload is meant, by PostgreSQL's rules, and the functions that ask about the session. Immutable. */
final class Functions {
    static final String HINT =
            "No function matches the given name and argument types. You might need to add explicit type casts.";

    private final Coercion coercion;
    private final StatementContext context;

    Functions(Coercion coercion, StatementContext context) {
        this.coercion = coercion;
        this.context = context;
    }

    /** One signature. Strict: a NULL argument makes a NULL result without a call. */
    record Overload(List<SqlType> parameters, SqlType result, Function<Object[], Object> body) {}

    Bound bind(Expression.FunctionCall call, List<Bound> arguments) {
        String schema = call.name().schema();
        if (schema != null && !schema.equals("pg_catalog")) {
            throw missing(call, arguments);
        }
        Bound special = ofSession(call, arguments);
        if (special != null) {
            return special;
        }
        if (call.name().name().equals("concat") || call.name().name().equals("concat_ws")) {
            return concat(call, arguments);
        }
        boolean ofSession = SessionFunctions.isName(call.name().name());
        if (ofSession && context.session() == null) {
            throw SqlError.unsupported(call.location(), "function " + call.name() + " here");
        }
        Overload chosen = choose(
                call,
                arguments,
                ofSession
                        ? SessionFunctions.overloads(call.name().name(), context.session())
                        : FunctionCatalog.overloads(call.name().name()));
        List<Bound> converted = new ArrayList<>();
        for (int i = 0; i < arguments.size(); i++) {
            converted.add(
                    coercion.implicit(arguments.get(i), chosen.parameters().get(i)));
        }
        boolean constant = !ofSession && arguments.stream().allMatch(Bound::constant);
        Evaluator evaluator = tuple -> call(chosen, converted, tuple);
        return Bound.computed(chosen.result(), constant, ofSession ? located(evaluator, arguments) : evaluator, call);
    }

    /** A relation that doesn't exist is reported where its name stands, as in PostgreSQL, which looks it up while parsing. */
    private static Evaluator located(Evaluator evaluator, List<Bound> arguments) {
        boolean literal = !arguments.isEmpty() && arguments.get(0).isUnknown();
        return tuple -> {
            try {
                return evaluator.eval(tuple);
            } catch (UsageException e) {
                boolean missing = e.sqlState() == SqlState.UNDEFINED_TABLE;
                throw missing && literal
                        ? SqlError.of(e).withLocation(arguments.get(0).location())
                        : e;
            }
        };
    }

    private static Object call(Overload overload, List<Bound> arguments, Tuple tuple) {
        Object[] values = new Object[arguments.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = arguments.get(i).eval(tuple);
            if (values[i] == null) {
                return null;
            }
        }
        return overload.body().apply(values);
    }

    /** Most exact matches, then most parameters of a preferred type. Source of the rule: PG parse_func.c. */
    private static Overload choose(Expression.FunctionCall call, List<Bound> arguments, List<Overload> overloads) {
        Overload best = null;
        int bestScore = -1;
        for (Overload overload : overloads) {
            int score = score(overload, arguments);
            if (score > bestScore) {
                best = overload;
                bestScore = score;
            }
        }
        if (best == null) {
            throw missing(call, arguments);
        }
        return best;
    }

    private static int score(Overload overload, List<Bound> arguments) {
        if (overload.parameters().size() != arguments.size()) {
            return -1;
        }
        int score = 0;
        for (int i = 0; i < arguments.size(); i++) {
            SqlType from = arguments.get(i).type();
            SqlType to = overload.parameters().get(i);
            if (!Casts.exists(from, to, Casts.Context.IMPLICIT)) {
                return -1;
            }
            boolean preferred = to == SqlType.DOUBLE || to == SqlType.TEXT;
            score += from == to || from == SqlType.VARCHAR && to == SqlType.TEXT ? 100 : preferred ? 1 : 0;
        }
        return score;
    }

    static SqlError missing(Expression.FunctionCall call, List<Bound> arguments) {
        StringBuilder types = new StringBuilder();
        for (Bound argument : arguments) {
            types.append(types.length() > 0 ? ", " : "").append(argument.type().sqlName());
        }
        return SqlError.at(call.location(), "42883", "function " + call.name() + "(" + types + ") does not exist")
                .withHint(HINT);
    }

    private Bound ofSession(Expression.FunctionCall call, List<Bound> arguments) {
        String name = call.name().name();
        if (name.equals("pg_typeof") && arguments.size() == 1) {
            return Bound.value(SqlType.TEXT, arguments.get(0).type().sqlName(), call);
        }
        if (!arguments.isEmpty()) {
            return null;
        }
        switch (name) {
            case "now":
            case "transaction_timestamp":
                return Bound.value(SqlType.TIMESTAMPTZ, context.now(), call);
            case "statement_timestamp":
                return Bound.value(SqlType.TIMESTAMPTZ, context.statementStart(), call);
            case "clock_timestamp":
                return Bound.computed(
                        SqlType.TIMESTAMPTZ,
                        false,
                        tuple -> java.time.Instant.now().truncatedTo(java.time.temporal.ChronoUnit.MICROS),
                        call);
            case "random":
                return Bound.computed(
                        SqlType.DOUBLE,
                        false,
                        tuple ->
                                java.util.concurrent.ThreadLocalRandom.current().nextDouble(),
                        call);
            case "version":
                return Bound.value(SqlType.TEXT, Version.TEXT, call);
            case "current_database":
                return Bound.value(SqlType.TEXT, "palimpsest", call);
            case "current_schema":
                return Bound.value(SqlType.TEXT, "public", call);
            default:
                return null;
        }
    }

    Bound special(Expression.SpecialValue e) {
        switch (e.kind()) {
            case CURRENT_TIMESTAMP:
                if (e.precision() >= 0 && e.precision() < 6) {
                    throw SqlError.unsupported(e.location(), "a precision of CURRENT_TIMESTAMP");
                }
                return Bound.value(SqlType.TIMESTAMPTZ, context.now(), e);
            case CURRENT_USER:
            case CURRENT_ROLE:
            case SESSION_USER:
            case USER:
                return Bound.value(SqlType.TEXT, "palimpsest", e);
            case CURRENT_CATALOG:
                return Bound.value(SqlType.TEXT, "palimpsest", e);
            case CURRENT_SCHEMA:
                return Bound.value(SqlType.TEXT, "public", e);
            default:
                throw SqlError.unsupported(e.location(), e.kind().toString());
        }
    }

    /** Not strict: NULLs are left out. */
    private Bound concat(Expression.FunctionCall call, List<Bound> arguments) {
        boolean separated = call.name().name().equals("concat_ws");
        if (arguments.isEmpty() || separated && arguments.size() < 2) {
            throw missing(call, arguments);
        }
        return Bound.computed(
                SqlType.TEXT,
                arguments.stream().allMatch(Bound::constant),
                tuple -> {
                    Object separator = separated ? arguments.get(0).eval(tuple) : "";
                    if (separator == null) {
                        return null;
                    }
                    StringBuilder text = new StringBuilder();
                    boolean first = true;
                    for (Bound argument : arguments.subList(separated ? 1 : 0, arguments.size())) {
                        Object value = argument.eval(tuple);
                        if (value != null) {
                            text.append(first ? "" : separator).append(Values.format(value));
                            first = false;
                        }
                    }
                    return text.toString();
                },
                call);
    }

    /** Letter by letter, so that a text's length stays. */
    static String lower(String text) {
        return text.toLowerCase(Locale.ROOT);
    }

    static Double power(double a, double b) {
        if (a == 0 && b < 0) {
            throw SqlError.of("2201F", "zero raised to a negative power is undefined");
        }
        if (a < 0 && b != Math.rint(b) && !Double.isInfinite(b)) {
            throw SqlError.of("2201F", "a negative number raised to a non-integer power yields a complex result");
        }
        if (a == 1) {
            return 1.0;
        }
        return Operators.checkDouble(Math.pow(a, b), a, b, a == 0);
    }
}
