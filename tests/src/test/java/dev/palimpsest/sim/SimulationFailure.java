package dev.palimpsest.sim;

/**
 * A simulated run went wrong: a task failed, all sessions wait for each other, or there is no end. Names the seed that
 * replays it.
 */
public final class SimulationFailure extends AssertionError {
    private static final long serialVersionUID = 1L;

    SimulationFailure(String message, Throwable cause) {
        super(message, cause);
    }
}
