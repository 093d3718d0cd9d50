package dev.palimpsest.inspect;

import java.util.List;
import java.util.function.Consumer;

/** What an open {@link dev.palimpsest.api.Database} of this engine can tell about its insides. Thread-safe. */
public interface InspectableDatabase {
    /** Whether it hadn't been shut down cleanly, so that opening it recovered it first. */
    boolean wasRecovered();

    /**
     * Checks everything that is stored. To be called while nobody else uses the database: changes under way look like problems.
     *
     * @return the problems found, empty if there are none
     */
    List<String> check(CheckProgress progress);

    /** A page as text. */
    String dumpPage(int fileNumber, int fork, int block);

    /** The log since the last checkpoint as text, a line a record. */
    void dumpWal(Consumer<String> lines);
}
