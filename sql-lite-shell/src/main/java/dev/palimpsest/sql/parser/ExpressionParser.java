package dev.palimpsest.sql.parser;

import java.util.ArrayList;
import java.util.List;

/**
 * Operators: a Pratt parser over PostgreSQL's precedences, with its non-associative comparisons. What stands between
 * operators is {@link PrimaryParser}'s.
 *
 * <p>The parser's recursion ends at {@link #MAX_NESTING}, the height of the tree at {@link #MAX_HEIGHT} (a chain of
 * infix operators is a tall tree without recursion): hostile text is SQLSTATE 54001, not a StackOverflowError here or
 * in whoever walks the tree, on a thread with 768 KiB of stack or more (the default is 1 MiB).
 *
 * <p>Not thread-safe. Source of the rules: PG gram.y, a_expr and b_expr.
 */
final class ExpressionParser {
    static final int MAX_NESTING = 300;
    static final int MAX_HEIGHT = 1000;

    private final TokenStream tokens;
    private final TypeParser types;
    private final PrimaryParser primaries;

    /** How deep the parser is in itself. */
    private int depth;
    /** How deep the tree is that was parsed last. */
    private int height;

    ExpressionParser(TokenStream tokens) {
        this.tokens = tokens;
        this.types = new TypeParser(tokens);
        this.primaries = new PrimaryParser(tokens, this, types);
    }

    TypeParser types() {
        return types;
    }

    /** Any expression (a_expr). */
    Expression parse() {
        return expression(Precedence.NONE, false);
    }

    /** An expression without AND, OR, NOT, IS NULL, BETWEEN, IN and LIKE outside parentheses (b_expr). */
    Expression parseRestricted() {
        return expression(Precedence.NONE, true);
    }

    /** An operand without operators (c_expr). */
    Expression parsePrimary() {
        return primaries.parse();
    }

    /** An operand with a sign before it. */
    Expression parseSigned() {
        return expression(Precedence.UNARY_SIGN + 1, true);
    }

    List<Expression> parseList() {
        Expression first = parse();
        if (!tokens.at(TokenType.COMMA)) {
            return List.of(first);
        }
        List<Expression> list = new ArrayList<>();
        list.add(first);
        int tallest = height;
        while (tokens.accept(TokenType.COMMA)) {
            list.add(parse());
            tallest = Math.max(tallest, height);
        }
        height = tallest;
        return list;
    }

    /** An expression, or DEFAULT alone. */
    Expression parseOrDefault() {
        int location = tokens.location();
        return tokens.accept(Keyword.DEFAULT) ? new Expression.Default(location) : parse();
    }

    int height() {
        return height;
    }

    /** Sets the height of the tree under construction. */
    void height(int newHeight) {
        if (newHeight > MAX_HEIGHT) {
            throw tooDeep();
        }
        height = newHeight;
    }

    private static SqlSyntaxException tooDeep() {
        return new SqlSyntaxException(SqlSyntaxException.STATEMENT_TOO_COMPLEX, "stack depth limit exceeded", 0, null);
    }

    /** Parses operators of at least the given precedence. */
    private Expression expression(int minimum, boolean restricted) {
        if (++depth > MAX_NESTING) {
            throw tooDeep();
        }
        Expression left = prefix(restricted);
        int precedence = Precedence.of(tokens, restricted);
        while (precedence != Precedence.NONE && precedence >= minimum) {
            int leftHeight = height;
            left = infix(left, precedence, restricted);
            height(Math.max(leftHeight, height) + 1);
            precedence = Precedence.of(tokens, restricted);
        }
        depth--;
        return left;
    }

    private Expression prefix(boolean restricted) {
        int location = tokens.location();
        switch (tokens.type()) {
            case PLUS:
                tokens.advance();
                return unary("+", expression(Precedence.UNARY_SIGN + 1, restricted), location);
            case MINUS:
                tokens.advance();
                return negate(expression(Precedence.UNARY_SIGN + 1, restricted), location);
            case OPERATOR:
                String operator = takeOperator();
                return unary(operator, expression(Precedence.OTHER_OPERATOR + 1, restricted), location);
            case KEYWORD:
                if (tokens.at(Keyword.NOT) && !restricted) {
                    tokens.advance();
                    Expression operand = expression(Precedence.NOT, false);
                    height(height + 1);
                    return new Expression.Not(operand, location);
                }
                if (tokens.at(Keyword.OPERATOR) && tokens.type(1) == TokenType.LEFT_PAREN) {
                    throw tokens.unsupported("OPERATOR()");
                }
                return primaries.parse();
            default:
                return primaries.parse();
        }
    }

    private Expression unary(String operator, Expression operand, int location) {
        height(height + 1);
        return new Expression.Unary(operator, operand, location);
    }

    /** Folds a sign into a number, so that the smallest long is one literal. */
    private Expression negate(Expression operand, int location) {
        String text;
        if (operand instanceof Expression.IntegerLiteral) {
            text = Long.toString(((Expression.IntegerLiteral) operand).value());
        } else if (operand instanceof Expression.NumericLiteral) {
            text = ((Expression.NumericLiteral) operand).text();
        } else {
            return unary("-", operand, location);
        }
        return PrimaryParser.number(text.startsWith("-") ? text.substring(1) : "-" + text, location);
    }

    private String takeOperator() {
        String operator = tokens.operatorText();
        tokens.advance();
        return operator;
    }

