package dev.palimpsest.sql.parser;

import java.util.List;

/**
 * A value expression, as parsed: names unresolved, types unknown. Immutable.
 *
 * <p>{@link #location} is where PostgreSQL would point for an error about the node itself: an operator's own token, a
 * name's start. {@link #start} is the leftmost character of the whole expression. Both are char indexes into the parsed
 * text; {@link SqlSyntaxException#positionOf} makes a reported position of them.
 *
 * <p>AND and OR are n-ary, so that a long list of conditions is not a deep tree; no tree is deeper than the parser's
 * limit, so recursion over one is safe.
 */
public sealed interface Expression {
    int location();

    /** Where the expression's text starts (parentheses around it not counted). */
    default int start() {
        return location();
    }

    /** An integer that fits a long; whether it is an int4 or an int8 follows from its size. */
    record IntegerLiteral(long value, int location) implements Expression {}

    /** A number with a point or an exponent, or too long for a long; {@code text} is its digits as written. */
    record NumericLiteral(String text, int location) implements Expression {}

    record StringLiteral(String value, int location) implements Expression {}

    record BooleanLiteral(boolean value, int location) implements Expression {}

    record NullLiteral(int location) implements Expression {}

    /** {@code $number}, from 1. */
    record Parameter(int number, int location) implements Expression {}

    /** A column; {@code relation} is the table or alias before the dot, or null. */
    record ColumnRef(QualifiedName relation, String name, int location) implements Expression {}

    /** DEFAULT in place of a value; only in INSERT's VALUES and UPDATE's SET. */
    record Default(int location) implements Expression {}

    /** All operands true; two or more of them. */
    record And(List<Expression> operands, int location) implements Expression {
        public And {
            operands = List.copyOf(operands);
        }

        @Override
        public int start() {
            return operands.get(0).start();
        }
    }

    /** Any operand true; two or more of them. */
    record Or(List<Expression> operands, int location) implements Expression {
        public Or {
            operands = List.copyOf(operands);
        }

        @Override
        public int start() {
            return operands.get(0).start();
        }
    }

    record Not(Expression operand, int location) implements Expression {}

    /** A prefix operator; a minus before a number is folded into the number. */
    record Unary(String operator, Expression operand, int location) implements Expression {}

    /** Any infix operator, comparisons included; {@code !=} is spelled {@code <>}. */
    record Binary(String operator, Expression left, Expression right, int location) implements Expression {
        @Override
        public int start() {
            return left.start();
        }
    }

    /** {@code IS [NOT] NULL} and its like. */
    record IsTest(Expression operand, Test test, boolean negated, int location) implements Expression {
        public enum Test {
            NULL,
            TRUE,
            FALSE,
            UNKNOWN
        }

        @Override
        public int start() {
            return operand.start();
        }
    }

    /** {@code IS [NOT] DISTINCT FROM}; negated is "not distinct", that is equal, nulls included. */
    record IsDistinct(Expression left, Expression right, boolean negated, int location) implements Expression {
        @Override
        public int start() {
            return left.start();
        }
    }

    record Between(
            Expression operand, Expression low, Expression high, boolean symmetric, boolean negated, int location)
            implements Expression {
        @Override
        public int start() {
            return operand.start();
        }
    }

    record In(Expression operand, List<Expression> values, boolean negated, int location) implements Expression {
        public In {
            values = List.copyOf(values);
        }

        @Override
        public int start() {
            return operand.start();
        }
    }

    /** {@code [NOT] LIKE}, or ILIKE if {@code ignoreCase}; {@code escape} may be null. */
    record Like(
            Expression operand,
            Expression pattern,
            Expression escape,
            boolean ignoreCase,
            boolean negated,
            int location)
            implements Expression {
        @Override
        public int start() {
            return operand.start();
        }
    }

    /** {@code operand::type}, {@code CAST(operand AS type)} or {@code type 'literal'}. */
    record Cast(Expression operand, TypeName type, int location) implements Expression {
        @Override
        public int start() {
            return Math.min(location, operand.start());
        }
    }

    /** A function or aggregate; {@code star} is {@code name(*)}. */
    record FunctionCall(QualifiedName name, List<Expression> arguments, boolean distinct, boolean star, int location)
            implements Expression {
        public FunctionCall {
            arguments = List.copyOf(arguments);
        }
    }

    /** {@code CASE [operand] WHEN … THEN … [ELSE otherwise] END}; operand and otherwise may be null. */
    record Case(Expression operand, List<When> branches, Expression otherwise, int location) implements Expression {
        public Case {
            branches = List.copyOf(branches);
        }
    }

    /** One branch of a CASE. */
    record When(Expression condition, Expression result, int location) {}

    record Coalesce(List<Expression> arguments, int location) implements Expression {
        public Coalesce {
            arguments = List.copyOf(arguments);
        }
    }

    record NullIf(Expression left, Expression right, int location) implements Expression {}

    /** GREATEST or LEAST. */
    record MinMax(boolean greatest, List<Expression> arguments, int location) implements Expression {
        public MinMax {
            arguments = List.copyOf(arguments);
        }
    }

    /** A value that SQL writes as a bare word; {@code precision} is -1 unless written, as in LOCALTIME(3). */
    record SpecialValue(Kind kind, int precision, int location) implements Expression {
        public enum Kind {
            CURRENT_DATE,
            CURRENT_TIME,
            CURRENT_TIMESTAMP,
            LOCALTIME,
            LOCALTIMESTAMP,
            CURRENT_USER,
            CURRENT_ROLE,
            SESSION_USER,
            USER,
            CURRENT_CATALOG,
            CURRENT_SCHEMA
        }
    }
}
