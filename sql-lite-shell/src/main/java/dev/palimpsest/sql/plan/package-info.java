/**
 * From syntax trees to typed, executable expressions and access paths: name resolution, PostgreSQL's typing rules, values, casts,
 * operators, functions, and the choice of an index.
 *
 * <p>Start with {@link dev.palimpsest.sql.plan.Binder}. Imports {@code sql.parser} and the engine's {@code api}.
 */
package dev.palimpsest.sql.plan;
