/**
 * The peers: one class for each other store, with its best settings for these works and the reasons for them.
 *
 * <p>Compiled in the Maven profile {@code peers} only and never published. May import {@code dev.palimpsest.bench} and
 * the one library of the store, nothing of Palimpsest.
 */
package dev.palimpsest.bench.peers;
