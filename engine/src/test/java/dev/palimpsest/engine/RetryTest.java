package dev.palimpsest.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.DeadlockException;
import dev.palimpsest.api.ErrorSubject;
import dev.palimpsest.api.IsolationLevel;
import dev.palimpsest.api.RetryException;
import dev.palimpsest.api.SerializationException;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.Table;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.TransactionOptions;
import dev.palimpsest.api.UniqueViolationException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What {@code transact} runs again, how often, and how it says so. */
class RetryTest {
    private Database db;
    private Table accounts;

    @BeforeEach
    void open() {
        db = Database.openInMemory();
        accounts = db.table("accounts");
        db.transact(tx -> {
            tx.createTable(TableSchema.named("accounts")
                    .column("id", ColumnType.BIGINT)
                    .column("balance", ColumnType.BIGINT)
                    .primaryKey("id")
                    .build());
            accounts.insert(tx, 1L, 0L);
            return null;
        });
    }

    @AfterEach
    void close() {
        db.close();
    }

    private static SerializationException lost() {
        return new SerializationException(
                "could not serialize access due to concurrent update",
                "table=accounts",
                null,
                new ErrorSubject("accounts", null, "(0,1)", 7));
    }

    @Test
    void shouldRunTheWorkAgainUntilItSucceeds() {
        List<Integer> attempts = new ArrayList<>();
        List<String> told = new ArrayList<>();
        TransactionOptions options = TransactionOptions.DEFAULT.withRetryListener(
                (attempt, reason) -> told.add(attempt + " " + reason.sqlState().code()));
        String result = db.transact(options, tx -> {
            attempts.add(tx.attempt());
            if (tx.attempt() == 1) {
                throw lost();
            }
            if (tx.attempt() == 2) {
                throw new DeadlockException("deadlock detected", null, null, ErrorSubject.NONE);
            }
            return "done";
        });
        assertEquals("done", result);
        assertEquals(List.of(1, 2, 3), attempts);
        assertEquals(List.of("1 40001", "2 40P01"), told);
        assertEquals(2, db.statistics().retries());
    }

    @Test
    void shouldUndoALostAttempt() {
        db.transact(tx -> {
            accounts.update(tx, 1L, c -> c.setLong(1, c.row().longValue(1) + 1));
            if (tx.attempt() < 4) {
                throw lost();
            }
            return null;
        });
        assertEquals(1, db.<Long>read(tx -> accounts.get(tx, 1L).longValue(1)));
    }

    @Test
    void shouldSayHowOftenItTriedWhenItGivesUp() {
        int[] runs = {0};
        List<SerializationException> thrown = new ArrayList<>();
        SerializationException e = assertThrows(
                SerializationException.class,
                () -> db.transact(TransactionOptions.DEFAULT.withMaxAttempts(4), tx -> {
                    runs[0]++;
                    thrown.add(lost());
                    throw thrown.get(thrown.size() - 1);
                }));
        assertEquals(4, runs[0]);
        assertEquals(4, e.attempts());
        assertEquals("could not serialize access due to concurrent update", e.getMessage());
        assertEquals("table=accounts attempts=4", e.detail());
        assertEquals(lost().subject(), e.subject());
        assertSame(thrown.get(3), e.getCause());
        assertEquals(3, db.statistics().retries());
    }

    @Test
    void shouldThrowTheErrorItselfWhereNothingIsRunAgain() {
        SerializationException only = lost();
        RetryException e = assertThrows(
                RetryException.class,
                () -> db.transact(TransactionOptions.DEFAULT.withMaxAttempts(1), tx -> {
                    throw only;
                }));
        assertSame(only, e);
        assertEquals(1, e.attempts());
    }

    @Test
    void shouldNotRunOtherErrorsAgain() {
        int[] runs = {0};
        assertThrows(
                UniqueViolationException.class,
                () -> db.transact(tx -> {
                    runs[0]++;
                    accounts.insert(tx, 1L, 0L);
                    return null;
                }));
        assertThrows(
                IllegalStateException.class,
                () -> db.transact(tx -> {
                    runs[0]++;
                    throw new IllegalStateException("mine");
                }));
        assertEquals(2, runs[0]);
        assertEquals(0, db.statistics().retries());
    }

    @Test
    void shouldWinAgainstARealConflict() {
        TransactionOptions snapshot = TransactionOptions.DEFAULT.withIsolation(IsolationLevel.REPEATABLE_READ);
        List<RetryException> reasons = new ArrayList<>();
        db.transact(snapshot.withRetryListener((attempt, reason) -> reasons.add(reason)), tx -> {
            long seen = accounts.get(tx, 1L).longValue(1);
            if (tx.attempt() == 1) {
                try (Transaction other = db.begin()) {
                    accounts.update(other, 1L, c -> c.setLong(1, 10));
                    other.commit();
                }
            }
            accounts.update(tx, 1L, c -> c.setLong(1, seen + 1));
            return null;
        });
        assertEquals(11, db.<Long>read(tx -> accounts.get(tx, 1L).longValue(1)));
        assertEquals(1, reasons.size());
        assertEquals(SqlState.SERIALIZATION_FAILURE, reasons.get(0).sqlState());
    }

    @Test
    void shouldLetTheListenersErrorThrough() {
        assertThrows(
                IllegalStateException.class,
                () -> db.transact(
                        TransactionOptions.DEFAULT.withRetryListener((attempt, reason) -> {
                            throw new IllegalStateException("no more");
                        }),
                        tx -> {
                            throw lost();
                        }));
        assertTrue(db.sessions().isEmpty());
    }

    @Test
    void shouldKeepTheTypeOfADeadlock() {
        DeadlockException e = new DeadlockException("deadlock detected", "a\nb", "hint", ErrorSubject.NONE);
        DeadlockException told = e.afterAttempts(3);
        assertNotSame(e, told);
        assertInstanceOf(DeadlockException.class, told);
        assertEquals("a\nb\nattempts=3", told.detail());
        assertEquals("hint", told.hint());
    }
}
