/**
 * Surviving a crash: the control record, checkpoints, and redo of the log since the last one.
 *
 * <p>Start with {@link dev.palimpsest.recovery.Recovery} (at open) and {@link dev.palimpsest.recovery.Checkpointer} (while open).
 * {@link dev.palimpsest.recovery.ResourceManagers} is the one list of who redoes what. Imports everything below {@code engine}.
 * Rules, and a crash between any two steps: README.md beside this file.
 */
package dev.palimpsest.recovery;
