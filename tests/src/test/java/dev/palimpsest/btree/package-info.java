/** An index under the seeded scheduler: removal and page deletion against readers and writers. */
package dev.palimpsest.btree;
