package dev.palimpsest.sql.plan;

import java.time.Instant;

/**
 * What expressions may ask about the transaction that they run in. Immutable.
 *
 * @param now when the transaction began
 * @param statementStart when the statement began
 * @param session what functions may ask and do; null where there is no session, as in a CHECK condition
 */
public record StatementContext(Instant now, Instant statementStart, SessionCalls session) {}
