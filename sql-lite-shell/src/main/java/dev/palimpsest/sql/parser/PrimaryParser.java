package dev.palimpsest.sql.parser;

import java.util.ArrayList;
import java.util.List;

/**
 * Operands: constants, columns, function calls, CASE and the other forms with words of their own. Not thread-safe.
 * Source of the rules: PG gram.y, c_expr and func_expr.
 */
final class PrimaryParser {
    private final TokenStream tokens;
    private final ExpressionParser expressions;
    private final TypeParser types;

    PrimaryParser(TokenStream tokens, ExpressionParser expressions, TypeParser types) {
        this.tokens = tokens;
        this.expressions = expressions;
        this.types = types;
    }

    Expression parse() {
        int location = tokens.location();
        expressions.height(1);
        switch (tokens.type()) {
            case IDENTIFIER:
                return name(location);
            case INTEGER:
                return integer(location);
            case DECIMAL:
                String decimal = tokens.text();
                tokens.advance();
                return new Expression.NumericLiteral(decimal, location);
            case STRING:
                return new Expression.StringLiteral(tokens.string(), location);
            case BIT_STRING:
                throw tokens.unsupported("a bit string constant");
            case PARAMETER:
                return parameter(location);
            case LEFT_PAREN:
                return parenthesized(location);
            case KEYWORD:
                return keyword(tokens.keyword(), location);
            default:
                throw tokens.syntaxError();
        }
    }

    /** The literal for a number's text, whatever its size. */
    static Expression number(String text, int location) {
        try {
            return new Expression.IntegerLiteral(Long.parseLong(text), location);
        } catch (NumberFormatException e) {
            return new Expression.NumericLiteral(text, location);
        }
    }

    /** Throws if a sub-select starts at the cursor. */
    void rejectSubquery() {
        if (QueryParser.atQuery(tokens)) {
            throw tokens.unsupported("a sub-select");
        }
    }

    private Expression integer(int location) {
        long value = tokens.longValue();
        Expression literal = value >= 0
                ? new Expression.IntegerLiteral(value, location)
                : new Expression.NumericLiteral(tokens.text(), location);
        tokens.advance();
        return literal;
    }

    private Expression parameter(int location) {
        String text = tokens.text();
        int number;
        try {
            number = Integer.parseInt(text, 1, text.length(), 10);
        } catch (NumberFormatException e) {
            throw tokens.invalid(Lexer.near("parameter number too large", text), location);
        }
        tokens.advance();
        rejectIndirection();
        return new Expression.Parameter(number, location);
    }

    private Expression parenthesized(int location) {
        tokens.advance();
        rejectSubquery();
        Expression inner = expressions.parse();
        if (tokens.at(TokenType.COMMA)) {
            throw tokens.unsupported("a row constructor", location);
        }
        tokens.expect(TokenType.RIGHT_PAREN);
        rejectIndirection();
        return inner;
    }

    private void rejectIndirection() {
        if (tokens.at(TokenType.LEFT_BRACKET)) {
            throw tokens.unsupported("an array subscript");
        }
        if (tokens.at(TokenType.DOT)) {
            throw tokens.unsupported("a field of a composite value");
        }
    }

    private Expression keyword(Keyword keyword, int location) {
        switch (keyword) {
            case NULL:
                tokens.advance();
                return new Expression.NullLiteral(location);
            case TRUE:
            case FALSE:
                tokens.advance();
                return new Expression.BooleanLiteral(keyword == Keyword.TRUE, location);
            case CASE:
                return caseExpression(location);
            case CAST:
                return cast(location);
            case CURRENT_DATE:
            case CURRENT_USER:
            case CURRENT_ROLE:
            case SESSION_USER:
            case USER:
            case CURRENT_CATALOG:
                tokens.advance();
                return special(keyword, -1, location);
            case CURRENT_TIME:
            case CURRENT_TIMESTAMP:
            case LOCALTIME:
            case LOCALTIMESTAMP:
                return specialTime(keyword, location);
            case DEFAULT:
                throw tokens.invalid("DEFAULT is not allowed in this context", location);
            case ARRAY:
                tokens.advance();
                if (tokens.at(TokenType.LEFT_BRACKET) || tokens.at(TokenType.LEFT_PAREN)) {
                    throw tokens.unsupported("an array constructor", location);
                }
                throw tokens.syntaxError();
            default:
                return softKeyword(keyword, location);
        }
    }

