package dev.palimpsest.sql.plan;

import dev.palimpsest.api.Column;
import dev.palimpsest.api.ColumnType;
import dev.palimpsest.sql.parser.Expression;
import java.time.Instant;
import java.util.List;

/** Brings bound expressions to a type. Immutable. Source of the rules: PG parse_coerce.c. */
final class Coercion {
    private final Instant now;

    Coercion(Instant now) {
        this.now = now;
    }

    /** For types between which an implicit cast is known to exist. */
    Bound implicit(Bound value, SqlType type) {
        assert value.type() == type || Casts.exists(value.type(), type, Casts.Context.IMPLICIT) || type == SqlType.XID
                : value.type() + " to " + type;
        return convert(value, type);
    }

    Bound convert(Bound value, SqlType type) {
        SqlType from = value.type();
        if (from == type || from == SqlType.XID && type.isInteger() || type == SqlType.XID && from.isInteger()) {
            return value;
        }
        if (value.isUnknown()) {
            return literal(value, type);
        }
        return Bound.computed(
                type, value.constant(), tuple -> Casts.convert(value.eval(tuple), from, type, now), value.source());
    }

    /** A literal is read at once, so that its error can say where it stands. */
    private Bound literal(Bound value, SqlType type) {
        Object text = value.constantValue();
        try {
            Object converted = text == null ? null : Casts.parse((String) text, type, now);
            return Bound.value(type, converted, value.source());
        } catch (SqlError e) {
            throw e.location() >= 0 ? e : e.withLocation(value.location());
        }
    }

    Bound cast(Bound value, ColumnType target, Expression.Cast source) {
        SqlType type = SqlType.of(target);
        if (!Casts.exists(value.type(), type, Casts.Context.EXPLICIT)) {
            throw SqlError.at(
                    source.location(),
                    "42846",
                    "cannot cast type " + value.type().sqlName() + " to "
                            + target.kind().sqlName());
        }
        Bound converted = convert(value, type);
        if (target.length() == 0) {
            return Bound.computed(type, converted.constant(), converted.evaluator(), source);
        }
        return Bound.computed(
                type, converted.constant(), tuple -> Casts.applyModifiers(converted.eval(tuple), target, true), source);
    }

    /** @throws SqlError 42804 if a value of this type can't be stored in the column */
    Bound assign(Bound value, Column column) {
        SqlType type = SqlType.of(column.type());
        if (!Casts.exists(value.type(), type, Casts.Context.ASSIGNMENT)) {
            throw SqlError.at(
                            value.start(),
                            "42804",
                            "column \"" + column.name() + "\" is of type " + type.sqlName()
                                    + " but expression is of type "
                                    + value.type().sqlName())
                    .withHint("You will need to rewrite or cast the expression.");
        }
        Bound converted = convert(value, type);
        if (column.type().length() == 0) {
            return converted;
        }
        return Bound.computed(
                type,
                converted.constant(),
                tuple -> Casts.applyModifiers(converted.eval(tuple), column.type(), false),
                value.source());
    }

    /** A condition: boolean, or an unknown literal. */
    Bound condition(Bound value, String where) {
        if (value.type() != SqlType.BOOLEAN && !value.isUnknown()) {
            throw SqlError.at(
                    value.start(),
                    "42804",
                    "argument of " + where + " must be type boolean, not type "
                            + value.type().sqlName());
        }
        return convert(value, SqlType.BOOLEAN);
    }

    /** The type that all of these can have. Unknown ones follow the others; all unknown are text. */
    static SqlType commonType(List<Bound> values, String construct) {
        SqlType type = SqlType.UNKNOWN;
        for (Bound value : values) {
            SqlType next = value.type();
            if (type == SqlType.UNKNOWN) {
                type = next;
            } else if (next != SqlType.UNKNOWN && next != type) {
                boolean related = type.isNumber() && next.isNumber() || type.isString() && next.isString();
                if (!related) {
                    throw SqlError.at(
                            value.start(),
                            "42804",
                            construct + " types " + type.sqlName() + " and " + next.sqlName() + " cannot be matched");
                }
                type = type.isString() ? SqlType.TEXT : type.ordinal() > next.ordinal() ? type : next;
            }
        }
        return type == SqlType.UNKNOWN ? SqlType.TEXT : type;
    }
}
