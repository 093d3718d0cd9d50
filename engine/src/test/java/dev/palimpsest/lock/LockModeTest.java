package dev.palimpsest.lock;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.palimpsest.api.WaitPolicy;
import dev.palimpsest.scheduler.ThreadScheduler;
import dev.palimpsest.wal.EnginePoison;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Every cell of "Table 13.2. Conflicting Lock Modes" of PostgreSQL's documentation, typed from there row by row. */
class LockModeTest {
    private static final Map<String, List<String>> DOCUMENTED = Map.of(
            "ACCESS_SHARE", List.of("ACCESS_EXCLUSIVE"),
            "ROW_SHARE", List.of("EXCLUSIVE", "ACCESS_EXCLUSIVE"),
            "ROW_EXCLUSIVE", List.of("SHARE", "SHARE_ROW_EXCLUSIVE", "EXCLUSIVE", "ACCESS_EXCLUSIVE"),
            "SHARE_UPDATE_EXCLUSIVE",
                    List.of("SHARE_UPDATE_EXCLUSIVE", "SHARE", "SHARE_ROW_EXCLUSIVE", "EXCLUSIVE", "ACCESS_EXCLUSIVE"),
            "SHARE",
                    List.of(
                            "ROW_EXCLUSIVE",
                            "SHARE_UPDATE_EXCLUSIVE",
                            "SHARE_ROW_EXCLUSIVE",
                            "EXCLUSIVE",
                            "ACCESS_EXCLUSIVE"),
            "SHARE_ROW_EXCLUSIVE",
                    List.of(
                            "ROW_EXCLUSIVE",
                            "SHARE_UPDATE_EXCLUSIVE",
                            "SHARE",
                            "SHARE_ROW_EXCLUSIVE",
                            "EXCLUSIVE",
                            "ACCESS_EXCLUSIVE"),
            "EXCLUSIVE",
                    List.of(
                            "ROW_SHARE",
                            "ROW_EXCLUSIVE",
                            "SHARE_UPDATE_EXCLUSIVE",
                            "SHARE",
                            "SHARE_ROW_EXCLUSIVE",
                            "EXCLUSIVE",
                            "ACCESS_EXCLUSIVE"),
            "ACCESS_EXCLUSIVE",
                    List.of(
                            "ACCESS_SHARE",
                            "ROW_SHARE",
                            "ROW_EXCLUSIVE",
                            "SHARE_UPDATE_EXCLUSIVE",
                            "SHARE",
                            "SHARE_ROW_EXCLUSIVE",
                            "EXCLUSIVE",
                            "ACCESS_EXCLUSIVE"));

    @Test
    void shouldConflictAsDocumentedInEveryCell() {
        for (LockMode requested : LockMode.values()) {
            for (LockMode held : LockMode.values()) {
                assertEquals(
                        DOCUMENTED.get(requested.name()).contains(held.name()),
                        requested.conflictsWith(held),
                        requested + " against " + held);
            }
        }
    }

    /** The same through the table, so through the fast path where a weak mode is concerned. */
    @Test
    void shouldGrantOrRefuseAsDocumentedInEveryCell() {
        for (LockMode held : LockMode.values()) {
            for (LockMode requested : LockMode.values()) {
                Session first = new Session(1);
                Session second = new Session(2);
                LockTable table = new LockTable(new ThreadScheduler(), new EnginePoison(), action -> {
                    action.accept(first);
                    action.accept(second);
                });
                table.lockRelation(first, 7, held, "t");
                boolean granted = table.lockRelation(second, 7, requested, WaitPolicy.SKIP_LOCKED, "t");
                assertEquals(
                        !DOCUMENTED.get(requested.name()).contains(held.name()), granted, requested + " while " + held);
                table.releaseAll(first);
                assertEquals(
                        true,
                        table.lockRelation(second, 7, requested, WaitPolicy.SKIP_LOCKED, "t"),
                        "after the release");
                table.releaseAll(second);
                assertEquals(List.of(), table.entries());
                assertEquals(
                        true, table.lockRelation(first, 7, LockMode.ACCESS_EXCLUSIVE, WaitPolicy.SKIP_LOCKED, "t"));
            }
        }
    }
}