    /** Words that mean something special only before a parenthesis or a constant. */
    private Expression softKeyword(Keyword keyword, int location) {
        if (types.atKeywordType()) {
            return typedLiteral(location);
        }
        boolean call = tokens.type(1) == TokenType.LEFT_PAREN;
        if (keyword == Keyword.CURRENT_SCHEMA && !call) {
            tokens.advance();
            return special(keyword, -1, location);
        }
        if (call && keyword.category() == Keyword.Category.COLUMN_NAME) {
            return specialForm(keyword, location);
        }
        if (!keyword.columnName() && !keyword.typeOrFunctionName()) {
            throw tokens.syntaxError();
        }
        return name(location);
    }

    private Expression specialForm(Keyword keyword, int location) {
        switch (keyword) {
            case COALESCE:
                return new Expression.Coalesce(arguments(), location);
            case GREATEST:
            case LEAST:
                return new Expression.MinMax(keyword == Keyword.GREATEST, arguments(), location);
            case NULLIF:
                return nullIf(location);
            case SUBSTRING:
                return substring(location);
            case POSITION:
                return position(location);
            case TRIM:
                return trim(location);
            case ROW:
                throw tokens.unsupported("a row constructor");
            case EXISTS:
            case EXTRACT:
            case GROUPING:
            case NORMALIZE:
            case OVERLAY:
            case TREAT:
            case XMLATTRIBUTES:
            case XMLCONCAT:
            case XMLELEMENT:
            case XMLEXISTS:
            case XMLFOREST:
            case XMLPARSE:
            case XMLPI:
            case XMLROOT:
            case XMLSERIALIZE:
                throw tokens.unsupported(keyword.name());
            default:
                return name(location);
        }
    }

    /** {@code SUBSTRING(text, start [, length])}, or with FROM and FOR in place of commas. */
    private Expression substring(int location) {
        tokens.advance();
        tokens.expect(TokenType.LEFT_PAREN);
        List<Expression> arguments = new ArrayList<>(expressions.parseList());
        int tallest = expressions.height();
        boolean from = tokens.accept(Keyword.FROM);
        if (from) {
            arguments.add(expressions.parse());
            tallest = Math.max(tallest, expressions.height());
        }
        if (tokens.accept(Keyword.FOR)) {
            if (!from) {
                arguments.add(new Expression.IntegerLiteral(1, location));
            }
            arguments.add(expressions.parse());
            tallest = Math.max(tallest, expressions.height());
        }
        return call("substring", arguments, tallest, location);
    }

    /** {@code POSITION(part IN text)}: the text is the first argument. */
    private Expression position(int location) {
        tokens.advance();
        tokens.expect(TokenType.LEFT_PAREN);
        Expression part = expressions.parseRestricted();
        int tallest = expressions.height();
        tokens.expect(Keyword.IN);
        Expression text = expressions.parseRestricted();
        return call("position", List.of(text, part), Math.max(tallest, expressions.height()), location);
    }

