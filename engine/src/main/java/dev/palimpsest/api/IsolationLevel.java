package dev.palimpsest.api;

/** PostgreSQL's isolation levels (READ UNCOMMITTED is READ COMMITTED there, and here). */
public enum IsolationLevel {
    /** A snapshot for each statement; a row changed meanwhile is waited for and checked again in its newest version. */
    READ_COMMITTED("read committed"),
    /** One snapshot for the whole transaction (snapshot isolation); the first updater of a row wins, the others get 40001. */
    REPEATABLE_READ("repeatable read"),
    /** Not supported yet: asking for it is answered with 0A000. */
    SERIALIZABLE("serializable");

    private final String sqlName;

    IsolationLevel(String sqlName) {
        this.sqlName = sqlName;
    }

    /** As SHOW transaction_isolation prints it. */
    public String sqlName() {
        return sqlName;
    }
}
