package dev.palimpsest.sql.parser;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StatementSplitterTest {
    @Test
    void shouldCutOutsideQuotesCommentsAndParentheses() {
        String text = "select ';'; select \";\" -- ;\n, $a$;$$;$a$ /* ; /* ; */ ; */; select (1;2); E'\\';' ;;; last";
        assertEquals(
                List.of(
                        "select ';'",
                        " select \";\" -- ;\n, $a$;$$;$a$ /* ; /* ; */ ; */",
                        " select (1;2)",
                        " E'\\';' ",
                        " last"),
                split(text, text.length()));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "   -- comment | NOTHING | ",
                "select 1; | NOTHING | ",
                "select 1 | STATEMENT | -",
                "select (1 | PARENTHESIS | (",
                "select 'a | STRING | '",
                "select E'a\\' | STRING | '",
                "select \"a | IDENTIFIER | \"",
                "select $x$ $$ | DOLLAR_QUOTE | $",
                "select /* a | COMMENT | *",
                "select (a /* b | COMMENT | *",
            })
    void shouldTellWhatIsPending(String text, StatementSplitter.Pending pending, String mark) {
        StatementSplitter splitter = new StatementSplitter();
        splitter.append(text + "\n");
        while (splitter.next() != null) {
            // up to the unfinished one
        }
        assertEquals(pending, splitter.pending());
        assertEquals(mark == null ? "" : mark, splitter.pending().mark());
    }

    @Test
    void shouldGoOnWhereTheTextGrows() {
        StatementSplitter splitter = new StatementSplitter();
        splitter.append("select 'a\n");
        assertNull(splitter.next());
        splitter.append("b'; select 2");
        assertEquals("select 'a\nb'", splitter.next());
        assertNull(splitter.next());
        assertEquals(" select 2", splitter.rest());
        assertNull(splitter.rest());
        splitter.append("select '");
        assertNull(splitter.next());
        splitter.clear();
        splitter.append("select 3;");
        assertEquals("select 3", splitter.next());
    }

    @Test
    void shouldTellTheEndInABuffer() {
        assertEquals(9, StatementSplitter.endOfStatement("select 1; select 2", 0));
        assertEquals(-1, StatementSplitter.endOfStatement("select 1; select 2", 9));
        assertEquals(-1, StatementSplitter.endOfStatement("select ';", 0));
    }

    @Test
    void shouldAgreeWithTheLexerHoweverTheTextArrives() {
        long seed = Long.getLong("seed", 20260103L);
        Random random = new Random(seed);
        String[] pieces = {
            "'", "''", "\"", "$", "$a$", "$$", "(", ")", ";", "--", "/*", "*/", "\n", " ", "E'", "e", "a", "1", "\\",
            "-", "/", "*", "a$", "'\n'", "é", ";;"
        };
        for (int i = 0; i < 50_000; i++) {
            StringBuilder text = new StringBuilder();
            for (int n = random.nextInt(14); n >= 0; n--) {
                text.append(pieces[random.nextInt(pieces.length)]);
            }
            String sql = text.toString();
            String message = "seed=" + seed + " sql=" + sql;
            assertEquals(lexed(sql), split(sql, sql.length()), message);
            assertEquals(lexed(sql), split(sql, 1 + random.nextInt(3)), message);
        }
    }

    @Test
    void shouldReadALongStatementInLinearTime() {
        StatementSplitter splitter = new StatementSplitter();
        splitter.append("insert into t values ");
        for (int i = 0; i < 200_000; i++) {
            splitter.append("(1, 'some text that is long enough'),\n");
            assertNull(splitter.next());
        }
        splitter.append("(2, '');");
        assertEquals(200_000 * 38 + 28, splitter.next().length());
    }

    private static List<String> split(String text, int step) {
        StatementSplitter splitter = new StatementSplitter();
        List<String> statements = new ArrayList<>();
        for (int i = 0; i < text.length(); i += step) {
            splitter.append(text.substring(i, Math.min(text.length(), i + step)));
            for (String next = splitter.next(); next != null; next = splitter.next()) {
                statements.add(next);
            }
        }
        for (String rest = splitter.rest(); rest != null; rest = splitter.rest()) {
            statements.add(rest);
        }
        return statements;
    }

    /** The same by the lexer's tokens: an unterminated token takes the rest. */
    private static List<String> lexed(String sql) {
        List<String> statements = new ArrayList<>();
        Lexer lexer = new Lexer(sql);
        int start = 0;
        int depth = 0;
        boolean any = false;
        for (lexer.next(); lexer.type != TokenType.END; lexer.next()) {
            if (lexer.type == TokenType.SEMICOLON && depth == 0) {
                if (any) {
                    statements.add(sql.substring(start, lexer.start));
                }
                start = lexer.end;
                any = false;
                continue;
            }
            boolean comment = lexer.type == TokenType.ERROR && sql.startsWith("/*", lexer.start);
            any |= !comment;
            depth += lexer.type == TokenType.LEFT_PAREN ? 1 : 0;
            depth -= lexer.type == TokenType.RIGHT_PAREN && depth > 0 ? 1 : 0;
        }
        if (any) {
            statements.add(sql.substring(start));
        }
        return statements;
    }
}
