package dev.palimpsest.sql.parser;

import java.util.ArrayList;
import java.util.List;

/** What follows CREATE TABLE. Not thread-safe. Source of the rules: PG gram.y, CreateStmt, and parse_utilcmd.c. */
final class TableParser {
    private final TokenStream tokens;
    private final ExpressionParser expressions;

    private final List<Definition.ColumnDefinition> columns = new ArrayList<>();
    private final List<Definition.Key> keys = new ArrayList<>();
    private final List<Definition.Check> checks = new ArrayList<>();
    private final List<Definition.ForeignKey> foreignKeys = new ArrayList<>();
    private final ConstraintParser constraints;
    private QualifiedName table;

    TableParser(TokenStream tokens, ExpressionParser expressions) {
        this.tokens = tokens;
        this.expressions = expressions;
        this.constraints = new ConstraintParser(tokens, expressions);
    }

    /** The cursor is after TABLE; {@code location} is that of CREATE. */
    Statement parse(int location) {
        boolean ifNotExists = tokens.acceptIf(Keyword.NOT, Keyword.EXISTS);
        table = tokens.qualifiedName();
        tokens.reject(Keyword.AS, "CREATE TABLE AS");
        tokens.reject(Keyword.OF, "CREATE TABLE OF");
        tokens.reject(Keyword.PARTITION, "PARTITION OF");
        tokens.expect(TokenType.LEFT_PAREN);
        if (!tokens.at(TokenType.RIGHT_PAREN)) {
            do {
                element();
            } while (tokens.accept(TokenType.COMMA));
        }
        tokens.expect(TokenType.RIGHT_PAREN);
        tokens.reject(Keyword.INHERITS, "INHERITS");
        tokens.reject(Keyword.PARTITION, "PARTITION BY");
        tokens.reject(Keyword.USING, "a table access method");
        List<Definition.StorageParameter> parameters = storageParameters();
        rejectOptions();
        return new Definition.CreateTable(table, ifNotExists, columns, keys, checks, foreignKeys, parameters, location);
    }

    /** WITH (…), or WITHOUT OIDS, which says nothing any more. */
    private List<Definition.StorageParameter> storageParameters() {
        if (tokens.accept(Keyword.WITH)) {
            return new StorageParameterParser(tokens).parse();
        }
        if (tokens.accept(Keyword.WITHOUT)) {
            tokens.expect(Keyword.OIDS);
        }
        return List.of();
    }

    private void rejectOptions() {
        tokens.reject(Keyword.ON, "ON COMMIT");
        tokens.reject(Keyword.TABLESPACE, "TABLESPACE");
        tokens.reject(Keyword.AS, "CREATE TABLE AS");
    }

    private void element() {
        tokens.reject(Keyword.LIKE, "LIKE in a table definition");
        if (tokens.accept(Keyword.CONSTRAINT)) {
            tableConstraint(tokens.columnName());
        } else if (tokens.at(Keyword.PRIMARY)
                || tokens.at(Keyword.UNIQUE)
                || tokens.at(Keyword.CHECK)
                || tokens.at(Keyword.FOREIGN)
                || tokens.at(Keyword.EXCLUDE, Keyword.USING)) {
            tableConstraint(null);
        } else {
            new ColumnBuilder().parse();
        }
    }

    private void tableConstraint(String name) {
        int location = tokens.location();
        tokens.reject(Keyword.EXCLUDE, "EXCLUDE");
        if (tokens.at(Keyword.CHECK)) {
            checks.add(constraints.check(name));
        } else if (tokens.accept(Keyword.FOREIGN, Keyword.KEY)) {
            List<Statement.ColumnName> own = constraints.columnList();
            foreignKeys.add(constraints.references(name, own, location));
        } else {
            boolean primary = keyWords();
            tokens.reject(Keyword.USING, "USING INDEX");
            List<Statement.ColumnName> own = constraints.columnList();
            addKey(new Definition.Key(name, primary, own, constraints.included(), location));
        }
        constraints.attributes();
    }

    /** PRIMARY KEY (true) or UNIQUE. */
    private boolean keyWords() {
        if (tokens.accept(Keyword.PRIMARY)) {
            tokens.expect(Keyword.KEY);
            return true;
        }
        tokens.expect(Keyword.UNIQUE);
        if (tokens.at(Keyword.NULLS, Keyword.NOT)) {
            throw tokens.unsupported("NULLS NOT DISTINCT");
        }
        tokens.accept(Keyword.NULLS, Keyword.DISTINCT);
        return false;
    }

