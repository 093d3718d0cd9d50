package dev.palimpsest.shell;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Reader;
import java.nio.file.Path;

/** Where the shell's lines come from. */
interface LineSource extends AutoCloseable {
    /** The next line without its break; null at the end. @param prompt shown on a terminal */
    String next(String prompt) throws IOException;

    /** For messages; empty for a terminal. */
    String name();

    /** The directory that relative file names are looked up in first; null for none but the working directory. */
    Path directory();

    /** Whether a person types: then errors don't end it. */
    default boolean isInteractive() {
        return false;
    }

    @Override
    void close() throws IOException;

    /** Lines of a file or a pipe. @param directory null for none */
    static LineSource of(Reader reader, String name, Path directory) {
        BufferedReader lines = new BufferedReader(reader);
        return new LineSource() {
            @Override
            public String next(String prompt) throws IOException {
                return lines.readLine();
            }

            @Override
            public String name() {
                return name;
            }

            @Override
            public Path directory() {
                return directory;
            }

            @Override
            public void close() throws IOException {
                lines.close();
            }
        };
    }
}
