package dev.palimpsest.isolation;

import dev.palimpsest.isolation.IsolationSpec.PlannedStep;
import dev.palimpsest.isolation.IsolationSpec.SpecSession;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.NoSuchElementException;

/**
 * All permutations that keep the order of steps within each session, earlier sessions first. One at a time: a few sessions have thousands.
 * Not thread-safe.
 */
final class Permutations implements Iterator<List<PlannedStep>> {
    private final List<SpecSession> sessions;

    /** Steps of each session in {@link #chosen}. */
    private final int[] taken;

    /** The session of each step of the next permutation; null when there is none. */
    private Deque<Integer> chosen = new ArrayDeque<>();

    private Permutations(List<SpecSession> sessions) {
        this.sessions = sessions;
        taken = new int[sessions.size()];
        fill();
    }

    /** Those that the spec names, or all. */
    static Iterable<List<PlannedStep>> of(IsolationSpec spec) {
        return spec.permutations().isEmpty() ? () -> new Permutations(spec.sessions()) : spec.permutations();
    }

    @Override
    public boolean hasNext() {
        return chosen != null;
    }

    @Override
    public List<PlannedStep> next() {
        if (chosen == null) {
            throw new NoSuchElementException();
        }
        List<PlannedStep> steps = new ArrayList<>();
        int[] next = new int[sessions.size()];
        for (int session : chosen) {
            steps.add(new PlannedStep(sessions.get(session).steps().get(next[session]++), List.of()));
        }
        advance();
        return steps;
    }

    /** Takes steps back until a later session can come in one's place, and fills up again. */
    private void advance() {
        while (!chosen.isEmpty()) {
            int last = chosen.removeLast();
            taken[last]--;
            if (take(last + 1)) {
                fill();
                return;
            }
        }
        chosen = null;
    }

    private void fill() {
        while (take(0)) {
            // until all are taken
        }
    }

    /** Takes the next step of the first session from an index on that has one left. */
    private boolean take(int from) {
        for (int i = from; i < taken.length; i++) {
            if (taken[i] < sessions.get(i).steps().size()) {
                chosen.addLast(i);
                taken[i]++;
                return true;
            }
        }
        return false;
    }
}
