package dev.palimpsest.sql.parser;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Text that means harm ends in an error, on a small stack too. */
class HostileInputTest {
    private static final int SMALL_STACK_BYTES = 768 * 1024;

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "( | 1 | )",
                "not  | true |",
                "- | a |",
                "a + ( | 1 | )",
                "f( | 1 | )",
                "case when  | true | then 1 end",
                "coalesce( | 1 | )",
                "a in ( | 1 | )",
                "cast( | 1 | as int)",
                "a between b and ( | 1 | )",
                "a like (b <> | c | )",
                "nullif(1, | 1 | )",
            })
    void shouldLimitNesting(String before, String inner, String after) throws InterruptedException {
        String close = after == null ? "" : " " + after;
        String deep = (before + " ").repeat(100_000) + inner + close.repeat(100_000);
        assertTooDeep(deep);
    }

    @ParameterizedTest
    @CsvSource({"' + 1'", "' || a'", "::int", "' is null'", "' in (1)'"})
    void shouldLimitChains(String link) throws InterruptedException {
        assertTooDeep("1" + link.repeat(100_000));
    }

    private static void assertTooDeep(String expression) throws InterruptedException {
        Throwable failure = onSmallStack(() -> SqlParser.parse("select " + expression));
        assertEquals(SqlSyntaxException.class, failure == null ? null : failure.getClass());
        assertEquals("54001", ((SqlSyntaxException) failure).sqlState());
        assertEquals("stack depth limit exceeded", failure.getMessage());
    }

    @Test
    void shouldWalkTheDeepestTreeOnASmallStack() throws InterruptedException {
        int nesting = ExpressionParser.MAX_NESTING / 2 - 1;
        String nested = "(1 + ".repeat(nesting) + "1" + ")".repeat(nesting);
        String calls = "f(".repeat(2 * nesting) + ")".repeat(2 * nesting);
        String chain = "1" + " + 1".repeat(ExpressionParser.MAX_HEIGHT - 1);
        for (String sql : new String[] {nested, chain, calls}) {
            assertNull(onSmallStack(() -> {
                Expression e = SqlParser.parseExpression(sql);
                SqlPrinter.print(e);
                e.start();
                ColumnLabels.of(e);
            }));
        }
    }

    @Test
    void shouldTakeLongListsOfConditions() {
        Expression e = SqlParser.parseExpression("a = 1" + " or a = 2".repeat(100_000));
        assertEquals(100_001, ((Expression.Or) e).operands().size());
    }

    private static Throwable onSmallStack(Runnable action) throws InterruptedException {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        Thread thread = new Thread(
                null,
                () -> {
                    try {
                        action.run();
                    } catch (Throwable t) {
                        failure.set(t);
                    }
                },
                "small stack",
                SMALL_STACK_BYTES);
        thread.start();
        thread.join();
        return failure.get();
    }

    @Test
    void shouldOnlyEverThrowSyntaxErrors() {
        long seed = Long.getLong("seed", 20260102L);
        Random random = new Random(seed);
        String[] pieces = (" ' \" $ $a$ ( ) [ ] , ; . .. : :: := => -- /* */ \\ \n E'\\ U&' select from where a b "
                        + "1 1e 1.5 $1 and or not is null in between like case when then end cast as int values insert "
                        + "into set update delete create table primary key default begin commit = < > + - * / % ^ @ é 😀")
                .split(" ");
        for (int i = 0; i < 50_000; i++) {
            StringBuilder sql = new StringBuilder();
            for (int n = random.nextInt(12); n >= 0; n--) {
                sql.append(pieces[random.nextInt(pieces.length)]).append(random.nextBoolean() ? " " : "");
            }
            try {
                SqlParser.parse(sql.toString());
            } catch (SqlSyntaxException e) {
                int characters = sql.codePointCount(0, sql.length());
                boolean inside = e.position() >= 1 && e.position() <= characters + 1;
                assertEquals(true, inside, "seed=" + seed + " position=" + e.position() + " sql=" + sql);
            }
        }
    }

    @Test
    void shouldRejectMissingText() {
        assertThrows(NullPointerException.class, () -> SqlParser.parse(null));
    }
}
