package dev.palimpsest.tx;

/** Texts for the places where snapshots are opened. Kept as objects that cost nothing, made text only when somebody asks. Stateless. */
public final class Origins {
    private static final String LAMBDA = "$$Lambda";

    private Origins() {}

    /** @param origin see {@link Transaction#origin}; null for nothing, then so is the text */
    public static String describe(Object origin) {
        if (origin instanceof Class<?> work) {
            int lambda = work.getName().indexOf(LAMBDA);
            return lambda < 0 ? work.getName() : "a lambda of " + work.getName().substring(0, lambda);
        }
        if (origin instanceof StackWalker.StackFrame frame) {
            return frame.toStackTraceElement().toString();
        }
        return origin == null ? null : origin.toString();
    }
}
