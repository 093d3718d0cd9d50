/**
 * Statements are run here: sessions with their settings and transaction state, queries, changes, definitions, system views, EXPLAIN and
 * COPY. The rules about data and transactions live in the engine.
 *
 * <p>Start with {@link dev.palimpsest.sql.exec.SqlSession}. Imports {@code sql.plan}, {@code sql.parser} and the engine's {@code api}.
 */
package dev.palimpsest.sql.exec;
