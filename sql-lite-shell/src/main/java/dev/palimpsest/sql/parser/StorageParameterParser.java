package dev.palimpsest.sql.parser;

import java.util.ArrayList;
import java.util.List;

/** {@code (name [= value], …)} after WITH, SET and RESET. Not thread-safe. Source of the rules: PG gram.y, reloptions. */
final class StorageParameterParser {
    private final TokenStream tokens;

    StorageParameterParser(TokenStream tokens) {
        this.tokens = tokens;
    }

    /** The cursor is at the parenthesis. */
    List<Definition.StorageParameter> parse() {
        tokens.expect(TokenType.LEFT_PAREN);
        List<Definition.StorageParameter> parameters = new ArrayList<>();
        do {
            int location = tokens.location();
            String name = tokens.label();
            String namespace = null;
            if (tokens.accept(TokenType.DOT)) {
                namespace = name;
                name = tokens.label();
            }
            String value = tokens.accept(TokenType.EQUALS) ? value() : null;
            parameters.add(new Definition.StorageParameter(namespace, name, value, location));
        } while (tokens.accept(TokenType.COMMA));
        tokens.expect(TokenType.RIGHT_PAREN);
        return parameters;
    }

    /** Any word, a string or a number. */
    private String value() {
        if (tokens.at(TokenType.STRING)) {
            return tokens.string();
        }
        boolean word = tokens.at(TokenType.IDENTIFIER) || tokens.keyword() != null;
        return word ? tokens.takeName() : tokens.signedNumber();
    }
}
