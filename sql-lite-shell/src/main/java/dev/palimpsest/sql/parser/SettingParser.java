package dev.palimpsest.sql.parser;

import java.util.ArrayList;
import java.util.List;

/** SET, SHOW and RESET. Not thread-safe. Source of the rules: PG gram.y, VariableSetStmt and VariableShowStmt. */
final class SettingParser {
    private final TokenStream tokens;
    private final TransactionParser transactions;

    SettingParser(TokenStream tokens, TransactionParser transactions) {
        this.tokens = tokens;
        this.transactions = transactions;
    }

    Statement set() {
        int location = tokens.location();
        tokens.expect(Keyword.SET);
        tokens.reject(Keyword.CONSTRAINTS, "SET CONSTRAINTS");
        boolean prefixed = !atVariable() && (tokens.at(Keyword.LOCAL) || tokens.at(Keyword.SESSION));
        boolean local = prefixed && tokens.at(Keyword.LOCAL);
        if (prefixed && !tokens.at(Keyword.SESSION, Keyword.AUTHORIZATION)) {
            tokens.advance();
            if (!local && tokens.accept(Keyword.CHARACTERISTICS, Keyword.AS)) {
                tokens.expect(Keyword.TRANSACTION);
                return new Utility.SetTransaction(transactions.modes(), true, location);
            }
        }
        if (atVariable()) {
            return variable(local, location);
        }
        return special(local, location);
    }

    /** Whether the word at the cursor is a setting's name, not a keyword of SET. */
    private boolean atVariable() {
        return tokens.type(1) == TokenType.EQUALS
                || tokens.type(1) == TokenType.DOT
                || tokens.keyword(1) == Keyword.TO
                || tokens.keyword(1) == Keyword.FROM;
    }

    private Statement variable(boolean local, int location) {
        String name = variableName();
        tokens.reject(Keyword.FROM, "SET … FROM CURRENT");
        if (!tokens.accept(TokenType.EQUALS)) {
            tokens.expect(Keyword.TO);
        }
        List<String> values = new ArrayList<>();
        if (!tokens.accept(Keyword.DEFAULT)) {
            do {
                values.add(value());
            } while (tokens.accept(TokenType.COMMA));
        }
        return new Utility.SetVariable(name, values, local, location);
    }

    private Statement special(boolean local, int location) {
        tokens.reject(Keyword.ROLE, "SET ROLE");
        tokens.reject(Keyword.SESSION, "SET SESSION AUTHORIZATION");
        tokens.reject(Keyword.XML, "SET XML OPTION");
        tokens.reject(Keyword.CATALOG, "SET CATALOG");
        if (tokens.accept(Keyword.TRANSACTION)) {
            tokens.reject(Keyword.SNAPSHOT, "SET TRANSACTION SNAPSHOT");
            return new Utility.SetTransaction(transactions.modes(), false, location);
        }
        if (tokens.accept(Keyword.TIME)) {
            tokens.expect(Keyword.ZONE);
            boolean unset = tokens.accept(Keyword.LOCAL) || tokens.accept(Keyword.DEFAULT);
            return new Utility.SetVariable("timezone", unset ? List.of() : List.of(value()), local, location);
        }
        if (tokens.accept(Keyword.SCHEMA)) {
            return new Utility.SetVariable("search_path", List.of(tokens.string()), local, location);
        }
        if (tokens.accept(Keyword.NAMES)) {
            boolean given = tokens.at(TokenType.STRING);
            if (!given) {
                tokens.accept(Keyword.DEFAULT);
            }
            List<String> encoding = given ? List.of(tokens.string()) : List.of();
            return new Utility.SetVariable("client_encoding", encoding, local, location);
        }
        variableName();
        throw tokens.syntaxError();
    }

    private String variableName() {
        StringBuilder name = new StringBuilder(tokens.columnName());
        while (tokens.accept(TokenType.DOT)) {
            name.append('.').append(tokens.columnName());
        }
        return name.toString();
    }

    /** A word, a string or a number, as text. */
    private String value() {
        if (tokens.at(TokenType.STRING)) {
            return tokens.string();
        }
        Keyword keyword = tokens.keyword();
        boolean word = keyword == null
                ? tokens.at(TokenType.IDENTIFIER)
                : keyword.category() != Keyword.Category.RESERVED
                        || keyword == Keyword.TRUE
                        || keyword == Keyword.FALSE
                        || keyword == Keyword.ON;
        if (word) {
            return tokens.takeName();
        }
        return tokens.signedNumber();
    }

    Statement show() {
        int location = tokens.location();
        tokens.expect(Keyword.SHOW);
        return new Utility.Show(settingOrAll(), location);
    }

    Statement reset() {
        int location = tokens.location();
        tokens.expect(Keyword.RESET);
        return new Utility.Reset(settingOrAll(), location);
    }

    /** A setting, also one that is written in words; null for ALL. */
    private String settingOrAll() {
        if (tokens.accept(Keyword.ALL)) {
            return null;
        }
        if (tokens.accept(Keyword.TIME, Keyword.ZONE)) {
            return "timezone";
        }
        if (tokens.accept(Keyword.TRANSACTION, Keyword.ISOLATION)) {
            tokens.expect(Keyword.LEVEL);
            return "transaction_isolation";
        }
        if (tokens.accept(Keyword.SESSION, Keyword.AUTHORIZATION)) {
            return "session_authorization";
        }
        return variableName();
    }
}
