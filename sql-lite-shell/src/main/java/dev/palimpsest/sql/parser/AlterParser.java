package dev.palimpsest.sql.parser;

import java.util.ArrayList;
import java.util.List;

/** ALTER TABLE, as far as it is about storage parameters. Not thread-safe. Source of the rules: PG gram.y, AlterTableStmt. */
final class AlterParser {
    private final TokenStream tokens;
    private final QueryParser queries;

    AlterParser(TokenStream tokens, QueryParser queries) {
        this.tokens = tokens;
        this.queries = queries;
    }

    Statement parse() {
        int location = tokens.location();
        tokens.expect(Keyword.ALTER);
        if (!tokens.accept(Keyword.TABLE)) {
            throw tokens.keyword() == null ? tokens.syntaxError() : tokens.unsupported("ALTER", location);
        }
        boolean ifExists = tokens.acceptIf(Keyword.EXISTS);
        QualifiedName table = queries.relation();
        List<Definition.ParameterChange> changes = new ArrayList<>();
        do {
            changes.add(change());
        } while (tokens.accept(TokenType.COMMA));
        return new Definition.AlterTable(table, ifExists, changes, location);
    }

    private Definition.ParameterChange change() {
        boolean reset = tokens.at(Keyword.RESET);
        boolean parameters = (reset || tokens.at(Keyword.SET)) && tokens.type(1) == TokenType.LEFT_PAREN;
        if (!parameters) {
            Keyword action = tokens.keyword();
            throw action == null ? tokens.syntaxError() : tokens.unsupported("ALTER TABLE … " + action);
        }
        tokens.advance();
        return new Definition.ParameterChange(reset, new StorageParameterParser(tokens).parse());
    }
}
