package dev.palimpsest.history;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.RowLockMode;
import dev.palimpsest.history.Script.Told;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each anomaly by a history that has it, next to one that lacks little, at the level that forbids it and at the one that doesn't. */
class HistoryCheckerTest {
    private static final boolean RR = true;
    private static final boolean RC = false;

    // ---- nothing wrong

    @ParameterizedTest
    @ValueSource(booleans = {RC, RR})
    void shouldAcceptOneAfterTheOther(boolean level) {
        Script script = new Script(1, 10, 2, 20);
        script.begin("a", level).reads(1, 10).updates(1, 10, 11).reads(1, 11).commits();
        script.begin("b", level)
                .scans(Read.ANY_GROUP, 1, 11, 2, 20)
                .deletes(2, 20, 21)
                .commits();
        script.begin("c", level).reads(2, 0).inserts(2, 22).updates(2, 22, 23).commits();
        script.begin("d", level).scans(Script.GROUP, 1, 11, 2, 23).rollsBack();
        assertClean(script.checkEnd(1, 11, 2, 23));
    }

    @Test
    void shouldAcceptASnapshotThatStaysOld() {
        Script script = new Script(1, 10, 2, 20);
        Told old = script.repeatableRead("old").reads(1, 10);
        script.readCommitted("new")
                .updates(1, 10, 11)
                .deletes(2, 20, 21)
                .inserts(3, 30)
                .commits();
        old.reads(2, 20).reads(3, 0).scans(Read.ANY_GROUP, 1, 10, 2, 20).commits();
        assertClean(script.checkEnd(1, 11, 3, 30));
    }

    // ---- what no level allows

    @ParameterizedTest
    @ValueSource(booleans = {RC, RR})
    void shouldFindDirtyWrites(boolean level) {
        Script script = new Script(1, 10, 2, 20);
        Told a = script.begin("a", level);
        Told b = script.begin("b", level);
        a.record.wrote(Write.Kind.UPDATE, 1, 11, 10, 0, null);
        b.record.wrote(Write.Kind.UPDATE, 1, 12, 11, 0, null);
        b.record.wrote(Write.Kind.UPDATE, 2, 22, 20, 0, null);
        a.record.wrote(Write.Kind.UPDATE, 2, 21, 22, 0, null);
        a.commits();
        b.commits();
        assertTrue(found(script.check()).contains(Anomaly.G0));
    }

    @ParameterizedTest
    @ValueSource(booleans = {RC, RR})
    void shouldFindAbortedReads(boolean level) {
        Script script = new Script(1, 10);
        Told a = script.begin("a", level).updates(1, 10, 11);
        script.begin("b", level).reads(1, 11).commits();
        a.rollsBack();
        assertFound(script.check(), Anomaly.G1A);
    }

    @ParameterizedTest
    @ValueSource(booleans = {RC, RR})
    void shouldFindReadsOfWhatASavepointUndid(boolean level) {
        for (boolean undone : new boolean[] {false, true}) {
            Script script = new Script(1, 10, 2, 20);
            Told a = script.begin("a", level).updates(2, 20, 21);
            int savepoint = a.savepoint();
            a.updates(1, 10, 11).reads(1, 11);
            if (undone) {
                a.rollsBackTo(savepoint).reads(1, 10);
            }
            a.commits();
            script.begin("b", level).reads(1, 11).reads(2, 21).commits();
            assertFound(script.check(), undone ? Anomaly.G1A : null);
        }
    }

    @Test
    void shouldFindOwnWritesThatASavepointUndid() {
        Script script = new Script(1, 10);
        Told a = script.readCommitted("a");
        int savepoint = a.savepoint();
        a.updates(1, 10, 11).rollsBackTo(savepoint).reads(1, 11).commits();
        assertFound(script.check(), Anomaly.G1A);
    }

    @ParameterizedTest
    @ValueSource(booleans = {RC, RR})
    void shouldFindIntermediateReads(boolean level) {
        Script script = new Script(1, 10);
        script.begin("a", level).updates(1, 10, 11).updates(1, 11, 12).commits();
        script.begin("b", level).reads(1, 11).commits();
        assertFound(script.check(), Anomaly.G1B);
    }

    @ParameterizedTest
    @ValueSource(booleans = {RC, RR})
    void shouldFindReadsBeforeTheCommit(boolean level) {
        Script script = new Script(1, 10);
        Told a = script.begin("a", level).updates(1, 10, 11);
        Told b = script.begin("b", level).reads(1, 11);
        a.commits();
        b.commits();
        assertTrue(found(script.check()).contains(Anomaly.DIRTY_READ));
    }

