/**
 * The write-ahead log: framing, insertion into a ring buffer, group commit by one task, segments, and reading it back.
 *
 * <p>Start with {@link dev.palimpsest.wal.Wal} and {@link dev.palimpsest.wal.WalRecordBuilder}; bytes are in
 * {@link dev.palimpsest.wal.WalRecordLayout}. Access methods implement {@link dev.palimpsest.wal.ResourceManager}.
 * Imports {@code page}, {@code storage}, {@code latch}, {@code scheduler}, {@code id} and {@code api}. Rules: README.md beside this file.
 */
package dev.palimpsest.wal;
