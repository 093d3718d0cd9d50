/**
 * What must stay and what must go: every stored version against a brute-force oracle, with vacuum, the archive and readers of every kind under
 * the seeded scheduler and power cuts.
 *
 * <p>Start with {@link dev.palimpsest.retention.RetentionTest}; {@link dev.palimpsest.retention.RetentionOracle} has the two rules.
 */
package dev.palimpsest.retention;
