/**
 * Vacuum by itself: which tables are due, and the task that sees to them. Imports {@code vacuum} and the engine's rooms that it may see.
 */
package dev.palimpsest.vacuum.auto;
