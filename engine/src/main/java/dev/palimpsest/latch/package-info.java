/**
 * Latches: short, on memory, never held over a wait for a lock or for the disk's force.
 *
 * <p>{@link dev.palimpsest.latch.Latch} is the one kind; {@link dev.palimpsest.latch.LatchRank} is the order in which they are taken,
 * asserted in tests. Imports {@code scheduler} and {@code api}.
 */
package dev.palimpsest.latch;
