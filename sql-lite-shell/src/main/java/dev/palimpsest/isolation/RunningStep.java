package dev.palimpsest.isolation;

import dev.palimpsest.isolation.IsolationSpec.Blocker;
import dev.palimpsest.isolation.IsolationSpec.Notices;
import dev.palimpsest.isolation.IsolationSpec.Once;
import dev.palimpsest.isolation.IsolationSpec.OtherStep;
import dev.palimpsest.isolation.IsolationSpec.PlannedStep;
import java.util.List;

/**
 * A step that has begun.
 *
 * @param noticesBefore how many notices each session had sent then
 */
record RunningStep(PlannedStep planned, Connection connection, Message message, List<Integer> noticesBefore) {
    String name() {
        return planned.step().name();
    }

    String sql() {
        return planned.step().sql();
    }

    boolean isMarkedWaiting() {
        return planned.blockers().stream().anyMatch(Once.class::isInstance);
    }

    boolean hasBlockers() {
        return !planned.blockers().isEmpty();
    }

    /** Whether its end may not be reported yet. */
    boolean isHeldBack(List<Connection> sessions) {
        return planned.blockers().stream().anyMatch(blocker -> holdsBack(blocker, sessions));
    }

    private boolean holdsBack(Blocker blocker, List<Connection> sessions) {
        if (blocker instanceof OtherStep other) {
            RunningStep running = sessions.get(other.step().session()).active();
            return running != null && running.planned().step() == other.step();
        }
        if (blocker instanceof Notices notices) {
            int session = notices.step().session();
            return sessions.get(session).notices() < noticesBefore.get(session) + notices.count();
        }
        return false;
    }
}
