package dev.palimpsest.sql.exec;

/** What may end a running statement from outside: a cancel, or {@code statement_timeout}. */
interface Interrupts {
    /** To be called for each row. @throws SqlError 57014 */
    void check();

    /** To be called in the middle of a statement before it may wait for a lock: the wait gets what is left of the statement's time. */
    void beforeWait();
}
