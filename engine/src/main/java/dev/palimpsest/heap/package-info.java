/**
 * The versioned tuple heap: where rows live, which version a snapshot sees, and how dead versions leave their page.
 *
 * <p>Start with {@link dev.palimpsest.heap.Heap}; visibility is {@link dev.palimpsest.heap.Visibility}, HOT and pruning
 * {@link dev.palimpsest.heap.Pruner}. Rules and reasons: README.md beside this file. Imports {@code tx}, {@code tuple},
 * {@code buffer}, {@code wal}, {@code page} and what is below; never {@code btree}.
 */
package dev.palimpsest.heap;
