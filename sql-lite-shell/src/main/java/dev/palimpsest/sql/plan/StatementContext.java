package dev.palimpsest.sql.plan;

import java.time.Instant;
import java.util.function.LongSupplier;

/**
 * What expressions may ask about the transaction that they run in. Immutable.
 *
 * @param now when the transaction began
 * @param statementStart when the statement began
 * @param xidIfAssigned the transaction's id, 0 while it has none
 * @param sessionId what pg_backend_pid() says
 */
public record StatementContext(Instant now, Instant statementStart, LongSupplier xidIfAssigned, int sessionId) {}
