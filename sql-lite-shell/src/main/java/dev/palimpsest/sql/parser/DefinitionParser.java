package dev.palimpsest.sql.parser;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** CREATE and DROP. Not thread-safe. Source of the rules: PG gram.y, IndexStmt and DropStmt. */
final class DefinitionParser {
    /** What else PostgreSQL can create or drop. */
    private static final Set<Keyword> OTHER_OBJECTS = EnumSet.of(
            Keyword.ACCESS,
            Keyword.AGGREGATE,
            Keyword.CAST,
            Keyword.COLLATION,
            Keyword.CONSTRAINT,
            Keyword.CONVERSION,
            Keyword.DATABASE,
            Keyword.DEFAULT,
            Keyword.DOMAIN,
            Keyword.EVENT,
            Keyword.EXTENSION,
            Keyword.FOREIGN,
            Keyword.FUNCTION,
            Keyword.GLOBAL,
            Keyword.GROUP,
            Keyword.LANGUAGE,
            Keyword.LOCAL,
            Keyword.MATERIALIZED,
            Keyword.OPERATOR,
            Keyword.OR,
            Keyword.OWNED,
            Keyword.POLICY,
            Keyword.PROCEDURAL,
            Keyword.PROCEDURE,
            Keyword.PUBLICATION,
            Keyword.RECURSIVE,
            Keyword.ROLE,
            Keyword.ROUTINE,
            Keyword.RULE,
            Keyword.SCHEMA,
            Keyword.SERVER,
            Keyword.STATISTICS,
            Keyword.SUBSCRIPTION,
            Keyword.TABLESPACE,
            Keyword.TEMP,
            Keyword.TEMPORARY,
            Keyword.TEXT,
            Keyword.TRANSFORM,
            Keyword.TRIGGER,
            Keyword.TRUSTED,
            Keyword.TYPE,
            Keyword.UNLOGGED,
            Keyword.USER,
            Keyword.VIEW);

    private final TokenStream tokens;
    private final ExpressionParser expressions;
    private final QueryParser queries;

    DefinitionParser(TokenStream tokens, ExpressionParser expressions, QueryParser queries) {
        this.tokens = tokens;
        this.expressions = expressions;
        this.queries = queries;
    }

    Statement create() {
        int location = tokens.location();
        tokens.expect(Keyword.CREATE);
        if (tokens.accept(Keyword.TABLE)) {
            return new TableParser(tokens, expressions).parse(location);
        }
        if (tokens.accept(Keyword.SEQUENCE)) {
            return new SequenceParser(tokens, expressions.types()).create(location);
        }
        boolean unique = tokens.accept(Keyword.UNIQUE);
        if (unique || tokens.at(Keyword.INDEX)) {
            tokens.expect(Keyword.INDEX);
            return createIndex(unique, location);
        }
        throw otherObject("CREATE ", location);
    }

    Statement drop() {
        int location = tokens.location();
        tokens.expect(Keyword.DROP);
        Keyword object = tokens.keyword();
        if (object != Keyword.TABLE && object != Keyword.INDEX && object != Keyword.SEQUENCE) {
            throw otherObject("DROP ", location);
        }
        tokens.advance();
        if (object == Keyword.INDEX) {
            tokens.reject(Keyword.CONCURRENTLY, "CONCURRENTLY");
        }
        boolean ifExists = tokens.acceptIf(Keyword.EXISTS);
        List<QualifiedName> names = new ArrayList<>();
        do {
            names.add(tokens.qualifiedName());
        } while (tokens.accept(TokenType.COMMA));
        boolean cascade = tokens.accept(Keyword.CASCADE);
        if (!cascade) {
            tokens.accept(Keyword.RESTRICT);
        }
        switch (object) {
            case TABLE:
                return new Definition.DropTable(names, ifExists, cascade, location);
            case SEQUENCE:
                return new Definition.DropSequence(names, ifExists, cascade, location);
            default:
                return new Definition.DropIndex(names, ifExists, cascade, location);
        }
    }

    private SqlSyntaxException otherObject(String verb, int location) {
        Keyword keyword = tokens.keyword();
        boolean known = keyword != null && OTHER_OBJECTS.contains(keyword);
        return known ? tokens.unsupported(verb + keyword, location) : tokens.syntaxError();
    }

    private Statement createIndex(boolean unique, int location) {
        tokens.reject(Keyword.CONCURRENTLY, "CONCURRENTLY");
        boolean ifNotExists = tokens.acceptIf(Keyword.NOT, Keyword.EXISTS);
        String name = ifNotExists || !tokens.at(Keyword.ON) ? tokens.columnName() : null;
        tokens.expect(Keyword.ON);
        QualifiedName table = queries.relation();
        if (tokens.accept(Keyword.USING)) {
            int methodAt = tokens.location();
            String method = tokens.columnName();
            if (!method.equals("btree")) {
                throw tokens.unsupported("index access method \"" + method + "\"", methodAt);
            }
        }
        tokens.expect(TokenType.LEFT_PAREN);
        List<Definition.IndexColumn> columns = new ArrayList<>();
        do {
            columns.add(indexColumn());
        } while (tokens.accept(TokenType.COMMA));
        tokens.expect(TokenType.RIGHT_PAREN);
        List<Statement.ColumnName> included =
                tokens.accept(Keyword.INCLUDE) ? new ConstraintParser(tokens, expressions).columnList() : List.of();
        rejectIndexOptions();
        return new Definition.CreateIndex(name, table, unique, ifNotExists, columns, included, location);
    }

    private Definition.IndexColumn indexColumn() {
        int location = tokens.location();
        if (tokens.at(TokenType.LEFT_PAREN) || tokens.type(1) == TokenType.LEFT_PAREN) {
            throw tokens.unsupported("an index on an expression");
        }
        String name = tokens.columnName();
        tokens.reject(Keyword.COLLATE, "COLLATE");
        boolean direction = tokens.at(Keyword.ASC) || tokens.at(Keyword.DESC) || tokens.at(Keyword.NULLS);
        if (!direction && tokens.atColumnName()) {
            throw tokens.unsupported("an operator class");
        }
        boolean descending = queries.acceptDirection();
        return new Definition.IndexColumn(name, descending, queries.acceptNullsFirst(descending), location);
    }

    private void rejectIndexOptions() {
        tokens.reject(Keyword.WITH, "a storage parameter");
        tokens.reject(Keyword.TABLESPACE, "TABLESPACE");
        tokens.reject(Keyword.WHERE, "a partial index");
        if (tokens.at(Keyword.NULLS, Keyword.NOT)) {
            throw tokens.unsupported("NULLS NOT DISTINCT");
        }
        tokens.accept(Keyword.NULLS, Keyword.DISTINCT);
    }
}
