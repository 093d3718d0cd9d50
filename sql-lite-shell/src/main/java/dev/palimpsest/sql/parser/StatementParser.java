package dev.palimpsest.sql.parser;

/**
 * Tells a statement by its first word and hands it to its family's parser. Not thread-safe; one for each text, families
 * made when first needed.
 */
final class StatementParser {
    private final TokenStream tokens;
    private final ExpressionParser expressions;
    private final QueryParser queries;

    StatementParser(TokenStream tokens) {
        this.tokens = tokens;
        this.expressions = new ExpressionParser(tokens);
        this.queries = new QueryParser(tokens, expressions);
    }

    Statement parse() {
        Keyword keyword = tokens.keyword();
        if (keyword == null) {
            if (tokens.at(TokenType.LEFT_PAREN)) {
                return queries.parse(false);
            }
            throw tokens.syntaxError();
        }
        switch (keyword) {
            case SELECT:
            case VALUES:
            case TABLE:
            case WITH:
                return queries.parse(false);
            case INSERT:
            case UPDATE:
            case DELETE:
                return modification(keyword);
            case CREATE:
                return new DefinitionParser(tokens, expressions, queries).create();
            case DROP:
                return new DefinitionParser(tokens, expressions, queries).drop();
            case ALTER:
                return new AlterParser(tokens, queries).parse();
            case EXPLAIN:
                return new ExplainParser(tokens, this).parse();
            case ANALYSE:
            case ANALYZE:
            case VACUUM:
                return new VacuumParser(tokens, queries).parse();
            default:
                return utility(keyword);
        }
    }

    /** What EXPLAIN takes. */
    Statement parseExplainable() {
        Keyword keyword = tokens.keyword();
        if (keyword == Keyword.INSERT || keyword == Keyword.UPDATE || keyword == Keyword.DELETE) {
            return modification(keyword);
        }
        if (keyword == Keyword.CREATE
                || keyword == Keyword.DECLARE
                || keyword == Keyword.EXECUTE
                || keyword == Keyword.MERGE
                || keyword == Keyword.REFRESH) {
            throw tokens.unsupported("EXPLAIN " + keyword);
        }
        if (!tokens.at(TokenType.LEFT_PAREN) && !QueryParser.atQuery(tokens)) {
            throw tokens.syntaxError();
        }
        return queries.parse(false);
    }

    private Statement modification(Keyword keyword) {
        DmlParser parser = new DmlParser(tokens, expressions, queries);
        switch (keyword) {
            case INSERT:
                return parser.insert();
            case UPDATE:
                return parser.update();
            default:
                return parser.delete();
        }
    }

    private Statement utility(Keyword keyword) {
        TransactionParser transactions = new TransactionParser(tokens);
        switch (keyword) {
            case BEGIN:
            case START:
                return transactions.begin();
            case COMMIT:
            case END:
                return transactions.commit();
            case ROLLBACK:
            case ABORT:
                return transactions.rollback();
            case SAVEPOINT:
                return transactions.savepoint();
            case RELEASE:
                return transactions.release();
            case LOCK:
                return transactions.lock(queries);
            case SET:
                return new SettingParser(tokens, transactions).set();
            case SHOW:
                return new SettingParser(tokens, transactions).show();
            case RESET:
                return new SettingParser(tokens, transactions).reset();
            default:
                throw unsupported(keyword);
        }
    }

    private SqlSyntaxException unsupported(Keyword keyword) {
        switch (keyword) {
            case CALL:
            case CHECKPOINT:
            case CLOSE:
            case CLUSTER:
            case COMMENT:
            case COPY:
            case DEALLOCATE:
            case DECLARE:
            case DISCARD:
            case DO:
            case EXECUTE:
            case FETCH:
            case GRANT:
            case IMPORT:
            case LISTEN:
            case LOAD:
            case MERGE:
            case MOVE:
            case NOTIFY:
            case PREPARE:
            case REASSIGN:
            case REFRESH:
            case REINDEX:
            case REVOKE:
            case SECURITY:
            case TRUNCATE:
            case UNLISTEN:
                return tokens.unsupported(keyword.name());
            default:
                return tokens.syntaxError();
        }
    }
}
