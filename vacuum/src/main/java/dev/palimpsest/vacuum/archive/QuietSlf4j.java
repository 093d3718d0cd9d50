package dev.palimpsest.vacuum.archive;

import java.io.IOException;

/**
 * Chronicle Map logs through SLF4J, which prints three lines on stderr when it finds nothing behind itself. Whoever has no SLF4J of his own
 * doesn't want to hear of it; who has one keeps it.
 */
final class QuietSlf4j {
    private static final String VERBOSITY = "slf4j.internal.verbosity";

    interface Step {
        void run() throws IOException;
    }

    private QuietSlf4j() {}

    /** Runs what initialises the library's classes. */
    static void whenSilent(Step step) throws IOException {
        boolean ours = System.getProperty(VERBOSITY) == null && !hasProvider();
        if (ours) {
            System.setProperty(VERBOSITY, "ERROR");
        }
        try {
            step.run();
        } finally {
            if (ours) {
                System.clearProperty(VERBOSITY);
            }
        }
    }

    private static boolean hasProvider() {
        return QuietSlf4j.class.getClassLoader().getResource("META-INF/services/org.slf4j.spi.SLF4JServiceProvider")
                != null;
    }
}
