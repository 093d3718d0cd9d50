/**
 * The engine against small models that are obviously right: snapshot isolation, and what a process may do to it.
 *
 * <p>Start with {@link dev.palimpsest.model.SnapshotIsolationTest}. {@link dev.palimpsest.model.Model} is the specification.
 */
package dev.palimpsest.model;
