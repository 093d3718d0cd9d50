package dev.palimpsest.sql.parser;

import java.util.ArrayList;
import java.util.List;

/** The parts that constraints of tables and of columns have in common. Not thread-safe. Source: PG gram.y, ConstraintElem. */
final class ConstraintParser {
    private final TokenStream tokens;
    private final ExpressionParser expressions;

    ConstraintParser(TokenStream tokens, ExpressionParser expressions) {
        this.tokens = tokens;
        this.expressions = expressions;
    }

    /** Names in parentheses, one or more. */
    List<Statement.ColumnName> columnList() {
        tokens.expect(TokenType.LEFT_PAREN);
        List<Statement.ColumnName> names = new ArrayList<>();
        do {
            int location = tokens.location();
            names.add(new Statement.ColumnName(tokens.columnName(), location));
        } while (tokens.accept(TokenType.COMMA));
        tokens.expect(TokenType.RIGHT_PAREN);
        return names;
    }

    /** What may follow the columns of a key: INCLUDE. */
    List<Statement.ColumnName> included() {
        List<Statement.ColumnName> included = tokens.accept(Keyword.INCLUDE) ? columnList() : List.of();
        tokens.reject(Keyword.WITH, "a storage parameter");
        tokens.reject(Keyword.USING, "USING INDEX TABLESPACE");
        return included;
    }

    Definition.Check check(String name) {
        int location = tokens.location();
        tokens.expect(Keyword.CHECK);
        tokens.expect(TokenType.LEFT_PAREN);
        Expression condition = expressions.parse();
        tokens.expect(TokenType.RIGHT_PAREN);
        if (tokens.at(Keyword.NO, Keyword.INHERIT)) {
            throw tokens.unsupported("NO INHERIT");
        }
        return new Definition.Check(name, condition, location);
    }

    /** REFERENCES and what follows, without attributes. */
    Definition.ForeignKey references(String name, List<Statement.ColumnName> columns, int location) {
        tokens.expect(Keyword.REFERENCES);
        QualifiedName table = tokens.qualifiedName();
        List<Statement.ColumnName> referenced = tokens.at(TokenType.LEFT_PAREN) ? columnList() : List.of();
        match();
        Definition.Action onDelete = null;
        Definition.Action onUpdate = null;
        while (tokens.at(Keyword.ON)) {
            boolean delete = tokens.keyword(1) == Keyword.DELETE && onDelete == null;
            boolean update = tokens.keyword(1) == Keyword.UPDATE && onUpdate == null;
            tokens.advance();
            if (!delete && !update) {
                throw tokens.syntaxError();
            }
            tokens.advance();
            if (delete) {
                onDelete = action();
            } else {
                onUpdate = action();
            }
        }
        return new Definition.ForeignKey(
                name, columns, table, referenced, orNone(onDelete), orNone(onUpdate), location);
    }

    private static Definition.Action orNone(Definition.Action action) {
        return action == null ? Definition.Action.NO_ACTION : action;
    }

    private void match() {
        if (tokens.accept(Keyword.MATCH) && !tokens.accept(Keyword.SIMPLE)) {
            if (!tokens.at(Keyword.FULL) && !tokens.at(Keyword.PARTIAL)) {
                throw tokens.syntaxError();
            }
            throw tokens.unsupported("MATCH " + tokens.keyword());
        }
    }

    private Definition.Action action() {
        if (tokens.accept(Keyword.NO)) {
            tokens.expect(Keyword.ACTION);
            return Definition.Action.NO_ACTION;
        }
        if (tokens.accept(Keyword.RESTRICT)) {
            return Definition.Action.RESTRICT;
        }
        if (tokens.accept(Keyword.CASCADE)) {
            return Definition.Action.CASCADE;
        }
        tokens.expect(Keyword.SET);
        tokens.reject(Keyword.DEFAULT, "SET DEFAULT");
        tokens.expect(Keyword.NULL);
        if (tokens.at(TokenType.LEFT_PAREN)) {
            throw tokens.unsupported("SET NULL of some columns");
        }
        return Definition.Action.SET_NULL;
    }

    /** Any number of attributes. */
    void attributes() {
        if (tokens.at(Keyword.NOT, Keyword.VALID)) {
            throw tokens.unsupported("NOT VALID");
        }
        while (attribute()) {
            // one after the other
        }
    }

    /** An attribute that says what is so anyway: NOT DEFERRABLE or INITIALLY IMMEDIATE. */
    boolean attribute() {
        tokens.reject(Keyword.DEFERRABLE, "a deferrable constraint");
        if (tokens.at(Keyword.INITIALLY, Keyword.DEFERRED)) {
            throw tokens.unsupported("a deferrable constraint");
        }
        return tokens.accept(Keyword.NOT, Keyword.DEFERRABLE) || tokens.accept(Keyword.INITIALLY, Keyword.IMMEDIATE);
    }
}