    private Expression infix(Expression left, int precedence, boolean restricted) {
        switch (precedence) {
            case Precedence.OR:
                int or = tokens.location();
                return new Expression.Or(operands(left, Keyword.OR), or);
            case Precedence.AND:
                int and = tokens.location();
                return new Expression.And(operands(left, Keyword.AND), and);
            case Precedence.IS:
                return is(left, restricted);
            case Precedence.MATCH:
                return match(left);
            case Precedence.TYPECAST:
                int location = tokens.location();
                tokens.advance();
                return new Expression.Cast(left, types.parse(), location);
            case Precedence.AT_TIME_ZONE:
                throw tokens.unsupported("AT TIME ZONE");
            case Precedence.COLLATE:
                throw tokens.unsupported("COLLATE");
            default:
                return binary(left, precedence, restricted);
        }
    }

    private List<Expression> operands(Expression left, Keyword keyword) {
        List<Expression> operands = new ArrayList<>();
        if (keyword == Keyword.AND && left instanceof Expression.And) {
            operands.addAll(((Expression.And) left).operands());
        } else if (keyword == Keyword.OR && left instanceof Expression.Or) {
            operands.addAll(((Expression.Or) left).operands());
        } else {
            operands.add(left);
        }
        int tighter = (keyword == Keyword.AND ? Precedence.AND : Precedence.OR) + 1;
        int tallest = 0;
        while (tokens.accept(keyword)) {
            operands.add(expression(tighter, false));
            tallest = Math.max(tallest, height);
        }
        height = tallest;
        return operands;
    }

    private Expression binary(Expression left, int precedence, boolean restricted) {
        if (tokens.at(Keyword.OPERATOR)) {
            throw tokens.unsupported("OPERATOR()");
        }
        int location = tokens.location();
        String operator = takeOperator();
        rejectQuantifier();
        Expression right = expression(precedence + 1, restricted);
        if (precedence == Precedence.COMPARISON) {
            rejectAnother(precedence, restricted);
        }
        return new Expression.Binary(operator, left, right, location);
    }

    /** {@code = ANY (…)} and its like. */
    private void rejectQuantifier() {
        if (tokens.at(Keyword.ANY) || tokens.at(Keyword.SOME) || tokens.at(Keyword.ALL)) {
            throw tokens.unsupported("ANY, SOME or ALL after an operator");
        }
    }

    /** A non-associative operator's right operand may not be followed by an operator of the same precedence. */
    private void rejectAnother(int precedence, boolean restricted) {
        if (Precedence.of(tokens, restricted) == precedence) {
            throw tokens.syntaxError();
        }
    }

    private Expression is(Expression left, boolean restricted) {
        int location = tokens.location();
        if (tokens.accept(Keyword.ISNULL)) {
            return new Expression.IsTest(left, Expression.IsTest.Test.NULL, false, location);
        }
        if (tokens.accept(Keyword.NOTNULL)) {
            return new Expression.IsTest(left, Expression.IsTest.Test.NULL, true, location);
        }
        tokens.expect(Keyword.IS);
        boolean negated = tokens.accept(Keyword.NOT);
        if (tokens.accept(Keyword.DISTINCT)) {
            tokens.expect(Keyword.FROM);
            Expression right = expression(Precedence.IS + 1, restricted);
            rejectAnother(Precedence.IS, restricted);
            return new Expression.IsDistinct(left, right, negated, location);
        }
        Expression.IsTest.Test test = restricted ? null : acceptTest();
        if (test == null) {
            throw tokens.syntaxError();
        }
        return new Expression.IsTest(left, test, negated, location);
    }

    private Expression.IsTest.Test acceptTest() {
        if (tokens.accept(Keyword.NULL)) {
            return Expression.IsTest.Test.NULL;
        }
        if (tokens.accept(Keyword.TRUE)) {
            return Expression.IsTest.Test.TRUE;
        }
        if (tokens.accept(Keyword.FALSE)) {
            return Expression.IsTest.Test.FALSE;
        }
        if (tokens.accept(Keyword.UNKNOWN)) {
            return Expression.IsTest.Test.UNKNOWN;
        }
        tokens.reject(Keyword.DOCUMENT, "IS DOCUMENT");
        tokens.reject(Keyword.NORMALIZED, "IS NORMALIZED");
        return null;
    }

    private Expression match(Expression left) {
        int location = tokens.location();
        boolean negated = tokens.accept(Keyword.NOT);
        tokens.reject(Keyword.SIMILAR, "SIMILAR TO");
        if (tokens.accept(Keyword.BETWEEN)) {
            return between(left, negated, location);
        }
        if (tokens.accept(Keyword.IN)) {
            tokens.expect(TokenType.LEFT_PAREN);
            primaries.rejectSubquery();
            List<Expression> values = parseList();
            tokens.expect(TokenType.RIGHT_PAREN);
            return new Expression.In(left, values, negated, location);
        }
        boolean ignoreCase = tokens.at(Keyword.ILIKE);
        tokens.advance();
        rejectQuantifier();
        Expression pattern = expression(Precedence.MATCH + 1, false);
        int tallest = height;
        Expression escape = null;
        if (tokens.accept(Keyword.ESCAPE)) {
            escape = expression(Precedence.MATCH + 1, false);
            tallest = Math.max(tallest, height);
        }
        height = tallest;
        rejectAnother(Precedence.MATCH, false);
        return new Expression.Like(left, pattern, escape, ignoreCase, negated, location);
    }

    private Expression between(Expression left, boolean negated, int location) {
        boolean symmetric = tokens.accept(Keyword.SYMMETRIC);
        if (!symmetric) {
            tokens.accept(Keyword.ASYMMETRIC);
        }
        Expression low = parseRestricted();
        int tallest = height;
        tokens.expect(Keyword.AND);
        Expression high = expression(Precedence.MATCH + 1, false);
        height = Math.max(tallest, height);
        rejectAnother(Precedence.MATCH, false);
        return new Expression.Between(left, low, high, symmetric, negated, location);
    }
}
