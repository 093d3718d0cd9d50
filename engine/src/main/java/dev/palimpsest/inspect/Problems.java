package dev.palimpsest.inspect;

import java.util.ArrayList;
import java.util.List;

/** The problems that a check found, the first many of them. Not thread-safe. */
final class Problems {
    private static final int MAX = 1000;

    private final List<String> found = new ArrayList<>();
    private long leftOut;

    void add(String problem) {
        if (found.size() < MAX) {
            found.add(problem);
        } else {
            leftOut++;
        }
    }

    void addAll(List<String> problems) {
        problems.forEach(this::add);
    }

    int count() {
        return found.size();
    }

    List<String> list() {
        List<String> all = new ArrayList<>(found);
        if (leftOut > 0) {
            all.add(leftOut + " more problems");
        }
        return all;
    }
}
