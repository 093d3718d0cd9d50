/**
 * The buffer pool: pages in memory, pins, content latches, optimistic reads, clock sweep and write-outs. Rules and why they are safe:
 * {@code README.md} beside this file.
 *
 * <p>Start with {@link dev.palimpsest.buffer.BufferPool} (the pool), {@link dev.palimpsest.buffer.PageFile} (a relation fork: pin a
 * block) and {@link dev.palimpsest.buffer.Frame} (a page in memory: latch it, or read it without). Imports {@code page},
 * {@code storage}, {@code latch}, {@code scheduler}, {@code id} and {@code api}; {@code wal} only for
 * {@link dev.palimpsest.buffer.LogFlusher}.
 */
package dev.palimpsest.buffer;
