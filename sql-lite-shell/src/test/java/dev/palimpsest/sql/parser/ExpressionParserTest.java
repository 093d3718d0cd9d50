package dev.palimpsest.sql.parser;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Precedence and forms of expressions; the printer's parentheses show the tree. */
class ExpressionParserTest {
    @ParameterizedTest
    @CsvSource(
            delimiterString = " => ",
            quoteCharacter = '`',
            value = {
                "a + b * c => a + (b * c)",
                "a - b - c => (a - b) - c",
                "a * b / c % d => ((a * b) / c) % d",
                "a ^ b ^ c => (a ^ b) ^ c",
                "- a ^ b => (- a) ^ b",
                "-2 ^ 2 => (-2) ^ 2",
                "-1::int => - 1::integer",
                "- - 1 => 1",
                "a + b || c - d => (a + b) || (c - d)",
                "a || b || c => (a || b) || c",
                "@ a + b => @ (a + b)",
                "@ a || b => (@ a) || b",
                "a = b + 1 and c or not d and e => ((a = (b + 1)) AND c) OR ((NOT d) AND e)",
                "a or b or c => a OR b OR c",
                "(a and b) and c => a AND b AND c",
                "a and (b and c) => a AND (b AND c)",
                "not a = b => NOT (a = b)",
                "not a is null => NOT (a IS NULL)",
                "a = not b = c => a = (NOT (b = c))",
                "a = b is null => (a = b) IS NULL",
                "a is null is not null => (a IS NULL) IS NOT NULL",
                "a is null = b => (a IS NULL) = b",
                "a isnull and b notnull => (a IS NULL) AND (b IS NOT NULL)",
                "a is not unknown => a IS NOT UNKNOWN",
                "a is distinct from b and c => (a IS DISTINCT FROM b) AND c",
                "a is not distinct from b + 1 => a IS NOT DISTINCT FROM (b + 1)",
                "a between 1 and 2 and b => (a BETWEEN 1 AND 2) AND b",
                "a not between symmetric b = c and 2 => a NOT BETWEEN SYMMETRIC (b = c) AND 2",
                "a < b between c and d => a < (b BETWEEN c AND d)",
                "a in (1, b + 2) in (true) => (a IN (1, b + 2)) IN (true)",
                "a not in (1) = true => (a NOT IN (1)) = true",
                "a like b || '%' escape 'x' => a LIKE (b || '%') ESCAPE 'x'",
                "a not ilike b => a NOT ILIKE b",
                "a::text || b => a::text || b",
                "a.b::numeric(10,2)::text => a.b::numeric(10,2)::text",
                "cast(a + 1 as double precision) => (a + 1)::double precision",
                "int '5' => '5'::integer",
                "timestamp(3) with time zone 'x' => 'x'::timestamp(3) with time zone",
                "character varying 'x' => 'x'::character varying",
                "mood 'ok' => 'ok'::mood",
                "a != b => a <> b",
                "a <= b => a <= b",
                "case when a then b end => CASE WHEN a THEN b END",
                "case a + 1 when 1 then 2 else 3 end => CASE a + 1 WHEN 1 THEN 2 ELSE 3 END",
                "coalesce(a, nullif(b, 0), greatest(1, 2), least(3)) => COALESCE(a, NULLIF(b, 0), GREATEST(1, 2), LEAST(3))",
                "count(*) + count(distinct a) + count(all b) => (count(*) + count(DISTINCT a)) + count(b)",
                "left(name, 1) => left(name, 1)",
                "pg_catalog.now() => pg_catalog.now()",
                "current_timestamp(3) => CURRENT_TIMESTAMP(3)",
                "localtime => LOCALTIME",
                "$1 + $22 => $1 + $22",
                "count.name => count.name",
                "s.t.c => s.t.c",
                "\"A b\".\"select\" => \"A b\".\"select\"",
                "int + timestamp => \"int\" + \"timestamp\"",
                "9223372036854775808 => 9223372036854775808",
                "-9223372036854775808 => -9223372036854775808",
                "1e3 + .5 + 5. => (1e3 + .5) + 5.",
                "a->b @> c => (a -> b) @> c",
                "a<-1 => a < (-1)",
                "a@-1 => a @- 1",
                "true and null => true AND NULL",
            })
    void shouldFollowPostgresPrecedence(String sql, String tree) {
        assertEquals(tree, SqlPrinter.print(SqlParser.parseExpression(sql)));
        assertEquals(tree, SqlPrinter.print(SqlParser.parseExpression(tree)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "1 = 2 = 3",
                "1 < 2 >= 3",
                "a like b like c",
                "a between 1 and 2 between 3 and 4",
                "a is distinct from b is null",
                "a like b escape c escape d",
                "f(1)[1]",
                "left",
                "numeric(10)",
                "a..b",
                "case when a end",
                "()",
                "",
                "a b"
            })
    void shouldRejectWhatPostgresRejects(String sql) {
        SqlSyntaxException e = assertThrows(SqlSyntaxException.class, () -> SqlParser.parseExpression(sql));
        assertEquals("42601", e.sqlState());
    }

    @Test
    void shouldFoldMinusIntoTheSmallestLong() {
        Expression e = SqlParser.parseExpression("-9223372036854775808");
        assertEquals(new Expression.IntegerLiteral(Long.MIN_VALUE, 0), e);
        assertEquals(
                new Expression.NumericLiteral("9223372036854775808", 1),
                SqlParser.parseExpression("(9223372036854775808)"));
    }

    @Test
    void shouldKeepLocations() {
        Expression.Binary sum = (Expression.Binary) SqlParser.parseExpression("  abc +  f(x)");
        assertEquals(6, sum.location());
        assertEquals(2, sum.start());
        assertEquals(2, sum.left().location());
        assertEquals(9, sum.right().location());
        Expression.Cast cast = (Expression.Cast) SqlParser.parseExpression("a::int");
        assertEquals(1, cast.location());
        assertEquals(0, cast.start());
        assertEquals(3, cast.type().location());
        Expression.And and = (Expression.And) SqlParser.parseExpression("a and b and c");
        assertEquals(2, and.location());
        assertEquals(3, and.operands().size());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "'it''s' | it's",
                "E'a\\tb\\'c\\\\' | a\tb'c\\",
                "e'\\u00e9\\U0001F600\\ud83d\\ude00' | é😀😀",
                "E'\\x41\\101\\xc3\\xa9\\q' | AAéq",
                "$$a'b$$ | a'b",
                "$tag$x $$ y$tag$ | x $$ y",
                "'a\\b' | a\\b",
                "`'a'\n  'b' -- c\n 'd''e'` | abd'e",
                "`E'a'\n'\\x42'` | aB",
            })
    void shouldDecodeStrings(String sql, String value) {
        Expression e = SqlParser.parseExpression(sql);
        assertEquals(value, ((Expression.StringLiteral) e).value());
        assertEquals(e, withoutLocation(SqlParser.parseExpression(SqlPrinter.print(e)), e));
    }