    /** {@code TRIM([BOTH | LEADING | TRAILING] [characters] [FROM] text)}. */
    private Expression trim(int location) {
        tokens.advance();
        tokens.expect(TokenType.LEFT_PAREN);
        String name = "btrim";
        if (tokens.accept(Keyword.LEADING)) {
            name = "ltrim";
        } else if (tokens.accept(Keyword.TRAILING)) {
            name = "rtrim";
        } else {
            tokens.accept(Keyword.BOTH);
        }
        if (tokens.accept(Keyword.FROM)) {
            return call(name, expressions.parseList(), expressions.height(), location);
        }
        List<Expression> first = expressions.parseList();
        int tallest = expressions.height();
        if (!tokens.accept(Keyword.FROM)) {
            return call(name, first, tallest, location);
        }
        List<Expression> arguments = new ArrayList<>(expressions.parseList());
        arguments.addAll(first);
        return call(name, arguments, Math.max(tallest, expressions.height()), location);
    }

    private Expression call(String name, List<Expression> arguments, int tallest, int location) {
        tokens.expect(TokenType.RIGHT_PAREN);
        expressions.height(tallest + 1);
        return new Expression.FunctionCall(new QualifiedName(null, name, location), arguments, false, false, location);
    }

    private List<Expression> arguments() {
        tokens.advance();
        tokens.expect(TokenType.LEFT_PAREN);
        List<Expression> arguments = expressions.parseList();
        tokens.expect(TokenType.RIGHT_PAREN);
        expressions.height(expressions.height() + 1);
        return arguments;
    }

    private Expression nullIf(int location) {
        tokens.advance();
        tokens.expect(TokenType.LEFT_PAREN);
        Expression left = expressions.parse();
        int tallest = expressions.height();
        tokens.expect(TokenType.COMMA);
        Expression right = expressions.parse();
        tokens.expect(TokenType.RIGHT_PAREN);
        expressions.height(Math.max(tallest, expressions.height()) + 1);
        return new Expression.NullIf(left, right, location);
    }

    private Expression special(Keyword keyword, int precision, int location) {
        return new Expression.SpecialValue(Expression.SpecialValue.Kind.valueOf(keyword.name()), precision, location);
    }

    private Expression specialTime(Keyword keyword, int location) {
        tokens.advance();
        int precision = -1;
        if (tokens.accept(TokenType.LEFT_PAREN)) {
            precision = tokens.integer();
            tokens.expect(TokenType.RIGHT_PAREN);
        }
        return special(keyword, precision, location);
    }

    private Expression cast(int location) {
        tokens.advance();
        tokens.expect(TokenType.LEFT_PAREN);
        Expression operand = expressions.parse();
        tokens.expect(Keyword.AS);
        TypeName type = types.parse();
        tokens.expect(TokenType.RIGHT_PAREN);
        expressions.height(expressions.height() + 1);
        return new Expression.Cast(operand, type, location);
    }

    private Expression caseExpression(int location) {
        tokens.advance();
        int tallest = 0;
        Expression operand = null;
        if (!tokens.at(Keyword.WHEN)) {
            operand = expressions.parse();
            tallest = expressions.height();
        }
        List<Expression.When> branches = new ArrayList<>();
        do {
            int whenAt = tokens.location();
            tokens.expect(Keyword.WHEN);
            Expression condition = expressions.parse();
            tallest = Math.max(tallest, expressions.height());
            tokens.expect(Keyword.THEN);
            Expression result = expressions.parse();
            tallest = Math.max(tallest, expressions.height());
            branches.add(new Expression.When(condition, result, whenAt));
        } while (tokens.at(Keyword.WHEN));
        Expression otherwise = null;
        if (tokens.accept(Keyword.ELSE)) {
            otherwise = expressions.parse();
            tallest = Math.max(tallest, expressions.height());
        }
        tokens.expect(Keyword.END);
        expressions.height(tallest + 1);
        return new Expression.Case(operand, branches, otherwise, location);
    }

    /** {@code int '5'}; a bare {@code int} is a column of that name. */
    private Expression typedLiteral(int location) {
        boolean mayBeColumn = tokens.keyword().columnName();
        boolean followed = tokens.type(1) == TokenType.STRING
                || tokens.type(1) == TokenType.LEFT_PAREN
                || typeGoesOn(tokens.keyword(1));
        if (mayBeColumn && !followed) {
            return name(location);
        }
        TypeName type = types.keywordType();
        return literalOf(type, location);
    }

