package dev.palimpsest.isolation;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;

/**
 * Which sessions wait for which, to tell a wait that will last until another step is run from one that ends by itself in a moment. README.md
 * says why this needs two looks. Used by the tester's thread.
 */
final class WaitGraph {
    private final List<Connection> sessions;

    /**
     * What one session does.
     *
     * @param waits which wait it is in, counted from 1
     * @param blockers indices of the sessions waited for; empty if it doesn't wait for any
     */
    private record Look(boolean running, long waits, List<Integer> blockers) {}

    WaitGraph(List<Connection> sessions) {
        this.sessions = sessions;
    }

    /** Whether a session waits, and can't go on before another one is given something to do. */
    boolean standsStill(Connection session) {
        List<Look> before = look();
        return stuck(before).get(sessions.indexOf(session)) && before.equals(look());
    }

    private List<Look> look() {
        List<Look> looks = new ArrayList<>();
        for (Connection session : sessions) {
            looks.add(new Look(session.isRunning(), session.waits(), blockers(session)));
        }
        return looks;
    }

    /** Others than the spec's sessions don't count, as in PostgreSQL. */
    private List<Integer> blockers(Connection session) {
        List<Long> ids = session.blockers();
        List<Integer> indices = new ArrayList<>();
        for (int i = 0; i < sessions.size(); i++) {
            if (ids.contains(sessions.get(i).id())) {
                indices.add(i);
            }
        }
        return indices;
    }

    /** Who waits for somebody idle, or for somebody stuck: the largest such set, so that a deadlock nobody has found yet counts. */
    private static BitSet stuck(List<Look> looks) {
        BitSet stuck = new BitSet();
        for (int i = 0; i < looks.size(); i++) {
            stuck.set(i, !looks.get(i).blockers().isEmpty());
        }
        boolean changed = true;
        while (changed) {
            changed = false;
            for (int i = stuck.nextSetBit(0); i >= 0; i = stuck.nextSetBit(i + 1)) {
                boolean held = looks.get(i).blockers().stream()
                        .anyMatch(other -> !looks.get(other).running() || stuck.get(other));
                if (!held) {
                    stuck.clear(i);
                    changed = true;
                }
            }
        }
        return stuck;
    }
}
