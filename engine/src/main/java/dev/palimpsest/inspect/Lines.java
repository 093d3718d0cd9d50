package dev.palimpsest.inspect;

import dev.palimpsest.page.LinePointer;

/** Line pointers in words. Stateless. */
final class Lines {
    private Lines() {}

    static String state(int line) {
        return switch (LinePointer.state(line)) {
            case LinePointer.STATE_UNUSED -> "UNUSED";
            case LinePointer.STATE_NORMAL -> "NORMAL";
            case LinePointer.STATE_REDIRECT -> "REDIRECT";
            case LinePointer.STATE_DEAD -> "DEAD";
            default -> "ARCHIVED";
        };
    }
}
