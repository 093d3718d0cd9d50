/**
 * Transactions: ids, snapshots and their slots, commit numbers, the status log, publication, and the horizon that says what reclaim keeps.
 *
 * <p>Start with {@link dev.palimpsest.tx.TransactionManager}; heap and btree see {@link dev.palimpsest.tx.Transaction},
 * {@link dev.palimpsest.tx.Snapshot} and {@link dev.palimpsest.tx.Horizon}. Imports {@code lock}, {@code wal}, {@code storage},
 * {@code latch}, {@code scheduler}, {@code id} and {@code api}. The rules and why they are safe: {@code README.md} beside this file.
 */
package dev.palimpsest.tx;
