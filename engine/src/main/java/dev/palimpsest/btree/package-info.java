/**
 * B-link tree indexes: order-preserving keys, searches without latches, inserts, splits, range scans, redo and a verifier.
 *
 * <p>Start with {@link dev.palimpsest.btree.Btree}, then {@link dev.palimpsest.btree.BtreeCursor} (look-ups),
 * {@link dev.palimpsest.btree.BtreeWriter} (changes) and {@link dev.palimpsest.btree.BtreeScan} (ranges). The bytes are in
 * {@link dev.palimpsest.btree.BtreeLayout}, the rules in README.md. Imports {@code page}, {@code wal}, {@code buffer} and what lies
 * below; asks about rows only through {@link dev.palimpsest.btree.LiveTupleCheck}.
 */
package dev.palimpsest.btree;