    @ParameterizedTest
    @ValueSource(booleans = {RC, RR})
    void shouldFindInformationThatGoesInCircles(boolean level) {
        Script script = new Script(1, 10, 2, 20);
        Told a = script.begin("a", level).updates(1, 10, 11);
        Told b = script.begin("b", level).updates(2, 20, 21);
        a.reads(2, 21);
        b.reads(1, 11);
        a.commits();
        b.commits();
        assertTrue(found(script.check()).containsAll(Set.of(Anomaly.DIRTY_READ, Anomaly.G1C)));
    }

    @ParameterizedTest
    @ValueSource(booleans = {RC, RR})
    void shouldFindOwnWritesThatAreNotSeen(boolean level) {
        Script script = new Script(1, 10);
        script.begin("a", level).updates(1, 10, 11).reads(1, 10).commits();
        assertFound(script.check(), Anomaly.INTERNAL);
        Script deleted = new Script(1, 10);
        deleted.begin("a", level).deletes(1, 10, 11).scans(Script.GROUP, 1, 10).commits();
        assertFound(deleted.check(), Anomaly.INTERNAL);
    }

    @ParameterizedTest
    @ValueSource(booleans = {RC, RR})
    void shouldFindTwoWhoReplacedTheSameVersion(boolean level) {
        Script script = new Script(1, 10);
        Told a = script.begin("a", level);
        Told b = script.begin("b", level).updates(1, 10, 12);
        a.updates(1, 10, 11).commits();
        b.commits();
        assertTrue(found(script.check()).contains(Anomaly.LOST_UPDATE));
    }

    @ParameterizedTest
    @ValueSource(booleans = {RC, RR})
    void shouldFindStaleReads(boolean level) {
        Script script = new Script(1, 10);
        script.begin("a", level).updates(1, 10, 11).commits();
        script.begin("b", level).reads(1, 10).commits();
        assertFound(script.check(), Anomaly.G_SINGLE);
    }

    @ParameterizedTest
    @ValueSource(booleans = {RC, RR})
    void shouldFindRowsThatWereMissed(boolean level) {
        Script script = new Script(1, 10);
        script.begin("a", level).scans(Script.GROUP).commits();
        assertFound(script.check(), Anomaly.MISSED_ROW);
        Script other = new Script(1, 10);
        other.begin("a", level).updates(1, 10, 11, 7).commits();
        other.begin("b", level).scans(7).commits();
        assertFound(other.check(), Anomaly.MISSED_ROW);
        Script changed = new Script(1, 10);
        changed.begin("a", level).updatesNothing(1).commits();
        assertFound(changed.check(), Anomaly.MISSED_ROW);
    }

    @Test
    void shouldLetAChangeMissWhatWentWhileItWaited() {
        Script script = new Script(1, 10);
        Told b = script.readCommitted("b");
        b.record.calls();
        script.readCommitted("a").deletes(1, 10, 11).inserts(1, 12).commits();
        b.record.found(Read.Kind.CHANGE, null, 1, 1, Read.ANY_GROUP, false, java.util.List.of());
        b.commits();
        assertClean(script.check());
    }

    @ParameterizedTest
    @ValueSource(booleans = {RC, RR})
    void shouldFindGarbage(boolean level) {
        Script unknown = new Script(1, 10);
        unknown.begin("a", level).reads(1, 99).commits();
        assertFound(unknown.check(), Anomaly.GARBAGE);
        Script notAsked = new Script(1, 10);
        notAsked.begin("a", level).scans(7, 1, 10).commits();
        assertFound(notAsked.check(), Anomaly.GARBAGE);
        Script twice = new Script(1, 10);
        twice.begin("a", level).scans(0, 1, 10, 1, 10).commits();
        assertFound(twice.check(), Anomaly.DUPLICATE_KEY);
        Script twoRows = new Script(1, 10);
        twoRows.begin("a", level).inserts(1, 11).commits();
        assertTrue(found(twoRows.check()).contains(Anomaly.DUPLICATE_KEY));
    }

