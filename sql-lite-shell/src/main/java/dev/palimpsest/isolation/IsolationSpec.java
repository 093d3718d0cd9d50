package dev.palimpsest.isolation;

import java.util.List;

/**
 * A spec file: what to do before and after each permutation, the sessions with their steps, and the permutations of these. Immutable.
 *
 * @param setups run one after the other by the control session
 * @param teardown null if there is none
 * @param permutations empty for all possible ones
 */
record IsolationSpec(
        List<String> setups, String teardown, List<SpecSession> sessions, List<List<PlannedStep>> permutations) {

    /**
     * @param setup null if there is none
     * @param teardown null if there is none
     */
    record SpecSession(String name, String setup, List<Step> steps, String teardown) {}

    /** @param session index of its session */
    record Step(String name, String sql, int session) {}

    /** A step's place in a permutation and what must have happened before its end is reported. */
    record PlannedStep(Step step, List<Blocker> blockers) {}

    /** Holds back the report of a step's end, or forces it to be reported as waiting, where timing would decide otherwise. */
    sealed interface Blocker permits Once, OtherStep, Notices {}

    /** {@code *}: report the step as waiting without looking. */
    record Once() implements Blocker {}

    /** While this step has not been reported as done. */
    record OtherStep(Step step) implements Blocker {}

    /** Until the step's session has sent so many more notices than when the blocked step began. */
    record Notices(Step step, int count) implements Blocker {}
}
