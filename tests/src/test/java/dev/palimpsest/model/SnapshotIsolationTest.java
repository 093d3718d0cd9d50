package dev.palimpsest.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.model.ScheduleRun.Schedule;
import dev.palimpsest.model.ScheduleRun.Step;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.Tag;
import net.jqwik.api.Tuple;
import net.jqwik.api.lifecycle.AfterContainer;

/**
 * Random schedules of several sessions at both isolation levels: every read, count, error and wait is the model's, with unique constraints,
 * deadlocks, savepoints, failed transactions, pruning, checkpoints and power cuts in between.
 */
class SnapshotIsolationTest {
    private static int waits;
    private static int rollbacks;
    private static int vacuumed;
    private static long archived;

    @Property(tries = 400)
    void shouldAgreeWithTheModel(@ForAll("schedules") Schedule schedule) {
        play(schedule);
    }

    @Property(tries = 6_000)
    @Tag("extra")
    void shouldAgreeWithTheModelForLonger(@ForAll("schedules") Schedule schedule) {
        play(schedule);
    }

    /** Few rows, changed again and again in place while somebody reads as of long ago: versions go from the middle of chains. */
    @Property(tries = 100)
    void shouldAgreeWhilePruning(@ForAll("updates") Schedule schedule) {
        play(schedule);
    }

    /** While vacuum removes and archives versions, and gives line pointers back, all the time. */
    @Property(tries = 120)
    void shouldAgreeWithVacuum(@ForAll("schedules") Schedule schedule) {
        play(schedule.withVacuum());
    }

    /** Old snapshots of few rows that change all the time: most of what they see is in the archive. */
    @Property(tries = 50)
    void shouldAgreeWithTheArchive(@ForAll("updates") Schedule schedule) {
        play(schedule.withVacuum());
    }

    /** Savepoints above all: rows changed in and out of them, others waiting for both. */
    @Property(tries = 200)
    void shouldAgreeOnSavepoints(@ForAll("nested") Schedule schedule) {
        play(schedule);
    }

    @Property(tries = 20)
    void shouldDoTheSameForTheSameSeed(@ForAll("schedules") Schedule schedule) {
        assertEquals(new ScheduleRun(schedule).run(), new ScheduleRun(schedule).run());
    }

    @AfterContainer
    static void shouldHaveSeenWaits() {
        assertTrue(waits > 20, "waits=" + waits);
        assertTrue(rollbacks > 20, "rollbacks=" + rollbacks);
        // by tag, only the longer property may have run, which is without vacuum
        assertTrue(
                vacuumed == 0 || archived > vacuumed / 5,
                "schedules with vacuum=" + vacuumed + " archived=" + archived);
    }

    private static void play(Schedule schedule) {
        ScheduleRun run = new ScheduleRun(schedule);
        run.run();
        waits += run.waits;
        rollbacks += run.rollbacks;
        vacuumed += schedule.vacuums() ? 1 : 0;
        archived += run.archived;
    }

    @Provide
    Arbitrary<Schedule> schedules() {
        Arbitrary<Step> step = Combinators.combine(
                        Arbitraries.integers().between(0, ScheduleRun.SESSIONS - 1),
                        Arbitraries.of(false, true),
                        actions())
                .as(Step::new);
        return Combinators.combine(
                        Arbitraries.longs().between(0, 1_000_000),
                        step.list().ofMinSize(5).ofMaxSize(90))
                .as(Schedule::new);
    }

    @Provide
    Arbitrary<Schedule> nested() {
        Arbitrary<Step> step = Combinators.combine(
                        Arbitraries.integers().between(0, ScheduleRun.SESSIONS - 1),
                        Arbitraries.of(false, true),
                        Arbitraries.frequencyOf(Tuple.of(3, actions()), Tuple.of(2, controls())))
                .as(Step::new);
        return Combinators.combine(
                        Arbitraries.longs().between(0, 1_000_000),
                        step.list().ofMinSize(20).ofMaxSize(120))
                .as(Schedule::new);
    }

    private static Arbitrary<Action> controls() {
        Arbitrary<String> name = Arbitraries.of("a", "b", "c");
        return Arbitraries.frequencyOf(
                Tuple.of(5, name.map(Action.Savepoint::new)),
                Tuple.of(4, name.map(Action.RollbackTo::new)),
                Tuple.of(1, name.map(Action.Release::new)));
    }