    private static boolean typeGoesOn(Keyword next) {
        return next == Keyword.PRECISION
                || next == Keyword.VARYING
                || next == Keyword.CHAR
                || next == Keyword.CHARACTER
                || next == Keyword.WITHOUT
                || next == Keyword.WITH;
    }

    private Expression literalOf(TypeName type, int location) {
        int stringAt = tokens.location();
        Expression literal = new Expression.StringLiteral(tokens.string(), stringAt);
        expressions.height(2);
        return new Expression.Cast(literal, type, location);
    }

    /** What starts with a name: a column, a function call, or a constant after a type's name. */
    private Expression name(int location) {
        Keyword keyword = tokens.keyword();
        boolean function = keyword == null || keyword.typeOrFunctionName();
        boolean column = keyword == null || keyword.columnName();
        String first = tokens.takeName();
        if (tokens.at(TokenType.DOT) && column) {
            return dottedName(first, location);
        }
        if (tokens.at(TokenType.LEFT_PAREN) && function) {
            return call(new QualifiedName(null, first, location));
        }
        if (tokens.at(TokenType.STRING) && function) {
            return literalOf(new TypeName(null, first, List.of(), location), location);
        }
        if (!column || tokens.at(TokenType.LEFT_PAREN)) {
            throw tokens.syntaxError();
        }
        rejectIndirection();
        return new Expression.ColumnRef(null, first, location);
    }

    private Expression dottedName(String first, int location) {
        List<String> parts = new ArrayList<>(3);
        parts.add(first);
        while (tokens.accept(TokenType.DOT)) {
            if (tokens.at(TokenType.STAR)) {
                throw tokens.error(
                        SqlSyntaxException.FEATURE_NOT_SUPPORTED,
                        "row expansion via \"*\" is not supported here",
                        location);
            }
            parts.add(tokens.label());
        }
        if (tokens.at(TokenType.LEFT_PAREN)) {
            return call(tokens.qualified(parts, location));
        }
        if (tokens.at(TokenType.STRING)) {
            QualifiedName type = tokens.qualified(parts, location);
            return literalOf(new TypeName(type.schema(), type.name(), List.of(), location), location);
        }
        rejectIndirection();
        String column = parts.remove(parts.size() - 1);
        return new Expression.ColumnRef(tokens.qualified(parts, location), column, location);
    }

    private Expression call(QualifiedName name) {
        tokens.expect(TokenType.LEFT_PAREN);
        boolean star = tokens.accept(TokenType.STAR);
        boolean distinct = false;
        List<Expression> arguments = List.of();
        if (!star && !tokens.at(TokenType.RIGHT_PAREN)) {
            distinct = tokens.accept(Keyword.DISTINCT);
            if (!distinct) {
                tokens.accept(Keyword.ALL);
            }
            tokens.reject(Keyword.VARIADIC, "VARIADIC");
            arguments = expressions.parseList();
            tokens.reject(Keyword.ORDER, "ORDER BY in a function call");
            if (tokens.at(TokenType.COLON_EQUALS) || tokens.at(TokenType.EQUALS_GREATER)) {
                throw tokens.unsupported("a named argument");
            }
        }
        tokens.expect(TokenType.RIGHT_PAREN);
        rejectCallSuffix();
        expressions.height(expressions.height() + 1);
        return new Expression.FunctionCall(name, arguments, distinct, star, name.location());
    }

    private void rejectCallSuffix() {
        tokens.reject(Keyword.WITHIN, "WITHIN GROUP");
        tokens.reject(Keyword.OVER, "a window function");
        if (tokens.at(Keyword.FILTER) && tokens.type(1) == TokenType.LEFT_PAREN) {
            throw tokens.unsupported("FILTER");
        }
        if (tokens.at(TokenType.STRING)) {
            throw tokens.unsupported("a constant of a type with modifiers");
        }
    }
}
