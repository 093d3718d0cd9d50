/**
 * JMH benchmarks of our own hot paths, one class each. Run all or some with {@code ./bench/jmh [REGEX] [JMH options]}.
 *
 * <p>Start with {@link dev.palimpsest.bench.jmh.PointReadBenchmark}. {@link dev.palimpsest.bench.jmh.Accounts} is the table they share.
 */
package dev.palimpsest.bench.jmh;
