package dev.palimpsest.sql.parser;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Messages and positions; the expected ones were taken from a PostgreSQL 15.18 server. */
class SyntaxErrorTest {
    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "select 1 from | 14 | syntax error at end of input",
                "select 1 from   -- c | 21 | syntax error at end of input",
                "select from where | 13 | syntax error at or near \"where\"",
                "select a b c | 12 | syntax error at or near \"c\"",
                "SELECT * FORM t | 10 | syntax error at or near \"FORM\"",
                "selec 1 | 1 | syntax error at or near \"selec\"",
                "select 1 = 2 = 3 | 14 | syntax error at or near \"=\"",
                "select a between 1 and 2 between 3 and 4 | 26 | syntax error at or near \"between\"",
                "select a like b like c | 17 | syntax error at or near \"like\"",
                "select count(distinct *) | 23 | syntax error at or near \"*\"",
                "select f(* | 11 | syntax error at end of input",
                "select left from t | 13 | syntax error at or near \"from\"",
                "select numeric(10) | 19 | syntax error at end of input",
                "select { | 8 | syntax error at or near \"{\"",
                "select $ | 8 | syntax error at or near \"$\"",
                "select a:=b | 9 | syntax error at or near \":=\"",
                "select 1..2 | 9 | syntax error at or near \"..\"",
                "select 'a' 'b' | 12 | syntax error at or near \"'b'\"",
                "select \"é\", 'é😀' x y | 20 | syntax error at or near \"y\"",
                "select 1abc | 8 | trailing junk after numeric literal at or near \"1abc\"",
                "select 1e+x | 8 | trailing junk after numeric literal at or near \"1e+\"",
                "select .5abc$9+1 | 8 | trailing junk after numeric literal at or near \".5abc$9\"",
                "select $1a | 8 | trailing junk after parameter at or near \"$1a\"",
                "select 'abc | 8 | unterminated quoted string at or near \"'abc\"",
                "select E'a\\ | 8 | unterminated quoted string at or near \"E'a\\\"",
                "select \"abc | 8 | unterminated quoted identifier at or near \"\"abc\"",
                "select \"\" | 8 | zero-length delimited identifier at or near \"\"\"\"",
                "select /* x | 8 | unterminated /* comment at or near \"/* x\"",
                "select /* /* */ x | 8 | unterminated /* comment at or near \"/* /* */ x\"",
                "select $a$ xx | 8 | unterminated dollar-quoted string at or near \"$a$ xx\"",
                "select B'10 | 8 | unterminated bit string literal at or near \"B'10\"",
                "select E'\\ud83d\\u0041' | 16 | invalid Unicode surrogate pair at or near \"\\u0041\"",
                "select E'\\ude00' | 10 | invalid Unicode surrogate pair at or near \"\\ude00\"",
                "select E'\\u0000' | 10 | invalid Unicode escape value at or near \"\\u0000\"",
                "select 1 from a.b.c.d | 15 | improper qualified name (too many dotted names): a.b.c.d",
                "create foo | 8 | syntax error at or near \"foo\"",
                "create table t (a int | 22 | syntax error at end of input",
                "create table t (a int,) | 23 | syntax error at or near \")\"",
                "create index if not exists on t(a) | 28 | syntax error at or near \"on\"",
                "drop table | 11 | syntax error at end of input",
                "insert into t value (1) | 15 | syntax error at or near \"value\"",
                "insert into t default ) | 23 | syntax error at or near \")\"",
                "insert into t (a, ) values (1) | 19 | syntax error at or near \")\"",
                "update t a = 1 | 12 | syntax error at or near \"=\"",
                "delete t | 8 | syntax error at or near \"t\"",
                "begin isolation level foo | 23 | syntax error at or near \"foo\"",
                "set a to | 9 | syntax error at end of input",
                "set x = a b | 11 | syntax error at or near \"b\"",
                "explain (foo) select 1 | 10 | unrecognized EXPLAIN option \"foo\"",
                "explain begin | 9 | syntax error at or near \"begin\"",
                "select a from t fetch first | 28 | syntax error at end of input",
                "select 1; select 2 3; | 20 | syntax error at or near \"3\"",
                "create table t (a int null not null) | 28 | conflicting NULL/NOT NULL declarations for column \"a\" of table \"t\"",
                "create table t (a int default 1 default 2) | 33 | multiple default values specified for column \"a\" of table \"t\"",
                "values (1), (2, 3) | 14 | VALUES lists must all be the same length",
                "select default | 8 | DEFAULT is not allowed in this context",
                "select * from t for update limit 1 for share | 36 | syntax error at or near \"for\"",
                "select * from t limit 1 for update offset 1 | 36 | syntax error at or near \"offset\"",
                "select * from t for no update | 24 | syntax error at or near \"update\"",
                "select * from t for key | 24 | syntax error at end of input",
                "select * from t for update of | 30 | syntax error at end of input",
                "select * from t for update skip | 32 | syntax error at end of input",
                "select * from t for update wait | 28 | syntax error at or near \"wait\"",
                "select * from t for update of t nowait skip locked | 40 | syntax error at or near \"skip\"",
                "select * from t for read | 25 | syntax error at end of input",
                "savepoint | 10 | syntax error at end of input",
                "release | 8 | syntax error at end of input",
                "rollback to | 12 | syntax error at end of input",
                "abort to a | 7 | syntax error at or near \"to\"",
                "lock | 5 | syntax error at end of input",
                "lock t in access mode | 18 | syntax error at or near \"mode\"",
                "lock t in foo mode | 11 | syntax error at or near \"foo\"",
                "lock table t in share exclusive mode | 23 | syntax error at or near \"exclusive\"",
                "lock table t in share update mode | 30 | syntax error at or near \"mode\"",
                "lock table t nowait nowait | 21 | syntax error at or near \"nowait\"",
                "insert into t values (1) on conflict | 37 | syntax error at end of input",
                "insert into t values (1) on conflict do | 40 | syntax error at end of input",
                "insert into t values (1) on conflict do update | 47 | syntax error at end of input",
                "insert into t values (1) on conflict () do nothing | 39 | syntax error at or near \")\"",
                "insert into t values (1) on conflict on constraint do nothing | 52 | syntax error at or near \"do\"",
                "insert into t values (1) returning | 35 | syntax error at end of input",
                "delete from t returning | 24 | syntax error at end of input",
                "create table x (a int check) | 28 | syntax error at or near \")\"",
                "create table x (a int check a > 0) | 29 | syntax error at or near \"a\"",
                "create table x (a int references) | 33 | syntax error at or near \")\"",
                "create table x (a int references t on delete) | 45 | syntax error at or near \")\"",
                "create table x (a int references t on delete cascade on delete cascade) | 57 | syntax error at or near \"delete\"",
                "create table x (a int references t on delete set) | 49 | syntax error at or near \")\"",
                "create table x (foreign key a references t) | 29 | syntax error at or near \"a\"",
                "create table x (primary key (a) include) | 40 | syntax error at or near \")\"",
                "create sequence | 16 | syntax error at end of input",
                "create sequence q start 1 start 2 | 27 | conflicting or redundant options",
                "create sequence q increment x | 29 | syntax error at or near \"x\"",
                "create sequence q cycle no cycle | 25 | conflicting or redundant options",
                "create sequence q foo | 19 | syntax error at or near \"foo\"",
                "drop sequence | 14 | syntax error at end of input",
                "vacuum verbose full t | 16 | syntax error at or near \"full\"",
                "vacuum () t | 9 | syntax error at or near \")\"",
                "vacuum (verbose,) | 17 | syntax error at or near \")\"",
                "vacuum (select) | 9 | syntax error at or near \"select\"",
                "vacuum (verbose = on) | 17 | syntax error at or near \"=\"",
                "vacuum t, | 10 | syntax error at end of input",
                "vacuum t () | 11 | syntax error at or near \")\"",
                "vacuum t u | 10 | syntax error at or near \"u\"",
                "explain vacuum t | 9 | syntax error at or near \"vacuum\"",
                "create table t (a int) with () | 30 | syntax error at or near \")\"",
                "create table t (a int) with (fillfactor = ) | 43 | syntax error at or near \")\"",
                "create table t (a int) with (1 = 1) | 30 | syntax error at or near \"1\"",
                "create table t (a int) without | 31 | syntax error at end of input",
                "alter table t set (a = 1) set (b = 2) | 27 | syntax error at or near \"set\"",
                "alter table t reset () | 22 | syntax error at or near \")\"",
                "alter table | 12 | syntax error at end of input",
            })
    void shouldReportAsPostgres(String sql, int position, String message) {
        SqlSyntaxException e = assertThrows(SqlSyntaxException.class, () -> SqlParser.parse(sql));
        assertEquals(message, e.getMessage());
        assertEquals(position, e.position());
        assertEquals("42601", e.sqlState());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "select * from t limit 1,2 | 42601 | 17 | LIMIT #,# syntax is not supported | Use separate LIMIT and OFFSET clauses.",
                "select E'ab\\u12' | 22025 | 12 | invalid Unicode escape | Unicode escapes must be \\uXXXX or \\UXXXXXXXX.",
                "select float(99) '1' | 22023 | 14 | precision for type float must be less than 54 bits |",
                "insert into t values (1) on conflict (a desc) do nothing | 42P10 | 38 | ASC/DESC is not allowed in ON CONFLICT clause |",
                "insert into t values (1) on conflict (a nulls first) do nothing | 42P10 | 38 | NULLS FIRST/LAST is not allowed in ON CONFLICT clause |",
                "create table t (a int primary key, primary key (a)) | 42P16 | 36 | multiple primary keys for table \"t\" are not allowed |",
            })
    void shouldReportStateAndHint(String sql, String state, int position, String message, String hint) {
        SqlSyntaxException e = assertThrows(SqlSyntaxException.class, () -> SqlParser.parse(sql));
        assertEquals(state, e.sqlState());
        assertEquals(position, e.position());
        assertEquals(message, e.getMessage());
        assertEquals(hint, e.hint());
    }

    @ParameterizedTest
    @CsvSource({"select E'a\\xff',0xff", "select E'\\000',0x00"})
    void shouldRejectBytesThatAreNotText(String sql, String hex) {
        SqlSyntaxException e = assertThrows(SqlSyntaxException.class, () -> SqlParser.parse(sql));
        assertEquals("22021", e.sqlState());
        assertEquals("invalid byte sequence for encoding \"UTF8\": " + hex, e.getMessage());
        assertNull(e.hint());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "copy t from stdin | 1 | COPY",
                "alter table t add b int | 15 | ALTER TABLE … ADD",
                "alter table t set (fillfactor = 80), rename to u | 38 | ALTER TABLE … RENAME",
                "alter table t set schema x | 15 | ALTER TABLE … SET",
                "create index on t (a) with (fillfactor = 70) | 23 | a storage parameter",
                "commit and chain | 8 | AND CHAIN",
                "create view v as select 1 | 1 | CREATE VIEW",
                "create table t (a int[]) | 19 | an array type",
                "create table t (a int references u on delete set default) | 50 | SET DEFAULT",
                "create table t (a int references u match full) | 42 | MATCH FULL",
                "create table t (a int references u deferrable) | 36 | a deferrable constraint",
                "create sequence s owned by t.a | 19 | sequence option OWNED",
                "insert into t values (1) on conflict (lower(a)) do nothing | 39 | an index on an expression",
                "insert into t values (1) on conflict (a) where a > 1 do nothing | 42 | a partial index",
                "alter sequence s restart | 1 | ALTER",
                "create table t as select 1 | 16 | CREATE TABLE AS",
                "create index on t (lower(a)) | 20 | an index on an expression",
                "create index on t (a) where a > 1 | 23 | a partial index",
                "create index on t using hash (a) | 25 | index access method \"hash\"",
                "select * from a join b on true | 17 | a join",
                "select * from a, b | 16 | a join",
                "select * from (select 1) x | 15 | a sub-select or join in FROM",
                "select (select 1) | 9 | a sub-select",
                "select a in (select 1) | 14 | a sub-select",
                "select exists (select 1) | 8 | EXISTS",
                "select row(1, 2) | 8 | a row constructor",
                "select (1, 2) | 8 | a row constructor",
                "select array[1] | 8 | an array constructor",
                "select a[1] | 9 | an array subscript",
                "select a = any (b) | 12 | ANY, SOME or ALL after an operator",
                "select rank() over () | 15 | a window function",
                "select 1 union select 2 | 10 | UNION",
                "with x as (select 1) select 2 | 1 | WITH",
                "select distinct on (a) b from t | 17 | DISTINCT ON",
                "update t set a = 1 from u | 20 | UPDATE … FROM",
                "delete from t using u | 15 | DELETE … USING",
                "select B'1' | 8 | a bit string constant",
                "set role x | 5 | SET ROLE",
                "explain (buffers) select 1 | 10 | EXPLAIN option \"buffers\"",
            })
    void shouldNameWhatIsNotSupported(String sql, int position, String what) {
        SqlSyntaxException e = assertThrows(SqlSyntaxException.class, () -> SqlParser.parse(sql));
        assertEquals(what + " is not supported yet", e.getMessage());
        assertEquals("0A000", e.sqlState());
        assertEquals(position, e.position());
    }

    @Test
    void shouldRejectDefaultOfSerial() {
        String sql = "create table t (a serial default 1)"; // PostgreSQL says the same without a position
        SqlSyntaxException e = assertThrows(SqlSyntaxException.class, () -> SqlParser.parse(sql));
        assertEquals("multiple default values specified for column \"a\" of table \"t\"", e.getMessage());
        assertEquals(26, e.position());
    }

    @Test
    void shouldReportTheFirstErrorOfTheText() {
        SqlSyntaxException e = assertThrows(SqlSyntaxException.class, () -> SqlParser.parse("select from from 'abc"));
        assertEquals("syntax error at or near \"from\"", e.getMessage());
    }
}