    @ParameterizedTest
    @ValueSource(booleans = {RC, RR})
    void shouldFindListsThatNobodyAppendedSo(boolean level) {
        assertClean(lists(level, 10, 11, 12, 13));
        assertFound(lists(level, 10, 12, 13), Anomaly.GARBAGE);
        assertFound(lists(level, 10, 12, 11, 13), Anomaly.GARBAGE);
        assertFound(lists(level, 11, 12, 13), Anomaly.GARBAGE);
        assertFound(lists(level, 10, 10, 11, 12, 13), Anomaly.GARBAGE);
    }

    private static HistoryReport lists(boolean level, long... list) {
        Script script = new Script(1, 10);
        script.begin("a", level).updates(1, 10, 11).updates(1, 11, 12).commits();
        script.begin("b", level).updates(1, 12, 13).readsList(1, 10, 11, 12, 13).commits();
        script.begin("c", level).readsList(1, list).commits();
        return script.check();
    }

    // ---- what snapshot isolation forbids

    @Test
    void shouldFindReadSkewAtRepeatableReadOnly() {
        for (boolean level : new boolean[] {RC, RR}) {
            Script script = new Script(1, 10, 2, 20);
            Told a = script.begin("a", level).reads(1, 10);
            script.begin("b", level).updates(1, 10, 11).updates(2, 20, 21).commits();
            a.reads(2, 21).commits();
            assertFoundOrAllowed(script.check(), level, Anomaly.G_SINGLE);
        }
    }

    @Test
    void shouldFindReadsThatDoNotRepeatAtRepeatableReadOnly() {
        for (boolean level : new boolean[] {RC, RR}) {
            Script script = new Script(1, 10);
            Told a = script.begin("a", level).reads(1, 10);
            script.begin("b", level).updates(1, 10, 11).commits();
            a.reads(1, 11).commits();
            assertFoundOrAllowed(script.check(), level, Anomaly.G_SINGLE);
        }
    }

    @Test
    void shouldFindPhantomsAtRepeatableReadOnly() {
        for (boolean level : new boolean[] {RC, RR}) {
            Script script = new Script(1, 10);
            Told a = script.begin("a", level).scans(Script.GROUP, 1, 10);
            script.begin("b", level).inserts(2, 20).commits();
            a.scans(Script.GROUP, 1, 10, 2, 20).commits();
            assertFoundOrAllowed(script.check(), level, Anomaly.G_SINGLE);
        }
    }

    @Test
    void shouldFindLostUpdatesAtRepeatableReadOnly() {
        for (boolean level : new boolean[] {RC, RR}) {
            Script script = new Script(1, 10);
            Told a = script.begin("a", level).reads(1, 10);
            script.begin("b", level).updates(1, 10, 11).commits();
            a.updates(1, 11, 12).commits();
            assertFoundOrAllowed(script.check(), level, Anomaly.LOST_UPDATE);
        }
    }

    /** Adya's H-phantom read skew has one anti-dependency; a long fork has two, but not in a row. */
    @Test
    void shouldFindLongForksAtBothLevels() {
        for (boolean level : new boolean[] {RC, RR}) {
            Script script = new Script(1, 10, 2, 20);
            Told a = script.begin("a", level).updates(1, 10, 11).callsCommit();
            Told b = script.begin("b", level).updates(2, 20, 21).callsCommit();
            Told c = script.begin("c", level);
            Told d = script.begin("d", level);
            c.scans(Script.GROUP, 1, 11, 2, 20);
            d.scans(Script.GROUP, 1, 10, 2, 21);
            a.record.committed();
            b.record.committed();
            c.commits();
            d.commits();
            assertFound(script.check(), Anomaly.G_NONADJACENT);
        }
    }

    @ParameterizedTest
    @ValueSource(booleans = {RC, RR})
    void shouldFindReadSkewWithinOneStatement(boolean level) {
        Script script = new Script(1, 10, 2, 20);
        Told b = script.begin("b", level).updates(1, 10, 11).updates(2, 20, 21).callsCommit();
        script.begin("a", level).scans(Script.GROUP, 1, 10, 2, 21).commits();
        b.record.committed();
        assertFound(script.check(), Anomaly.G_SINGLE);
    }

    @ParameterizedTest
    @ValueSource(booleans = {RC, RR})
    void shouldCheckWhatRolledBackTransactionsRead(boolean level) {
        Script script = new Script(1, 10, 2, 20);
        Told b = script.begin("b", level).updates(1, 10, 11).updates(2, 20, 21).callsCommit();
        script.begin("a", level).scans(Script.GROUP, 1, 10, 2, 21).rollsBack();
        b.record.committed();
        assertFound(script.check(), Anomaly.G_SINGLE);
    }

