/** The lock table under the seeded scheduler. */
package dev.palimpsest.lock;