    private void addKey(Definition.Key key) {
        if (key.primary() && keys.stream().anyMatch(Definition.Key::primary)) {
            String message = "multiple primary keys for table \"" + table.name() + "\" are not allowed";
            throw tokens.error("42P16", message, key.location());
        }
        keys.add(key);
    }

    /** One column and its constraints, with PostgreSQL's checks of those that contradict each other. */
    private final class ColumnBuilder {
        private final int location = tokens.location();
        private String name;
        private TypeName type;
        /** Null until said. */
        private Boolean notNull;

        private Expression defaultValue;
        private Definition.Identity identity;
        private boolean serial;

        void parse() {
            name = tokens.columnName();
            type = expressions.types().parse();
            serialType();
            tokens.reject(Keyword.COMPRESSION, "COMPRESSION");
            while (constraint()) {
                // one after the other
            }
            boolean required = notNull != null && notNull;
            columns.add(new Definition.ColumnDefinition(name, type, required, defaultValue, identity, location));
        }

        private void serialType() {
            String integer;
            switch (type.schema() == null ? type.name() : "") {
                case "smallserial":
                case "serial2":
                    integer = "int2";
                    break;
                case "serial":
                case "serial4":
                    integer = "int4";
                    break;
                case "bigserial":
                case "serial8":
                    integer = "int8";
                    break;
                default:
                    return;
            }
            serial = true;
            identity = new Definition.Identity(false, true, Definition.SequenceOptions.NONE, type.location());
            type = new TypeName(null, integer, type.modifiers(), type.location());
            notNull = true;
        }

        private boolean constraint() {
            String constraintName = tokens.accept(Keyword.CONSTRAINT) ? tokens.columnName() : null;
            int at = tokens.location();
            if (constraintName == null) {
                tokens.reject(Keyword.COLLATE, "COLLATE");
                if (constraints.attribute()) {
                    return true;
                }
            }
            if (tokens.accept(Keyword.NOT)) {
                tokens.expect(Keyword.NULL);
                setNotNull(true, at);
            } else if (tokens.accept(Keyword.NULL)) {
                setNotNull(false, at);
            } else if (tokens.accept(Keyword.DEFAULT)) {
                setDefault(expressions.parseRestricted(), at);
            } else if (tokens.at(Keyword.PRIMARY) || tokens.at(Keyword.UNIQUE)) {
                boolean primary = keyWords();
                addKey(new Definition.Key(constraintName, primary, own(), constraints.included(), at));
            } else if (tokens.accept(Keyword.GENERATED)) {
                setIdentity(at);
            } else if (tokens.at(Keyword.CHECK)) {
                checks.add(constraints.check(constraintName));
            } else if (tokens.at(Keyword.REFERENCES)) {
                foreignKeys.add(constraints.references(constraintName, own(), at));
            } else {
                if (constraintName != null) {
                    throw tokens.syntaxError();
                }
                return false;
            }
            return true;
        }

        private List<Statement.ColumnName> own() {
            return List.of(new Statement.ColumnName(name, location));
        }

        private void setNotNull(boolean value, int at) {
            if (notNull != null && notNull != value) {
                throw conflict("conflicting NULL/NOT NULL declarations", at);
            }
            notNull = value;
        }

        private void setDefault(Expression value, int at) {
            if (defaultValue != null || serial) {
                throw conflict("multiple default values specified", at);
            }
            if (identity != null) {
                throw conflict("both default and identity specified", at);
            }
            defaultValue = value;
        }

        private void setIdentity(int at) {
            boolean always = tokens.accept(Keyword.ALWAYS);
            if (!always) {
                tokens.expect(Keyword.BY);
                tokens.expect(Keyword.DEFAULT);
            }
            tokens.expect(Keyword.AS);
            if (always && tokens.at(TokenType.LEFT_PAREN)) {
                throw tokens.unsupported("a generated column", at);
            }
            tokens.expect(Keyword.IDENTITY);
            Definition.SequenceOptions options = tokens.at(TokenType.LEFT_PAREN)
                    ? new SequenceParser(tokens, expressions.types()).inParentheses()
                    : Definition.SequenceOptions.NONE;
            if (serial || defaultValue != null) {
                throw conflict("both default and identity specified", at);
            }
            if (identity != null) {
                throw conflict("multiple identity specifications", at);
            }
            if (notNull != null && !notNull) {
                throw conflict("conflicting NULL/NOT NULL declarations", at);
            }
            identity = new Definition.Identity(always, false, options, at);
            notNull = true;
        }

        private SqlSyntaxException conflict(String what, int at) {
            String message = what + " for column \"" + name + "\" of table \"" + table.name() + "\"";
            return tokens.invalid(message, at);
        }
    }
}
