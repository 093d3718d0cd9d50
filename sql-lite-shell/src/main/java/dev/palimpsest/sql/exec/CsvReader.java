package dev.palimpsest.sql.exec;

import dev.palimpsest.sql.plan.SqlError;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * CSV as PostgreSQL's COPY reads it: RFC 4180, and quotes may also begin and end inside a field; an empty field without quotes is NULL, with
 * them it is an empty text; a line with nothing but {@code \.} ends the data. Works on bytes (in UTF-8 the special ones stand for
 * themselves only), so that a bad byte is reported with its line. Not thread-safe. Source of the rules: PG copyfromparse.c.
 *
 * <p>Own code, because the libraries read a quoted and an unquoted empty field, or a quote that never ends, as something else.
 */
public final class CsvReader {
    private static final int MAX_FIELD_BYTES = 256 << 20;

    private final InputStream in;
    private final byte[] buffer = new byte[1 << 16];
    private int at;
    private int end;
    private final ByteArrayOutputStream field = new ByteArrayOutputStream();
    private final List<String> fields = new ArrayList<>();

    /** Line of the record's start and of what is read next, from 1. */
    private long recordLine;

    private long line = 1;
    private boolean started;

    /** Whether a quote was seen in the field. */
    private boolean quoted;

    public CsvReader(InputStream in) {
        this.in = in;
    }

    /** The line on which the last record began, from 1. */
    public long line() {
        return recordLine;
    }

    /**
     * The next record, valid until the next call; null for NULL. Null at the end.
     *
     * @throws SqlError 22P04, 22021, 54000; the caller adds the file and {@link #line}
     */
    public List<String> next() throws IOException {
        if (!started) {
            started = true;
            skipByteOrderMark();
        }
        recordLine = line;
        fields.clear();
        int c = read();
        if (c < 0) {
            return null;
        }
        while (true) {
            c = readField(c);
            fields.add(takeField());
            if (c != ',') {
                break;
            }
            c = read();
        }
        return isEndMark() ? null : fields;
    }

    private boolean isEndMark() {
        return fields.size() == 1 && !quoted && "\\.".equals(fields.get(0));
    }

    /** Reads the field that begins with {@code c}; returns what ended it: a comma, a line break, or -1. */
    private int readField(int first) throws IOException {
        quoted = false;
        int c = first;
        while (c >= 0 && c != ',' && c != '\n') {
            if (c == '"') {
                quoted = true;
                readQuoted();
            } else if (c == '\r') {
                if (peek() == '\n' || peek() < 0) {
                    c = read();
                    continue;
                }
                throw SqlError.of("22P04", "unquoted carriage return found in data")
                        .withHint("Use quoted CSV field to represent carriage return.");
            } else {
                put(c);
            }
            c = read();
        }
        return c;
    }

    private void readQuoted() throws IOException {
        while (true) {
            int c = read();
            if (c < 0) {
                throw SqlError.of("22P04", "unterminated CSV quoted field");
            }
            if (c == '"') {
                if (peek() != '"') {
                    return;
                }
                read();
            }
            put(c);
        }
    }

    private void put(int c) {
        if (field.size() == MAX_FIELD_BYTES) {
            throw SqlError.of("54000", "CSV field is longer than " + MAX_FIELD_BYTES + " bytes");
        }
        field.write(c);
    }

    private String takeField() {
        if (field.size() == 0) {
            return quoted ? "" : null;
        }
        byte[] bytes = field.toByteArray();
        field.reset();
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .onMalformedInput(CodingErrorAction.REPORT)
                    .onUnmappableCharacter(CodingErrorAction.REPORT)
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw SqlError.of("22021", "invalid byte sequence for encoding \"UTF8\"");
        }
    }

    private void skipByteOrderMark() throws IOException {
        if (peek() == 0xEF && end - at >= 3 && buffer[at + 1] == (byte) 0xBB && buffer[at + 2] == (byte) 0xBF) {
            at += 3;
        }
    }

    private int peek() throws IOException {
        if (at == end) {
            end = Math.max(0, in.read(buffer));
            at = 0;
        }
        return at == end ? -1 : buffer[at] & 0xFF;
    }

    private int read() throws IOException {
        int c = peek();
        if (c >= 0) {
            at++;
        }
        if (c == '\n') {
            line++;
        }
        return c;
    }
}
