package dev.palimpsest.sql.exec;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.palimpsest.sql.plan.SqlError;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

class CsvReaderTest {
    @Provide
    Arbitrary<List<List<String>>> tables() {
        Arbitrary<String> fields =
                Arbitraries.strings().withChars("ab,\"\n\r \\.é").ofMaxLength(6).injectNull(0.2);
        return fields.list().ofMinSize(2).ofMaxSize(4).list().ofMaxSize(6);
    }

    @Property(tries = 500)
    void shouldReadBackWhatWasWritten(@ForAll("tables") List<List<String>> table) throws IOException {
        StringBuilder csv = new StringBuilder();
        for (List<String> row : table) {
            List<String> cells = row.stream()
                    .map(v -> v == null ? "" : '"' + v.replace("\"", "\"\"") + '"')
                    .toList();
            csv.append(String.join(",", cells)).append("\n");
        }
        assertEquals(table, read(csv.toString().getBytes(StandardCharsets.UTF_8)));
    }

    /** Any bytes at all: records or an error of the expected kinds, and an end. */
    @Property(tries = 1000)
    void shouldTakeAnything(@ForAll("bytes") byte[] bytes) throws IOException {
        try {
            read(bytes);
        } catch (SqlError e) {
            assertEquals(true, List.of("22P04", "22021").contains(e.sqlState()), e.sqlState());
        }
    }

    @Provide
    Arbitrary<byte[]> bytes() {
        return Arbitraries.of(
                        (byte) 'a', (byte) ',', (byte) '"', (byte) '\n', (byte) '\r', (byte) 0, (byte) 0xC3, (byte)
                                0xEF)
                .list()
                .ofMaxSize(40)
                .map(list -> {
                    byte[] all = new byte[list.size()];
                    for (int i = 0; i < all.length; i++) {
                        all[i] = list.get(i);
                    }
                    return all;
                });
    }

    private static List<List<String>> read(byte[] bytes) throws IOException {
        CsvReader reader = new CsvReader(new ByteArrayInputStream(bytes));
        List<List<String>> rows = new ArrayList<>();
        for (List<String> row = reader.next(); row != null; row = reader.next()) {
            rows.add(new ArrayList<>(row));
        }
        return rows;
    }
}