    private static Expression withoutLocation(Expression parsed, Expression like) {
        return new Expression.StringLiteral(((Expression.StringLiteral) parsed).value(), like.location());
    }

    @Test
    void shouldFoldAndTruncateNames() {
        assertEquals("abcÄ", ((Expression.ColumnRef) SqlParser.parseExpression("ABCÄ")).name());
        String longName = "x".repeat(62) + "é";
        assertEquals("x".repeat(62), ((Expression.ColumnRef) SqlParser.parseExpression(longName)).name());
        assertEquals(
                "y".repeat(63),
                ((Expression.ColumnRef) SqlParser.parseExpression("\"" + "y".repeat(90) + "\"")).name());
    }

    @Test
    void shouldPrintWhatParsesToTheSameTree() {
        long seed = Long.getLong("seed", 20260101L);
        Random random = new Random(seed);
        for (int i = 0; i < 20_000; i++) {
            String sql = randomExpression(random, 1 + random.nextInt(4));
            String printed;
            try {
                printed = SqlPrinter.print(SqlParser.parseExpression(sql));
            } catch (SqlSyntaxException e) {
                continue; // two non-associative operators met
            }
            assertEquals(printed, SqlPrinter.print(SqlParser.parseExpression(printed)), "seed=" + seed + " sql=" + sql);
        }
    }

    private static String randomExpression(Random random, int depth) {
        String[] leaves = {"a", "t.b", "-1", "2.5", "'x'", "null", "true", "$1", "f(a)", "count(*)", "current_date"};
        String[] infixes = {"+", "-", "*", "^", "||", "<", "=", "!=", "and", "or", "like", "is distinct from", "@>"};
        String[] suffixes = {" is null", "::int", " in (1, a)", "::varchar(3)", " not between 1 and b", " isnull"};
        String[] prefixes = {"- ", "not ", "@ ", "+ "};
        if (depth == 0) {
            return leaves[random.nextInt(leaves.length)];
        }
        String inner = randomExpression(random, depth - 1);
        switch (random.nextInt(6)) {
            case 0:
                return inner + suffixes[random.nextInt(suffixes.length)];
            case 1:
                return prefixes[random.nextInt(prefixes.length)] + inner;
            case 2:
                return "(" + inner + ")";
            case 3:
                return "case when " + inner + " then " + randomExpression(random, depth - 1) + " end";
            default:
                String operator = infixes[random.nextInt(infixes.length)];
                return inner + " " + operator + " " + randomExpression(random, depth - 1);
        }
    }
}
