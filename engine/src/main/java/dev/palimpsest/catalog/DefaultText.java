package dev.palimpsest.catalog;

import dev.palimpsest.api.Column;
import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.tuple.Datums;
import java.math.BigDecimal;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Map;

/**
 * Column defaults as text in pg_attribute: {@code now()}, {@code nextval:} and a sequence's oid, or {@code =} and the constant. Stateless.
 */
final class DefaultText {
    private static final String NOW = "now()";
    private static final String NEXT_VALUE = "nextval:";
    private static final String CONSTANT = "=";

    private DefaultText() {}

    /**
     * Null for no default.
     *
     * @param sequence the oid of the sequence of a {@code NextValue}
     */
    static String of(Column.DefaultValue value, int sequence) {
        if (value == null) {
            return null;
        }
        if (value instanceof Column.NextValue) {
            return NEXT_VALUE + sequence;
        }
        return value instanceof Column.Constant constant ? CONSTANT + text(constant.value()) : NOW;
    }

    /** The sequence that a default takes values from; 0 for another default. */
    static int sequence(String text) {
        return text != null && text.startsWith(NEXT_VALUE) ? Integer.parseInt(text.substring(NEXT_VALUE.length())) : 0;
    }

    /** @param sequenceNames by oid */
    static Column.DefaultValue parse(ColumnType type, String text, Map<Integer, String> sequenceNames) {
        if (text == null) {
            return null;
        }
        if (text.equals(NOW)) {
            return new Column.CurrentTimestamp();
        }
        try {
            if (text.startsWith(NEXT_VALUE)) {
                String name = sequenceNames.get(sequence(text));
                if (name == null) {
                    throw new IllegalArgumentException("no such sequence");
                }
                return new Column.NextValue(name);
            }
            return new Column.Constant(constant(type, text.substring(CONSTANT.length())));
        } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
            throw new StoppedException(
                    SqlState.DATA_CORRUPTED,
                    "invalid default in the catalog",
                    "type=" + type.sqlName() + " attdefault=" + text,
                    null,
                    e);
        }
    }

    private static String text(Object value) {
        if (value instanceof byte[] bytes) {
            return HexFormat.of().formatHex(bytes);
        }
        if (value instanceof Instant instant) {
            return Long.toString(Datums.micros(instant));
        }
        return value.toString();
    }

    private static Object constant(ColumnType type, String text) {
        return switch (type.kind()) {
            case BOOLEAN -> Boolean.valueOf(text);
            case SMALLINT -> Short.valueOf(text);
            case INTEGER -> Integer.valueOf(text);
            case BIGINT -> Long.valueOf(text);
            case DOUBLE -> Double.valueOf(text);
            case NUMERIC -> new BigDecimal(text);
            case TEXT, VARCHAR -> text;
            case BYTEA -> HexFormat.of().parseHex(text);
            case TIMESTAMPTZ -> Datums.instant(Long.parseLong(text));
        };
    }
}
