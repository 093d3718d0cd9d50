package dev.palimpsest.sql.exec;

/** Where a session is between statements; the marks are those of psql's prompt. */
public enum TransactionState {
    IDLE("=>"),
    IN_TRANSACTION("*>"),
    FAILED("!>");

    private final String mark;

    TransactionState(String mark) {
        this.mark = mark;
    }

    public String mark() {
        return mark;
    }
}
