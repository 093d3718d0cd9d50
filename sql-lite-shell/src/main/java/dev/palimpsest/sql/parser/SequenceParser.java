package dev.palimpsest.sql.parser;

/** The options of a sequence, or of an identity column. Not thread-safe. Source of the rules: PG gram.y, SeqOptElem. */
final class SequenceParser {
    private final TokenStream tokens;
    private final TypeParser types;

    private Long start;
    private Long increment;
    private Long minValue;
    private Long maxValue;
    private Boolean cycle;
    private TypeName type;
    private boolean noMinValue;
    private boolean noMaxValue;
    private boolean cached;

    SequenceParser(TokenStream tokens, TypeParser types) {
        this.tokens = tokens;
        this.types = types;
    }

    /** CREATE SEQUENCE; the cursor is after SEQUENCE, {@code location} is that of CREATE. */
    Statement create(int location) {
        boolean ifNotExists = tokens.acceptIf(Keyword.NOT, Keyword.EXISTS);
        QualifiedName name = tokens.qualifiedName();
        while (!tokens.at(TokenType.END) && !tokens.at(TokenType.SEMICOLON)) {
            option();
        }
        return new Definition.CreateSequence(name, ifNotExists, options(), location);
    }

    /** One option or more in parentheses. */
    Definition.SequenceOptions inParentheses() {
        tokens.expect(TokenType.LEFT_PAREN);
        do {
            option();
        } while (!tokens.accept(TokenType.RIGHT_PAREN));
        return options();
    }

    private Definition.SequenceOptions options() {
        return new Definition.SequenceOptions(type, start, increment, minValue, maxValue, Boolean.TRUE.equals(cycle));
    }

    private void option() {
        int at = tokens.location();
        if (tokens.accept(Keyword.START)) {
            tokens.accept(Keyword.WITH);
            start = once(start, signedLong(), at);
        } else if (tokens.accept(Keyword.INCREMENT)) {
            tokens.accept(Keyword.BY);
            increment = once(increment, signedLong(), at);
        } else if (tokens.accept(Keyword.MINVALUE)) {
            checkFirst(noMinValue, at);
            minValue = once(minValue, signedLong(), at);
        } else if (tokens.accept(Keyword.MAXVALUE)) {
            checkFirst(noMaxValue, at);
            maxValue = once(maxValue, signedLong(), at);
        } else if (tokens.accept(Keyword.CYCLE)) {
            cycle = once(cycle, true, at);
        } else if (tokens.accept(Keyword.CACHE)) {
            // values are handed out one by one, durable in batches anyway: how many a session keeps is not to be seen
            checkFirst(cached, at);
            cached = true;
            signedLong();
        } else if (tokens.accept(Keyword.AS)) {
            type = once(type, types.parse(), at);
        } else if (tokens.accept(Keyword.NO)) {
            no(at);
        } else {
            throw unknown();
        }
    }

    private void no(int at) {
        if (tokens.accept(Keyword.CYCLE)) {
            cycle = once(cycle, false, at);
        } else if (tokens.accept(Keyword.MINVALUE)) {
            checkFirst(noMinValue || minValue != null, at);
            noMinValue = true;
        } else {
            tokens.expect(Keyword.MAXVALUE);
            checkFirst(noMaxValue || maxValue != null, at);
            noMaxValue = true;
        }
    }

    private <T> T once(T before, T value, int at) {
        checkFirst(before != null, at);
        return value;
    }

    private void checkFirst(boolean repeated, int at) {
        if (repeated) {
            throw tokens.invalid("conflicting or redundant options", at);
        }
    }

    private SqlSyntaxException unknown() {
        Keyword keyword = tokens.keyword();
        boolean known = keyword == Keyword.OWNED || keyword == Keyword.RESTART || keyword == Keyword.SEQUENCE;
        return known ? tokens.unsupported("sequence option " + keyword) : tokens.syntaxError();
    }

    private long signedLong() {
        boolean negative = tokens.accept(TokenType.MINUS);
        if (!negative) {
            tokens.accept(TokenType.PLUS);
        }
        boolean least = negative && tokens.text().equals("9223372036854775808");
        long value = least ? Long.MIN_VALUE : tokens.at(TokenType.INTEGER) ? tokens.longValue() : -1;
        if (value < 0 && !least) {
            throw tokens.syntaxError();
        }
        tokens.advance();
        return negative ? -value : value;
    }
}
