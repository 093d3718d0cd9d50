/**
 * What a long reader costs: Palimpsest with and without pinned snapshots, and its peers on the same work. {@code ./long-reader} starts it.
 *
 * <p>Start with {@link dev.palimpsest.bench.pinned.LongReader}. May import {@code dev.palimpsest.bench}, the engine's API and HdrHistogram.
 */
package dev.palimpsest.bench.pinned;