    // ---- what both levels allow

    @ParameterizedTest
    @ValueSource(booleans = {RC, RR})
    void shouldAllowAndCountWriteSkew(boolean level) {
        Script script = new Script(1, 10, 2, 20);
        Told a = script.begin("a", level).reads(1, 10).reads(2, 20);
        Told b = script.begin("b", level).reads(1, 10).reads(2, 20);
        a.updates(1, 10, 11).commits();
        b.updates(2, 20, 21).commits();
        assertAllowed(script.check(), Anomaly.G2_ITEM);
    }

    @ParameterizedTest
    @ValueSource(booleans = {RC, RR})
    void shouldAllowAndCountPredicateWriteSkew(boolean level) {
        Script script = new Script();
        Told a = script.begin("a", level).scans(Script.GROUP);
        Told b = script.begin("b", level).scans(Script.GROUP);
        a.inserts(1, 10).commits();
        b.inserts(2, 20).commits();
        assertAllowed(script.check(), Anomaly.G2);
    }

    /** Fekete, O'Neil, O'Neil, "A Read-Only Transaction Anomaly Under Snapshot Isolation", SIGMOD Record 2004. */
    @Test
    void shouldAllowTheReadOnlyAnomaly() {
        Script script = new Script(1, 10, 2, 20);
        Told withdraws = script.repeatableRead("withdraws").reads(1, 10).reads(2, 20);
        script.repeatableRead("deposits").reads(2, 20).updates(2, 20, 21).commits();
        script.repeatableRead("looks").reads(1, 10).reads(2, 21).commits();
        withdraws.updates(1, 10, 11).commits();
        assertAllowed(script.check(), Anomaly.G2_ITEM);
    }

    /** Which sees both rows then. */
    @Test
    void shouldAllowAnInsertWhereOthersDeleted() {
        Script script = new Script(1, 10);
        Told a = script.repeatableRead("a").reads(1, 10);
        script.readCommitted("b").deletes(1, 10, 11).commits();
        a.inserts(1, 12)
                .scans(Script.GROUP, 1, 10, 1, 12)
                .reads(1, 12)
                .reads(1, 10)
                .commits();
        assertClean(script.checkEnd(1, 12));
    }

    /** A key that was inserted and deleted since the snapshot is free again: nobody's update is lost. */
    @Test
    void shouldAllowAnInsertWhereOthersCameAndWent() {
        Script script = new Script();
        Told a = script.repeatableRead("a").reads(1, 0);
        script.readCommitted("b").inserts(1, 10).commits();
        script.readCommitted("c").deletes(1, 10, 11).commits();
        a.inserts(1, 12).commits();
        assertClean(script.checkEnd(1, 12));
    }

    // ---- locks

    @Test
    void shouldFindLocksThatKeptNobodyOut() {
        for (RowLockMode mode : RowLockMode.values()) {
            Script script = new Script(1, 10, 2, 20);
            Told a = script.readCommitted("a").locks(mode, 1, 10);
            script.readCommitted("b").updates(1, 10, 11).updates(2, 20, 21).commits();
            a.updates(2, 21, 22).commits();
            Set<Anomaly> found = found(script.check());
            boolean conflicts = mode.conflictsWith(RowLockMode.NO_KEY_UPDATE);
            assertEquals(conflicts ? Set.of(Anomaly.LOCKS_OVERLAP, Anomaly.G1C) : Set.of(), found);
        }
    }

    @Test
    void shouldFindTwoLocksThatConflict() {
        for (RowLockMode one : RowLockMode.values()) {
            for (RowLockMode other : RowLockMode.values()) {
                Script script = new Script(1, 10);
                Told a = script.readCommitted("a").locks(one, 1, 10);
                script.repeatableRead("b").locks(other, 1, 10).commits();
                a.commits();
                assertFound(script.check(), one.conflictsWith(other) ? Anomaly.LOCKS_OVERLAP : null);
            }
        }
    }

    @Test
    void shouldAcceptLocksOneAfterTheOtherAndThoseGivenUp() {
        Script script = new Script(1, 10);
        Told a = script.readCommitted("a");
        int savepoint = a.savepoint();
        a.locks(RowLockMode.UPDATE, 1, 10).rollsBackTo(savepoint);
        Told b = script.readCommitted("b").locks(RowLockMode.UPDATE, 1, 10);
        b.rollsBack();
        script.readCommitted("c").locks(RowLockMode.UPDATE, 1, 10).commits();
        a.commits();
        assertClean(script.check());
    }

