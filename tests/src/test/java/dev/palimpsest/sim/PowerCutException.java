package dev.palimpsest.sim;

/**
 * The power is off: thrown by the simulated disk from the call it failed in and from all later ones until the disk is
 * switched on again. An {@link Error}, so that code that handles failures doesn't take it for one. Never thrown outside
 * tests.
 */
public final class PowerCutException extends Error {
    private static final long serialVersionUID = 1L;

    PowerCutException(String message) {
        super(message);
    }
}
