/**
 * PostgreSQL's isolation tests: reads its spec files, runs them in process, one {@code SqlSession} a spec session, and prints byte for
 * byte what its isolationtester prints.
 *
 * <p>Start with {@link dev.palimpsest.isolation.IsolationTester}; README.md says when a step counts as waiting. Imports {@code sql.exec},
 * what is below it, and the engine's {@code api}.
 */
package dev.palimpsest.isolation;