    /** Who gets a lock after another sees what that one did, also to other rows. */
    @Test
    void shouldFindALockThatCameBeforeTheCommit() {
        for (boolean sees : new boolean[] {false, true}) {
            Script script = new Script(1, 10, 2, 20);
            Told a = script.readCommitted("a")
                    .locks(RowLockMode.UPDATE, 1, 10)
                    .updates(2, 20, 21)
                    .callsCommit();
            Told b = script.readCommitted("b").locks(RowLockMode.UPDATE, 1, 10).reads(2, sees ? 21 : 20);
            a.record.committed();
            b.commits();
            assertFound(script.check(), sees ? null : Anomaly.G_SINGLE);
        }
    }

    // ---- crashes

    @Test
    void shouldFindLostCommits() {
        Script script = new Script(1, 10);
        script.readCommitted("a").updates(1, 10, 11).commits();
        assertTrue(found(script.checkAfterCrash(Set.of(), 1, 10)).contains(Anomaly.LOST_COMMIT));
        Script half = new Script(1, 10, 2, 20);
        Told a = half.readCommitted("a").updates(1, 10, 11).updates(2, 20, 21).commits();
        assertTrue(found(half.checkAfterCrash(Set.of(a), 1, 11, 2, 20)).contains(Anomaly.LOST_COMMIT));
    }

    @Test
    void shouldFindWhatNeverCommittedAfterACrash() {
        Script script = new Script(1, 10);
        Told a = script.readCommitted("a").updates(1, 10, 11);
        assertTrue(found(script.checkAfterCrash(Set.of(a), 1, 11)).contains(Anomaly.G1A));
        Script half = new Script(1, 10, 2, 20);
        half.readCommitted("a").updates(1, 10, 11).updates(2, 20, 21).callsCommit();
        assertFound(half.checkAfterCrash(Set.of(), 1, 11, 2, 20), Anomaly.G1A);
    }

    @Test
    void shouldLeaveOpenWhatWasNotAcknowledged() {
        for (boolean survives : new boolean[] {false, true}) {
            Script script = new Script(1, 10);
            Told a = script.readCommitted("a").updates(1, 10, 11).callsCommit();
            assertClean(script.checkAfterCrash(survives ? Set.of(a) : Set.of(), 1, survives ? 11 : 10));
        }
    }

    @Test
    void shouldFindReadsOfACommitThatWasLost() {
        Script script = new Script(1, 10);
        script.readCommitted("a").updates(1, 10, 11).callsCommit();
        script.readCommitted("b").reads(1, 11).commits();
        assertFound(script.checkAfterCrash(Set.of(), 1, 10), Anomaly.G1A);
    }

    @Test
    void shouldLetAsynchronousCommitsBeLostFromTheEndOnly() {
        for (boolean hole : new boolean[] {false, true}) {
            Script script = new Script(1, 10, 2, 20);
            Told first = script.asynchronous("first").updates(1, 10, 11).commits();
            Told second = script.asynchronous("second").updates(2, 20, 21).commits();
            script.readCommitted("reader before the crash").reads(2, 21).commits();
            HistoryReport report = hole
                    ? script.checkAfterCrash(Set.of(second), 1, 10, 2, 21)
                    : script.checkAfterCrash(Set.of(first), 1, 11, 2, 20);
            assertFound(report, hole ? Anomaly.LOST_COMMIT : null);
        }
    }

    // ---- how to say it

    /** @param anomaly the only one, or null for none */
    private static void assertFound(HistoryReport report, Anomaly anomaly) {
        assertEquals(anomaly == null ? Set.of() : Set.of(anomaly), found(report), () -> report.violations.toString());
    }

    private static Set<Anomaly> found(HistoryReport report) {
        return report.violations.stream().map(HistoryReport.Violation::anomaly).collect(Collectors.toSet());
    }

    private static void assertClean(HistoryReport report) {
        assertFound(report, null);
    }

    private static void assertAllowed(HistoryReport report, Anomaly anomaly) {
        assertClean(report);
        assertTrue(report.allowed.containsKey(anomaly), report::toString);
    }

    private static void assertFoundOrAllowed(HistoryReport report, boolean forbidden, Anomaly anomaly) {
        if (forbidden) {
            assertTrue(found(report).contains(anomaly), () -> report.violations.toString());
        } else {
            assertAllowed(report, anomaly);
        }
    }
}
