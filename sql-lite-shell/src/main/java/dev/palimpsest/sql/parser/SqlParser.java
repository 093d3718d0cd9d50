package dev.palimpsest.sql.parser;

import java.util.ArrayList;
import java.util.List;

/**
 * The way in: SQL text to syntax trees. Stateless, thread-safe.
 *
 * <p>Time and memory follow the length of the text; nesting is bounded. Every failure is a {@link SqlSyntaxException}
 * with PostgreSQL's SQLSTATE, message and position.
 */
public final class SqlParser {
    private SqlParser() {}

    /** Parses statements separated by semicolons; empty ones are left out. */
    public static List<ParsedStatement> parse(String sql) {
        TokenStream tokens = new TokenStream(sql);
        StatementParser parser = new StatementParser(tokens);
        List<ParsedStatement> statements = new ArrayList<>(1);
        while (!tokens.at(TokenType.END)) {
            if (tokens.accept(TokenType.SEMICOLON)) {
                continue;
            }
            int start = tokens.location();
            Statement statement = parser.parse();
            statements.add(new ParsedStatement(statement, start, tokens.previousEnd()));
            if (!tokens.at(TokenType.END) && !tokens.at(TokenType.SEMICOLON)) {
                throw tokens.syntaxError();
            }
        }
        return statements;
    }

    /** Parses one expression, as the catalog stores defaults. */
    public static Expression parseExpression(String sql) {
        TokenStream tokens = new TokenStream(sql);
        Expression expression = new ExpressionParser(tokens).parse();
        if (!tokens.at(TokenType.END)) {
            throw tokens.syntaxError();
        }
        return expression;
    }

    /** Parses one type name. */
    public static TypeName parseType(String sql) {
        TokenStream tokens = new TokenStream(sql);
        TypeName type = new TypeParser(tokens).parse();
        if (!tokens.at(TokenType.END)) {
            throw tokens.syntaxError();
        }
        return type;
    }
}
