/**
 * Palimpsest and its peers side by side: the same rows, the same works, one child process for each store.
 *
 * <p>Start with {@link dev.palimpsest.bench.SideBySide} (the driver) and {@link dev.palimpsest.bench.Store} (what every
 * measured store implements). This package knows no store by its classes: they are found by name, so that it compiles
 * and runs without the peers, which live apart in {@code src/peers} and are never published.
 */
package dev.palimpsest.bench;
