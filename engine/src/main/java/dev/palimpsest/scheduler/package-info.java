/**
 * The one seam for everything that waits, the clock and randomness, so that tests run many sessions under a seeded, deterministic
 * schedule.
 *
 * <p>Start with {@link dev.palimpsest.scheduler.Scheduler}. Imports only {@code api}.
 */
package dev.palimpsest.scheduler;
