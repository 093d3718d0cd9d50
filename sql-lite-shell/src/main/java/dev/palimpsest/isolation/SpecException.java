package dev.palimpsest.isolation;

/** A spec file that can't be run; the message is the tester's. */
final class SpecException extends RuntimeException {
    private static final long serialVersionUID = 1L;

    SpecException(String message) {
        super(message);
    }

    static SpecException at(int line, String message) {
        return new SpecException(message + " at line " + line);
    }
}
