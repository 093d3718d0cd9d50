package dev.palimpsest.sql.plan;

import java.math.BigDecimal;
import java.util.HashSet;
import java.util.Set;

/**
 * One aggregate call of a query. Immutable; {@link #start} makes the state for a group.
 *
 * @param argument what is aggregated, null for {@code count(*)}
 * @param separator for string_agg
 */
public record Aggregate(String name, Bound argument, Bound separator, boolean distinct, SqlType type) {
    private static final Set<String> NAMES =
            Set.of("count", "sum", "min", "max", "avg", "bool_and", "bool_or", "every", "string_agg");

    static boolean isName(String name) {
        return NAMES.contains(name);
    }

    /** The result's type, or null if there is no such aggregate for this type. */
    static SqlType resultType(String name, SqlType argument) {
        switch (name) {
            case "count":
                return SqlType.BIGINT;
            case "sum":
                return argument == SqlType.SMALLINT || argument == SqlType.INTEGER
                        ? SqlType.BIGINT
                        : argument == SqlType.BIGINT ? SqlType.NUMERIC : argument.isNumber() ? argument : null;
            case "avg":
                return argument == SqlType.DOUBLE ? argument : argument.isNumber() ? SqlType.NUMERIC : null;
            case "min":
            case "max":
                boolean ordered = argument.isNumber()
                        || argument.isString()
                        || argument == SqlType.TIMESTAMPTZ
                        || argument == SqlType.TID;
                return !ordered ? null : argument == SqlType.VARCHAR ? SqlType.TEXT : argument;
            case "string_agg":
                return argument.isString() ? SqlType.TEXT : null;
            default:
                return argument == SqlType.BOOLEAN ? argument : null;
        }
    }

    public State start() {
        return new State(this);
    }

    /** The running result for one group. Not thread-safe. */
    public static final class State {
        private final Aggregate aggregate;
        private final Set<Key> seen;
        private long count;
        private Object value;
        private long sizeBytes = 48;

        private State(Aggregate aggregate) {
            this.aggregate = aggregate;
            this.seen = aggregate.distinct ? new HashSet<>() : null;
        }

        /** @return how much more memory it takes now, in bytes */
        public long add(Tuple tuple) {
            long before = sizeBytes;
            if (aggregate.argument == null) {
                count++;
                return 0;
            }
            Object next = aggregate.argument.eval(tuple);
            if (next == null) {
                return 0;
            }
            if (seen != null) {
                if (!seen.add(new Key(new Object[] {next}))) {
                    return 0;
                }
                sizeBytes += 64 + Values.sizeBytes(next);
            }
            count++;
            if (value == null) {
                value = first(next, tuple);
            } else {
                combine(next, tuple);
            }
            return sizeBytes - before;
        }

        private Object first(Object next, Tuple tuple) {
            switch (aggregate.name) {
                case "count":
                    return Boolean.TRUE;
                case "sum":
                case "avg":
                    return aggregate.type == SqlType.NUMERIC && next instanceof Long l ? BigDecimal.valueOf(l) : next;
                case "string_agg":
                    sizeBytes += ((String) next).length() * 2L;
                    return new StringBuilder((String) next);
                default:
                    return next;
            }
        }

        private void combine(Object next, Tuple tuple) {
            switch (aggregate.name) {
                case "count":
                    break;
                case "sum":
                case "avg":
                    value = add(value, next);
                    break;
                case "min":
                    value = Values.compare(next, value) < 0 ? next : value;
                    break;
                case "max":
                    value = Values.compare(next, value) > 0 ? next : value;
                    break;
                case "string_agg":
                    Object separator = aggregate.separator.eval(tuple);
                    ((StringBuilder) value)
                            .append(separator == null ? "" : separator)
                            .append(next);
                    sizeBytes += ((String) next).length() * 2L + 2;
                    break;
                case "bool_or":
                    value = (Boolean) value || (Boolean) next;
                    break;
                default:
                    value = (Boolean) value && (Boolean) next;
            }
        }

        private static Object add(Object sum, Object next) {
            if (sum instanceof BigDecimal n) {
                return n.add(next instanceof Long l ? BigDecimal.valueOf(l) : (BigDecimal) next);
            }
            if (sum instanceof Double d) {
                return Operators.checkDouble(d + (Double) next, d, (Double) next, true);
            }
            try {
                return Math.addExact((Long) sum, (Long) next);
            } catch (ArithmeticException e) {
                throw Casts.outOfRange(SqlType.BIGINT);
            }
        }

        public Object result() {
            if (aggregate.name.equals("count")) {
                return count;
            }
            if (value == null) {
                return null;
            }
            if (aggregate.name.equals("avg")) {
                return value instanceof Double d
                        ? (Object) (d / count)
                        : Numerics.divide((BigDecimal) value, BigDecimal.valueOf(count));
            }
            return value instanceof StringBuilder ? value.toString() : value;
        }
    }
}
