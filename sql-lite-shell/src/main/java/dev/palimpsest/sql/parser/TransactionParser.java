package dev.palimpsest.sql.parser;

import java.util.ArrayList;
import java.util.List;

/** BEGIN, COMMIT, ROLLBACK, savepoints, LOCK and transaction modes. Not thread-safe. Source: PG gram.y, TransactionStmt, LockStmt. */
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
        boolean abort = tokens.at(Keyword.ABORT);
        tokens.advance();
        if (!abort) {
            tokens.reject(Keyword.PREPARED, "ROLLBACK PREPARED");
        }
        acceptNoiseWord();
        if (!abort && tokens.accept(Keyword.TO)) {
            return new Utility.RollbackTo(savepointName(), location);
        }
        acceptNoChain();
        return new Utility.Rollback(location);
    }

    Statement savepoint() {
        int location = tokens.location();
        tokens.expect(Keyword.SAVEPOINT);
        return new Utility.Savepoint(tokens.columnName(), location);
    }

    Statement release() {
        int location = tokens.location();
        tokens.expect(Keyword.RELEASE);
        return new Utility.Release(savepointName(), location);
    }

    /** SAVEPOINT before the name is optional, and a name as well. */
    private String savepointName() {
        boolean last = tokens.type(1) == TokenType.END || tokens.type(1) == TokenType.SEMICOLON;
        if (!last) {
            tokens.accept(Keyword.SAVEPOINT);
        }
        return tokens.columnName();
    }

    /** @param queries reads the tables */
    Statement lock(QueryParser queries) {
        int location = tokens.location();
        tokens.expect(Keyword.LOCK);
        tokens.accept(Keyword.TABLE);
        List<QualifiedName> tables = new ArrayList<>(1);
        do {
            tables.add(queries.relation());
        } while (tokens.accept(TokenType.COMMA));
        Utility.LockMode mode = Utility.LockMode.ACCESS_EXCLUSIVE;
        if (tokens.accept(Keyword.IN)) {
            mode = lockMode();
            tokens.expect(Keyword.MODE);
        }
        return new Utility.LockTable(tables, mode, tokens.accept(Keyword.NOWAIT), location);
    }

    private Utility.LockMode lockMode() {
        if (tokens.accept(Keyword.EXCLUSIVE)) {
            return Utility.LockMode.EXCLUSIVE;
        }
        if (tokens.accept(Keyword.ROW)) {
            return shared(Utility.LockMode.ROW_SHARE, Utility.LockMode.ROW_EXCLUSIVE);
        }
        if (tokens.accept(Keyword.ACCESS)) {
            return shared(Utility.LockMode.ACCESS_SHARE, Utility.LockMode.ACCESS_EXCLUSIVE);
        }
        tokens.expect(Keyword.SHARE);
        if (tokens.accept(Keyword.UPDATE)) {
            tokens.expect(Keyword.EXCLUSIVE);
            return Utility.LockMode.SHARE_UPDATE_EXCLUSIVE;
        }
        if (tokens.accept(Keyword.ROW)) {
            tokens.expect(Keyword.EXCLUSIVE);
            return Utility.LockMode.SHARE_ROW_EXCLUSIVE;
        }
        return Utility.LockMode.SHARE;
    }

    private Utility.LockMode shared(Utility.LockMode share, Utility.LockMode exclusive) {
        if (tokens.accept(Keyword.SHARE)) {
            return share;
        }
        tokens.expect(Keyword.EXCLUSIVE);
        return exclusive;
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
