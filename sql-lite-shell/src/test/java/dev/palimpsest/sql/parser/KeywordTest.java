package dev.palimpsest.sql.parser;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.util.Locale;
import org.junit.jupiter.api.Test;

class KeywordTest {
    @Test
    void shouldFindEveryKeywordInAnyCase() {
        for (Keyword keyword : Keyword.values()) {
            assertSame(keyword, Keyword.of(keyword.name()));
            assertSame(keyword, Keyword.of(keyword.name().toLowerCase(Locale.ROOT)));
            assertNull(Keyword.of(keyword.name() + "x"));
        }
        assertEquals(460, Keyword.values().length);
    }

    @Test
    void shouldFoldAsciiOnly() {
        assertNull(Keyword.of("\u212aey")); // the Kelvin sign folds to k elsewhere
        assertNull(Keyword.of("\u017felect"));
    }

    @Test
    void shouldQuoteNamesThatNeedIt() {
        assertEquals("name", SqlPrinter.identifier("name"));
        assertEquals("\"select\"", SqlPrinter.identifier("select"));
        assertEquals("\"int\"", SqlPrinter.identifier("int"));
        assertEquals("\"A\"\"b\"", SqlPrinter.identifier("A\"b"));
        assertEquals("\"1a\"", SqlPrinter.identifier("1a"));
    }
}
