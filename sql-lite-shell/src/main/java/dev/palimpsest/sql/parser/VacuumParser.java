package dev.palimpsest.sql.parser;

import java.util.ArrayList;
import java.util.List;

/** VACUUM and ANALYZE with their options, in words or in parentheses. Not thread-safe. Source of the rules: PG gram.y, VacuumStmt, AnalyzeStmt. */
final class VacuumParser {
    private final TokenStream tokens;
    private final QueryParser queries;
    private final List<Utility.VacuumOption> options = new ArrayList<>();

    VacuumParser(TokenStream tokens, QueryParser queries) {
        this.tokens = tokens;
        this.queries = queries;
    }

    Statement parse() {
        int location = tokens.location();
        boolean vacuum = tokens.accept(Keyword.VACUUM);
        if (!vacuum && !tokens.accept(Keyword.ANALYSE)) {
            tokens.expect(Keyword.ANALYZE);
        }
        if (tokens.accept(TokenType.LEFT_PAREN)) {
            do {
                option();
            } while (tokens.accept(TokenType.COMMA));
            tokens.expect(TokenType.RIGHT_PAREN);
        } else if (!vacuum) {
            word(Keyword.VERBOSE);
        } else {
            word(Keyword.FULL);
            word(Keyword.FREEZE);
            word(Keyword.VERBOSE);
            if (!word(Keyword.ANALYZE)) {
                word(Keyword.ANALYSE);
            }
        }
        return new Utility.Vacuum(vacuum, options, targets(), location);
    }

    /** An option of the old form, which has a fixed order. */
    private boolean word(Keyword keyword) {
        int location = tokens.location();
        boolean found = tokens.accept(keyword);
        if (found) {
            String name = keyword == Keyword.ANALYSE ? Keyword.ANALYZE.word() : keyword.word();
            options.add(new Utility.VacuumOption(name, null, location));
        }
        return found;
    }

    private void option() {
        int location = tokens.location();
        boolean analyze = tokens.accept(Keyword.ANALYZE) || tokens.accept(Keyword.ANALYSE);
        if (!analyze && !atNonReservedWord()) {
            throw tokens.syntaxError();
        }
        String name = analyze ? Keyword.ANALYZE.word() : tokens.takeName();
        boolean valued = !tokens.at(TokenType.COMMA) && !tokens.at(TokenType.RIGHT_PAREN);
        options.add(new Utility.VacuumOption(name, valued ? value() : null, location));
    }

    private boolean atNonReservedWord() {
        Keyword keyword = tokens.keyword();
        return keyword == null ? tokens.at(TokenType.IDENTIFIER) : keyword.category() != Keyword.Category.RESERVED;
    }

    /** A word, a string or a number. */
    private String value() {
        if (tokens.at(TokenType.STRING)) {
            return tokens.string();
        }
        boolean truth = tokens.at(Keyword.TRUE) || tokens.at(Keyword.FALSE) || tokens.at(Keyword.ON);
        return truth || atNonReservedWord() ? tokens.takeName() : tokens.signedNumber();
    }

    private List<Utility.VacuumTarget> targets() {
        List<Utility.VacuumTarget> targets = new ArrayList<>();
        if (tokens.at(TokenType.END) || tokens.at(TokenType.SEMICOLON)) {
            return targets;
        }
        do {
            QualifiedName table = queries.relation();
            List<String> columns = new ArrayList<>();
            if (tokens.accept(TokenType.LEFT_PAREN)) {
                do {
                    columns.add(tokens.columnName());
                } while (tokens.accept(TokenType.COMMA));
                tokens.expect(TokenType.RIGHT_PAREN);
            }
            targets.add(new Utility.VacuumTarget(table, columns));
        } while (tokens.accept(TokenType.COMMA));
        return targets;
    }
}
