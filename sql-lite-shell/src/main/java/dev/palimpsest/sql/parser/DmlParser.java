package dev.palimpsest.sql.parser;

import java.util.ArrayList;
import java.util.List;

/** INSERT, UPDATE and DELETE. Not thread-safe. Source of the rules: PG gram.y, InsertStmt and its neighbours. */
final class DmlParser {
    private final TokenStream tokens;
    private final ExpressionParser expressions;
    private final QueryParser queries;

    DmlParser(TokenStream tokens, ExpressionParser expressions, QueryParser queries) {
        this.tokens = tokens;
        this.expressions = expressions;
        this.queries = queries;
    }

    Statement insert() {
        int location = tokens.location();
        tokens.expect(Keyword.INSERT);
        tokens.expect(Keyword.INTO);
        QualifiedName table = tokens.qualifiedName();
        String alias = tokens.accept(Keyword.AS) ? tokens.columnName() : null;
        List<Statement.ColumnName> columns = List.of();
        Statement.Overriding overriding = Statement.Overriding.NONE;
        Query source = null;
        if (tokens.accept(Keyword.DEFAULT)) {
            tokens.expect(Keyword.VALUES);
        } else {
            if (tokens.at(TokenType.LEFT_PAREN) && !atParenthesizedQuery()) {
                columns = columns();
            }
            overriding = overriding();
            source = queries.parse(true);
        }
        Statement.OnConflict onConflict = tokens.at(Keyword.ON) ? onConflict() : null;
        return new Statement.Insert(table, alias, columns, overriding, source, onConflict, returning(), location);
    }

    private Statement.OnConflict onConflict() {
        int location = tokens.location();
        tokens.expect(Keyword.ON);
        tokens.expect(Keyword.CONFLICT);
        List<Statement.ColumnName> columns = List.of();
        String constraint = null;
        if (tokens.at(TokenType.LEFT_PAREN)) {
            columns = conflictColumns();
            tokens.reject(Keyword.WHERE, "a partial index");
        } else if (tokens.accept(Keyword.ON)) {
            tokens.expect(Keyword.CONSTRAINT);
            constraint = tokens.columnName();
        }
        tokens.expect(Keyword.DO);
        if (tokens.accept(Keyword.NOTHING)) {
            return new Statement.OnConflict(columns, constraint, List.of(), null, location);
        }
        tokens.expect(Keyword.UPDATE);
        tokens.expect(Keyword.SET);
        List<Statement.Assignment> assignments = assignments();
        return new Statement.OnConflict(columns, constraint, assignments, where(), location);
    }

    private List<Statement.ColumnName> conflictColumns() {
        List<Statement.ColumnName> columns = new ArrayList<>();
        int location = tokens.location();
        tokens.expect(TokenType.LEFT_PAREN);
        do {
            if (tokens.at(TokenType.LEFT_PAREN) || tokens.type(1) == TokenType.LEFT_PAREN) {
                throw tokens.unsupported("an index on an expression");
            }
            columns.add(new Statement.ColumnName(columnName().name(), location)); // PostgreSQL points at the whole list
            tokens.reject(Keyword.COLLATE, "COLLATE");
            rejectOrder(location);
        } while (tokens.accept(TokenType.COMMA));
        tokens.expect(TokenType.RIGHT_PAREN);
        return columns;
    }

    private void rejectOrder(int location) {
        boolean direction = tokens.accept(Keyword.ASC) || tokens.accept(Keyword.DESC);
        if (direction || tokens.at(Keyword.NULLS)) {
            String what = direction ? "ASC/DESC" : "NULLS FIRST/LAST";
            throw tokens.error("42P10", what + " is not allowed in ON CONFLICT clause", location);
        }
        if (tokens.atColumnName()) {
            throw tokens.unsupported("an operator class");
        }
    }

    private List<Query.SelectItem> returning() {
        return tokens.accept(Keyword.RETURNING) ? queries.items() : List.of();
    }

    private boolean atParenthesizedQuery() {
        int start = tokens.cursor();
        while (tokens.accept(TokenType.LEFT_PAREN)) {
            // a query may stand in any number of parentheses
        }
        boolean query = QueryParser.atQuery(tokens);
        tokens.reset(start);
        return query;
    }

    private List<Statement.ColumnName> columns() {
        List<Statement.ColumnName> columns = new ArrayList<>();
        tokens.expect(TokenType.LEFT_PAREN);
        do {
            columns.add(columnName());
        } while (tokens.accept(TokenType.COMMA));
        tokens.expect(TokenType.RIGHT_PAREN);
        return columns;
    }

    private Statement.ColumnName columnName() {
        int location = tokens.location();
        String name = tokens.columnName();
        if (tokens.at(TokenType.DOT) || tokens.at(TokenType.LEFT_BRACKET)) {
            throw tokens.unsupported("a part of a column as a target", location);
        }
        return new Statement.ColumnName(name, location);
    }

    private Statement.Overriding overriding() {
        if (!tokens.accept(Keyword.OVERRIDING)) {
            return Statement.Overriding.NONE;
        }
        boolean user = tokens.accept(Keyword.USER);
        if (!user) {
            tokens.expect(Keyword.SYSTEM);
        }
        tokens.expect(Keyword.VALUE);
        return user ? Statement.Overriding.USER : Statement.Overriding.SYSTEM;
    }

    Statement update() {
        int location = tokens.location();
        tokens.expect(Keyword.UPDATE);
        QualifiedName table = queries.relation();
        String alias = targetAlias();
        tokens.expect(Keyword.SET);
        List<Statement.Assignment> assignments = assignments();
        tokens.reject(Keyword.FROM, "UPDATE … FROM");
        Expression where = where();
        return new Statement.Update(table, alias, assignments, where, returning(), location);
    }

    private List<Statement.Assignment> assignments() {
        List<Statement.Assignment> assignments = new ArrayList<>();
        do {
            assignments.add(assignment());
        } while (tokens.accept(TokenType.COMMA));
        return assignments;
    }

    private Statement.Assignment assignment() {
        if (tokens.at(TokenType.LEFT_PAREN)) {
            throw tokens.unsupported("an assignment to several columns at once");
        }
        Statement.ColumnName column = columnName();
        tokens.expect(TokenType.EQUALS);
        return new Statement.Assignment(column.name(), expressions.parseOrDefault(), column.location());
    }

    Statement delete() {
        int location = tokens.location();
        tokens.expect(Keyword.DELETE);
        tokens.expect(Keyword.FROM);
        QualifiedName table = queries.relation();
        String alias = targetAlias();
        tokens.reject(Keyword.USING, "DELETE … USING");
        Expression where = where();
        return new Statement.Delete(table, alias, where, returning(), location);
    }

    private String targetAlias() {
        if (tokens.accept(Keyword.AS)) {
            return tokens.columnName();
        }
        return tokens.atColumnName() && !tokens.at(Keyword.SET) ? tokens.takeName() : null;
    }

    private Expression where() {
        if (!tokens.accept(Keyword.WHERE)) {
            return null;
        }
        if (tokens.at(Keyword.CURRENT, Keyword.OF)) {
            throw tokens.unsupported("WHERE CURRENT OF");
        }
        return expressions.parse();
    }
}
