package dev.palimpsest.inspect;

/** Told how far a check is. */
@FunctionalInterface
public interface CheckProgress {
    CheckProgress NONE = (what, done, total) -> {};

    /**
     * @param what the relation being checked
     * @param done pages or steps so far, of {@code total}
     */
    void at(String what, long done, long total);
}
