package dev.palimpsest.isolation;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.palimpsest.sql.plan.ResultColumn;
import dev.palimpsest.sql.plan.SqlType;
import java.math.BigDecimal;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The layout of results. Expected texts agree with files of PostgreSQL's own suite or follow from the rules of fe-print.c. */
class ResultTableTest {
    private static String print(List<String> names, Object[]... rows) {
        ResultTable table = new ResultTable(
                names.stream().map(name -> new ResultColumn(name, SqlType.TEXT)).toList());
        Arrays.stream(rows).forEach(table::add);
        return table.print();
    }

    private static Object[] row(Object... values) {
        return values;
    }

    @Test
    void shouldPutNumbersToTheRight() {
        assertEquals(
                """
                accountid|balance
                ---------+-------
                checking |    600
                savings  |    600
                (2 rows)

                """,
                print(
                        List.of("accountid", "balance"),
                        row("checking", new BigDecimal("600")),
                        row("savings", new BigDecimal("600"))));
    }

    @Test
    void shouldLookAtTheValuesNotAtTheType() {
        assertEquals(
                "  id\n----\n 1.5\n-1E5\n   7\n(3 rows)\n\n", print(List.of("id"), row("1.5"), row("-1E5"), row(7L)));
        assertEquals(
                "id   \n-----\n1    \nE5   \n12 x5\n(3 rows)\n\n",
                print(List.of("id"), row("1"), row("E5"), row("12 x5")));
        assertEquals("v \n--\n1-\n(1 row)\n\n", print(List.of("v"), row("1-")));
        assertEquals("v\n-\nt\n \n(2 rows)\n\n", print(List.of("v"), row(true), row((Object) null)));
    }

    @Test
    void shouldPutEmptyColumnsToTheRight() {
        assertEquals("id|name\n--+----\n(0 rows)\n\n", print(List.of("id", "name")));
        assertEquals(
                "pg_advisory_lock|n\n----------------+-\n                |1\n(1 row)\n\n",
                print(List.of("pg_advisory_lock", "n"), row("", 1L)));
    }

    @Test
    void shouldPrintNothingWithoutColumns() {
        assertEquals("", print(List.of(), row(), row()));
    }

    @Test
    void shouldCountBytes() {
        assertEquals("n  |x\n---+-\nü |1\nabc|2\n(2 rows)\n\n", print(List.of("n", "x"), row("ü", 1L), row("abc", 2L)));
    }
}
