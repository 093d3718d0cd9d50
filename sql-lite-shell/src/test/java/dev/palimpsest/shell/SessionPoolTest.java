package dev.palimpsest.shell;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import dev.palimpsest.api.Database;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SessionPoolTest {
    /** As when VACUUM meets autovacuum at the same table. */
    @Test
    void shouldBeIdleAgainAfterTheOnlySessionHasWaited() {
        assertTimeoutPreemptively(Duration.ofMinutes(1), () -> {
            List<String> printed = new ArrayList<>();
            try (Database database = Database.openInMemory()) {
                SessionPool pool = new SessionPool(database, (session, what) -> printed.add("waiting for " + what));
                ShellSession only = pool.current();
                pool.run(() -> {
                    only.waiting("a lock");
                    only.waitOver();
                    only.print(() -> printed.add("VACUUM"));
                });
                assertEquals(ShellSession.Activity.IDLE, only.activity());
                pool.printKept();
                pool.run(() -> only.print(() -> printed.add("SELECT 1")));
                assertEquals(List.of("waiting for a lock", "VACUUM", "SELECT 1"), printed);
                pool.close();
            }
        });
    }
}