    @Provide
    Arbitrary<Schedule> updates() {
        Arbitrary<Long> id = Arbitraries.longs().between(0, 1);
        Arbitrary<Action> writes = Arbitraries.frequencyOf(
                Tuple.of(10, id.map(row -> new Action.UpdateKey(row, new Action.Change(1, null, null, null)))),
                Tuple.of(1, id.map(row -> new Action.Insert(List.of(new Action.Values(row, null, 0, 0))))),
                Tuple.of(8, Arbitraries.create(Action.Commit::new)));
        Arbitrary<Action> reads = Arbitraries.frequencyOf(
                Tuple.of(10, id.map(Action.Get::new)),
                Tuple.of(3, Arbitraries.create(() -> new Action.ScanTable(false))),
                Tuple.of(1, Arbitraries.create(Action.Commit::new)));
        Arbitrary<Step> vacuum = Arbitraries.create(() -> new Step(0, false, new Action.Vacuum()));
        Arbitrary<Step> writer = writes.map(action -> new Step(0, false, action));
        Arbitrary<Step> reader = Combinators.combine(Arbitraries.integers().between(1, 3), reads)
                .as((session, action) -> new Step(session, true, action));
        return Combinators.combine(
                        Arbitraries.longs().between(0, 1_000_000),
                        Arbitraries.frequencyOf(Tuple.of(50, writer), Tuple.of(20, reader), Tuple.of(3, vacuum))
                                .list()
                                .ofMinSize(80)
                                .ofMaxSize(200))
                .as(Schedule::new);
    }

    private static Arbitrary<Action> actions() {
        return Arbitraries.frequencyOf(
                Tuple.of(8, ids().map(Action.Get::new)),
                Tuple.of(6, ranges().map(Action.ScanRange::new)),
                Tuple.of(4, groups().map(Action.ScanGroup::new)),
                Tuple.of(4, Arbitraries.of(false, true).map(Action.ScanTable::new)),
                Tuple.of(20, rows().list().ofSize(1).map(Action.Insert::new)),
                Tuple.of(5, rows().list().ofMinSize(2).ofMaxSize(4).map(Action.Insert::new)),
                Tuple.of(12, Combinators.combine(ranges(), changes()).as(Action.Update::new)),
                Tuple.of(20, Combinators.combine(ids(), changes()).as(Action.UpdateKey::new)),
                Tuple.of(4, ranges().map(Action.Delete::new)),
                Tuple.of(7, ids().map(Action.DeleteKey::new)),
                Tuple.of(22, Arbitraries.create(Action.Commit::new)),
                Tuple.of(8, Arbitraries.create(Action.Rollback::new)),
                Tuple.of(8, controls()),
                Tuple.of(2, Arbitraries.create(Action.Checkpoint::new)),
                Tuple.of(2, Arbitraries.create(Action.Vacuum::new)),
                Tuple.of(1, Arbitraries.create(Action.PowerCut::new)));
    }

    private static Arbitrary<Action.Values> rows() {
        return Combinators.combine(
                        ids(), uniques(), groups(), Arbitraries.longs().between(0, 9))
                .as(Action.Values::new);
    }

    private static Arbitrary<Action.Change> changes() {
        return Combinators.combine(
                        Arbitraries.longs().between(1, 3),
                        ids().injectNull(0.9),
                        uniques().injectNull(0.6),
                        groups().injectNull(0.7))
                .as(Action.Change::new);
    }

    private static Arbitrary<Action.Range> ranges() {
        return Combinators.combine(
                        ids(),
                        Arbitraries.longs().between(0, 4),
                        Arbitraries.of(false, true),
                        Arbitraries.of(false, true))
                .as((from, size, reverse, oddOnly) -> new Action.Range(from, from + size, reverse, oddOnly));
    }

    private static Arbitrary<Long> ids() {
        return Arbitraries.longs().between(0, 7);
    }

    private static Arbitrary<Long> uniques() {
        return Arbitraries.longs().between(0, 5).injectNull(0.4);
    }

    private static Arbitrary<Long> groups() {
        return Arbitraries.longs().between(0, 2);
    }
}
