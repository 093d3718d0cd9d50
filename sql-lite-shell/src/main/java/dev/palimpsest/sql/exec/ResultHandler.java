package dev.palimpsest.sql.exec;

import dev.palimpsest.sql.plan.ResultColumn;
import java.util.List;

/** Takes what statements give, as it comes. Called on the thread that executes. */
public interface ResultHandler {
    /** A statement that returns rows begins. */
    void columns(List<ResultColumn> columns);

    /** One row; values as {@link dev.palimpsest.sql.plan.SqlType} says, null for NULL. */
    void row(Object[] values);

    /** The statement is done. @param tag PostgreSQL's command tag, for example {@code INSERT 0 3} */
    void complete(String tag);

    /** @param severity NOTICE or WARNING */
    void notice(String severity, String sqlState, String message);
}
