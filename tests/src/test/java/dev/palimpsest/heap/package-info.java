/** The heap under the seeded scheduler and power cuts: vacuum, the archive and the visibility map against everybody else. */
package dev.palimpsest.heap;
