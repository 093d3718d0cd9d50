/**
 * Histories of concurrent random transactions, written down as their users saw them, and the checker that finds in them what their
 * isolation level forbids.
 *
 * <p>Start with {@link dev.palimpsest.history.HistoryChecker}; {@link dev.palimpsest.history.SimulatedHistory} and
 * {@link dev.palimpsest.history.ThreadHistory} make histories. README.md says what follows from what.
 */
package dev.palimpsest.history;
