package dev.palimpsest.sql.parser;

/** BEGIN, COMMIT, ROLLBACK and transaction modes. Not thread-safe. Source: PG gram.y, TransactionStmt. */
final class TransactionParser {
    private final TokenStream tokens;

    TransactionParser(TokenStream tokens) {
        this.tokens = tokens;
    }

    Statement begin() {
        int location = tokens.location();
        if (tokens.accept(Keyword.START)) {
            tokens.expect(Keyword.TRANSACTION);
        } else {
            tokens.expect(Keyword.BEGIN);
            acceptNoiseWord();
        }
        return new Utility.Begin(atMode() ? modes() : Utility.TransactionModes.NONE, location);
    }

    Statement commit() {
        int location = tokens.location();
        tokens.advance();
        tokens.reject(Keyword.PREPARED, "COMMIT PREPARED");
        acceptNoiseWord();
        acceptNoChain();
        return new Utility.Commit(location);
    }

    Statement rollback() {
        int location = tokens.location();
        tokens.advance();
        tokens.reject(Keyword.PREPARED, "ROLLBACK PREPARED");
        acceptNoiseWord();
        if (tokens.at(Keyword.TO)) {
            throw tokens.unsupported("ROLLBACK TO SAVEPOINT", location);
        }
        acceptNoChain();
        return new Utility.Rollback(location);
    }

    private void acceptNoiseWord() {
        if (!tokens.accept(Keyword.WORK)) {
            tokens.accept(Keyword.TRANSACTION);
        }
    }

    private void acceptNoChain() {
        int location = tokens.location();
        if (tokens.accept(Keyword.AND)) {
            boolean no = tokens.accept(Keyword.NO);
            tokens.expect(Keyword.CHAIN);
            if (!no) {
                throw tokens.unsupported("AND CHAIN", location);
            }
        }
    }

    boolean atMode() {
        return tokens.at(Keyword.ISOLATION)
                || tokens.at(Keyword.READ)
                || tokens.at(Keyword.DEFERRABLE)
                || tokens.at(Keyword.NOT);
    }

    /** One mode or more; commas between them are optional. */
    Utility.TransactionModes modes() {
        Utility.IsolationLevel isolation = null;
        Boolean readOnly = null;
        Boolean deferrable = null;
        boolean comma;
        do {
            if (tokens.accept(Keyword.ISOLATION)) {
                tokens.expect(Keyword.LEVEL);
                isolation = isolationLevel();
            } else if (tokens.accept(Keyword.READ)) {
                readOnly = tokens.accept(Keyword.ONLY);
                if (!readOnly) {
                    tokens.expect(Keyword.WRITE);
                }
            } else {
                deferrable = !tokens.accept(Keyword.NOT);
                tokens.expect(Keyword.DEFERRABLE);
            }
            comma = tokens.accept(TokenType.COMMA);
        } while (comma || atMode());
        return new Utility.TransactionModes(isolation, readOnly, deferrable);
    }

    private Utility.IsolationLevel isolationLevel() {
        if (tokens.accept(Keyword.SERIALIZABLE)) {
            return Utility.IsolationLevel.SERIALIZABLE;
        }
        if (tokens.accept(Keyword.REPEATABLE)) {
            tokens.expect(Keyword.READ);
            return Utility.IsolationLevel.REPEATABLE_READ;
        }
        tokens.expect(Keyword.READ);
        if (tokens.accept(Keyword.COMMITTED)) {
            return Utility.IsolationLevel.READ_COMMITTED;
        }
        tokens.expect(Keyword.UNCOMMITTED);
        return Utility.IsolationLevel.READ_UNCOMMITTED;
    }
}
