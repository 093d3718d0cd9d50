/**
 * The disk seam: every byte the engine reads or writes goes through {@link dev.palimpsest.storage.Disk}.
 *
 * <p>Real files ({@link dev.palimpsest.storage.FileDisk}) and memory ({@link dev.palimpsest.storage.MemoryDisk}) are here; the simulated
 * disk with its power cuts is in the tests. Imports {@code scheduler}, {@code id} and {@code api}.
 */
package dev.palimpsest.storage;
