package dev.palimpsest.bench;

/**
 * The result of one slice of work on one store.
 *
 * @param operations how many were completed
 * @param nanos from the first thread's start to the last one's end
 */
record Slice(long operations, long nanos) {

    double perSecond() {
        return operations * 1e9 / nanos;
    }
}
