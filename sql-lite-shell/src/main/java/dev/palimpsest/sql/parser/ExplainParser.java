package dev.palimpsest.sql.parser;

import java.util.Locale;

/**
 * EXPLAIN with its options, in words or in parentheses, and our own EXPLAIN VISIBILITY. Not thread-safe. Source of the
 * rules: PG gram.y, ExplainStmt.
 */
final class ExplainParser {
    private final TokenStream tokens;
    private final StatementParser statements;

    private boolean analyze;
    private boolean verbose;
    private boolean visibility;
    private boolean numbers = true;

    ExplainParser(TokenStream tokens, StatementParser statements) {
        this.tokens = tokens;
        this.statements = statements;
    }

    Statement parse() {
        int location = tokens.location();
        tokens.expect(Keyword.EXPLAIN);
        if (tokens.at(TokenType.LEFT_PAREN) && atOption()) {
            options();
        } else if (tokens.at(TokenType.IDENTIFIER) && tokens.text().equalsIgnoreCase("visibility")) {
            tokens.advance();
            visibility = true;
        } else {
            analyze = acceptAnalyze();
            verbose = tokens.accept(Keyword.VERBOSE);
        }
        return new Utility.Explain(analyze, verbose, visibility, numbers, statements.parseExplainable(), location);
    }

    private boolean acceptAnalyze() {
        return tokens.accept(Keyword.ANALYZE) || tokens.accept(Keyword.ANALYSE);
    }

    private boolean atOption() {
        Keyword keyword = tokens.keyword(1);
        return keyword == null
                ? tokens.type(1) == TokenType.IDENTIFIER
                : keyword == Keyword.ANALYZE || keyword == Keyword.ANALYSE || keyword == Keyword.VERBOSE;
    }

    private void options() {
        tokens.expect(TokenType.LEFT_PAREN);
        do {
            int location = tokens.location();
            String name = tokens.label();
            switch (name) {
                case "analyze":
                case "analyse":
                    analyze = flag(name);
                    break;
                case "verbose":
                    verbose = flag(name);
                    break;
                case "visibility":
                    visibility = flag(name);
                    break;
                case "numbers":
                    numbers = flag(name);
                    break;
                case "buffers":
                case "costs":
                case "format":
                case "settings":
                case "summary":
                case "timing":
                case "wal":
                    throw tokens.unsupported("EXPLAIN option \"" + name + "\"", location);
                default:
                    throw tokens.invalid("unrecognized EXPLAIN option \"" + name + "\"", location);
            }
        } while (tokens.accept(TokenType.COMMA));
        tokens.expect(TokenType.RIGHT_PAREN);
    }

    /** The value of a boolean option; none means true. */
    private boolean flag(String option) {
        if (tokens.at(TokenType.COMMA) || tokens.at(TokenType.RIGHT_PAREN)) {
            return true;
        }
        int location = tokens.location();
        String value = tokens.at(TokenType.STRING) ? tokens.string() : tokens.text();
        if (tokens.location() == location) {
            tokens.advance();
        }
        switch (value.toLowerCase(Locale.ROOT)) {
            case "on":
            case "true":
            case "1":
                return true;
            case "off":
            case "false":
            case "0":
                return false;
            default:
                throw tokens.invalid(option + " requires a Boolean value", location);
        }
    }
}
