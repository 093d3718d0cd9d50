package dev.palimpsest.table;

/** Finds the user's code on the stack. Stateless. */
final class OpeningPlace {
    private static final String OURS = "dev.palimpsest.";
    private static final StackWalker STACK = StackWalker.getInstance();

    private OpeningPlace() {}

    /** The innermost frame that isn't ours, as {@code Origins} takes it; its text is made only when somebody asks. Null if all are ours. */
    static StackWalker.StackFrame find() {
        return STACK.walk(frames -> frames.filter(frame -> !frame.getClassName().startsWith(OURS))
                .findFirst()
                .orElse(null));
    }
}
