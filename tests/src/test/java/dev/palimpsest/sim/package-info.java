/**
 * The simulation: a disk with power cuts ({@link dev.palimpsest.sim.SimulatedDisk}) and a deterministic scheduler
 * ({@link dev.palimpsest.sim.SeededScheduler}), behind the engine's seams {@code storage} and {@code scheduler}.
 *
 * <p>Start with README.md, which tells how to write and how to replay a simulated test. Imports {@code storage}, {@code
 * scheduler}, {@code latch} and {@code api}.
 */
package dev.palimpsest.sim;
