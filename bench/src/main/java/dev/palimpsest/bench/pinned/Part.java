package dev.palimpsest.bench.pinned;

import java.nio.file.Path;

/** One measurement of Palimpsest alone, in a process of its own. */
interface Part {
    /**
     * Measures and prints Markdown on standard output; progress goes to standard error.
     *
     * @param directory empty, of its own
     * @return whether everything that must hold does, wrong results apart: those throw
     */
    boolean run(Options options, Path directory) throws Exception;
}
