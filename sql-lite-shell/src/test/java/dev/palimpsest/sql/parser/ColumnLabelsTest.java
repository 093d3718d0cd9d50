package dev.palimpsest.sql.parser;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Names of output columns; the expected ones were taken from a PostgreSQL 15.18 server. */
class ColumnLabelsTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "t.a | a",
                "a::text | a",
                "1 | ?column?",
                "true | ?column?",
                "1::int | int4",
                "(a + 1)::bigint | int8",
                "cast(1 as double precision) | float8",
                "'x'::char | bpchar",
                "varchar(3) 'x' | varchar",
                "date '2020-01-01' | date",
                "timestamp with time zone '2020-01-01' | timestamptz",
                "true::text | text",
                "null::int | int4",
                "count(*) | count",
                "pg_catalog.length('x') | length",
                "now()::text | now",
                "case when true then a end | case",
                "case when true then 1 else b end | b",
                "case when true then 1 else b end::text | b",
                "case when true then 1 else 2 end::text | text",
                "coalesce(a, 1) | coalesce",
                "nullif(a, 1)::text | nullif",
                "greatest(a, b) | greatest",
                "least(a, b)::text | least",
                "current_timestamp(3) | current_timestamp",
                "user | user",
                "current_schema | current_schema",
                "a + 1 | ?column?",
                "a is null | ?column?",
                "a = 1 and b = 2 | ?column?",
                "-a | ?column?",
                "1.5::real::int | int4",
            })
    void shouldNameAsPostgres(String sql, String label) {
        assertEquals(label, ColumnLabels.of(SqlParser.parseExpression(sql)));
    }
}
