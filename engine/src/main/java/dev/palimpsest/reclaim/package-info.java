/**
 * How the engine and vacuum, which is a module of its own, know each other: what vacuum does for the engine, and what the engine gives it.
 *
 * <p>Start with {@link dev.palimpsest.reclaim.VacuumService}; {@link dev.palimpsest.reclaim.VacuumProvider} is found by
 * {@code ServiceLoader}. Imports {@code table} and what is below.
 */
package dev.palimpsest.reclaim;
