package dev.palimpsest.sql.exec;

import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.SequenceSchema;
import dev.palimpsest.sql.parser.Definition;
import dev.palimpsest.sql.plan.SqlError;
import dev.palimpsest.sql.plan.SqlType;

/** What a sequence's options come to. Stateless. Source of the rules: PG sequence.c, init_params. */
final class SequencePlanner {
    private SequencePlanner() {}

    /** @throws SqlError 22023 for options that contradict each other */
    static SequenceSchema plan(String name, Definition.SequenceOptions options) {
        SqlType type = options.type() == null ? SqlType.BIGINT : SqlType.of(SqlType.columnType(options.type()));
        if (!type.isInteger()) {
            throw SqlError.of("22023", "sequence type must be smallint, integer, or bigint");
        }
        long increment = options.increment() == null ? 1 : options.increment();
        if (increment == 0) {
            throw SqlError.of("22023", "INCREMENT must not be zero");
        }
        long most = most(type);
        long least = -most - 1;
        boolean up = increment > 0;
        long max = bound("MAXVALUE", options.maxValue(), up ? most : -1, type);
        long min = bound("MINVALUE", options.minValue(), up ? 1 : least, type);
        if (min >= max) {
            throw SqlError.of("22023", "MINVALUE (" + min + ") must be less than MAXVALUE (" + max + ")");
        }
        long start = options.start() == null ? up ? min : max : options.start();
        if (start < min) {
            throw SqlError.of("22023", "START value (" + start + ") cannot be less than MINVALUE (" + min + ")");
        }
        if (start > max) {
            throw SqlError.of("22023", "START value (" + start + ") cannot be greater than MAXVALUE (" + max + ")");
        }
        return new SequenceSchema(name, start, increment, min, max, options.cycle());
    }

    private static long most(SqlType type) {
        switch (type) {
            case SMALLINT:
                return Short.MAX_VALUE;
            case INTEGER:
                return Integer.MAX_VALUE;
            default:
                return Long.MAX_VALUE;
        }
    }

    private static long bound(String what, Long written, long otherwise, SqlType type) {
        long value = written == null ? otherwise : written;
        long most = most(type);
        if (value > most || value < -most - 1) {
            throw SqlError.of(
                    "22023", what + " (" + value + ") is out of range for sequence data type " + type.sqlName());
        }
        return value;
    }

    /** Whether an identity column may have these options: it counts 1, 2, 3, … */
    static boolean isPlain(Definition.SequenceOptions options, ColumnType type) {
        boolean started = options.start() != null && options.start() != 1;
        boolean stepped = options.increment() != null && options.increment() != 1;
        boolean bounded = options.minValue() != null && options.minValue() != 1
                || options.maxValue() != null && options.maxValue() != most(SqlType.of(type));
        return !started && !stepped && !bounded && !options.cycle() && options.type() == null;
    }
}
