/** Transactions under the seeded scheduler and on the simulated disk: snapshots against reclaim, publication, power cuts. */
package dev.palimpsest.tx;
