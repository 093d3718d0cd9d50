package dev.palimpsest.sim;

/**
 * Unwinds a task whose simulation has ended: thrown from every wait and step of it. An {@link Error} without a stack
 * trace, which nobody should catch; {@code finally} blocks run as usual.
 */
public final class SimulationOver extends Error {
    private static final long serialVersionUID = 1L;

    SimulationOver() {
        super("the simulation is over", null, false, false);
    }
}
