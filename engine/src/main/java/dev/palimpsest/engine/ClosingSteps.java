package dev.palimpsest.engine;

/**
 * The steps of a closing: each is taken whatever those before it threw, so that files and the lock are released. The first failure is kept,
 * later ones are suppressed in it. Used by one thread after another, each handing over by the end of its task.
 */
final class ClosingSteps {
    private Throwable first;

    /** @return false if the step failed */
    boolean attempt(Runnable step) {
        try {
            step.run();
            return true;
        } catch (Throwable e) {
            failed(e);
            return false;
        }
    }

    void failed(Throwable e) {
        if (first == null) {
            first = e;
        } else if (first != e) {
            first.addSuppressed(e);
        }
    }

    boolean isWithoutFailure() {
        return first == null;
    }

    /** Throws the first failure, if there was one. */
    void rethrow() {
        if (first instanceof RuntimeException e) {
            throw e;
        }
        if (first instanceof Error e) {
            throw e;
        }
    }
}
