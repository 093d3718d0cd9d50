/**
 * Locks held to a transaction's end: relation locks in PostgreSQL's eight modes, row locks, waits for another transaction, deadlock detection.
 *
 * <p>Start with {@link dev.palimpsest.lock.LockTable}; owners extend {@link dev.palimpsest.lock.LockOwner}. Imports {@code wal}
 * (the poison), {@code latch}, {@code scheduler}, {@code id} and {@code api}. The rules and why they are safe: {@code README.md} beside this file.
 */
package dev.palimpsest.lock;
