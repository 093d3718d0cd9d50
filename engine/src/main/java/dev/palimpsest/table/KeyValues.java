package dev.palimpsest.table;

import dev.palimpsest.api.Column;
import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Row;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.catalog.IndexInfo;
import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** The values of one end of a foreign key in one row, in the order of the key's columns. Immutable. */
final class KeyValues {
    private final List<String> names = new ArrayList<>();
    private final List<Object> values = new ArrayList<>();

    private KeyValues() {}

    static KeyValues of(Row row, List<Integer> columns) {
        KeyValues key = new KeyValues();
        for (int column : columns) {
            key.names.add(row.schema().columns().get(column).name());
            key.values.add(row.value(column));
        }
        return key;
    }

    boolean hasNull() {
        return values.contains(null);
    }

    Object value(int i) {
        return values.get(i);
    }

    /** The same to the last digit: numeric 1.0 isn't 1.00. */
    boolean isIdentical(KeyValues other) {
        for (int i = 0; i < values.size(); i++) {
            Object a = values.get(i);
            Object b = other.values.get(i);
            boolean same = a instanceof byte[] x && b instanceof byte[] y
                    ? Arrays.equals(x, y)
                    : a == null ? b == null : a.equals(b);
            if (!same) {
                return false;
            }
        }
        return true;
    }

    /** Equal as SQL has it, of one type; two NULLs count as equal. */
    boolean isEqual(KeyValues other) {
        for (int i = 0; i < values.size(); i++) {
            if (!isEqual(values.get(i), other.values.get(i))) {
                return false;
            }
        }
        return true;
    }

    private static boolean isEqual(Object a, Object b) {
        if (a == null || b == null) {
            return a == b;
        }
        if (a instanceof BigDecimal x && b instanceof BigDecimal y) {
            return x.compareTo(y) == 0;
        }
        if (a instanceof Double x && b instanceof Double y) {
            return (double) x == y || x.isNaN() && y.isNaN();
        }
        return a instanceof byte[] x && b instanceof byte[] y ? Arrays.equals(x, y) : a.equals(b);
    }

    /**
     * The referencing side's values in the referenced columns' types: to which there are implicit casts. Loses nothing but a numeric's digits
     * where the other is double precision, as the comparison in PostgreSQL does.
     *
     * @return null if no row of the referenced table can have these
     */
    KeyValues asReferenced(TableSchema referenced, List<Integer> columns) {
        KeyValues key = new KeyValues();
        for (int i = 0; i < columns.size(); i++) {
            Column column = referenced.columns().get(columns.get(i));
            Object value = in(column.type().kind(), values.get(i));
            if (value == null || !fits(column.type(), value)) {
                return null;
            }
            key.names.add(column.name());
            key.values.add(value);
        }
        return key;
    }

    /** Do these, of the referencing side, refer to a row with those? */
    boolean isReferenceTo(KeyValues referenced, TableSchema table, List<Integer> columns) {
        if (hasNull()) {
            return false;
        }
        KeyValues converted = asReferenced(table, columns);
        return converted != null && converted.isEqual(referenced);
    }

    /** @return null for one that the type has no value for */
    static Object in(ColumnType.Kind kind, Object value) {
        boolean integer = value instanceof Long || value instanceof Integer || value instanceof Short;
        return switch (kind) {
            case SMALLINT, INTEGER, BIGINT -> {
                long number = ((Number) value).longValue();
                long most = switch (kind) {
                    case SMALLINT -> Short.MAX_VALUE;
                    case INTEGER -> Integer.MAX_VALUE;
                    default -> Long.MAX_VALUE;
                };
                boolean outside = number > most || number < -most - 1;
                yield outside
                        ? null
                        : kind == ColumnType.Kind.BIGINT
                                ? (Object) number
                                : kind == ColumnType.Kind.INTEGER ? (Object) (int) number : (Object) (short) number;
            }
            case NUMERIC -> integer ? BigDecimal.valueOf(((Number) value).longValue()) : value;
            case DOUBLE -> ((Number) value).doubleValue();
            default -> value;
        };
    }

    static boolean isInteger(ColumnType.Kind kind) {
        return kind == ColumnType.Kind.SMALLINT || kind == ColumnType.Kind.INTEGER || kind == ColumnType.Kind.BIGINT;
    }

    private static boolean fits(ColumnType type, Object value) {
        if (type.length() == 0) {
            return true;
        }
        if (value instanceof BigDecimal number) {
            BigDecimal exact = number.signum() == 0 ? BigDecimal.ZERO : number.stripTrailingZeros();
            return exact.scale() <= type.scale() && exact.precision() - exact.scale() <= type.length() - type.scale();
        }
        String text = (String) value;
        return text.codePointCount(0, text.length()) <= type.length();
    }

    /**
     * The values in the order of an index's leading columns.
     *
     * @param columns the positions of the columns that these are the values of
     */
    List<Object> inOrderOf(IndexInfo index, List<Integer> columns) {
        List<Object> ordered = new ArrayList<>();
        for (int column : index.columns().subList(0, columns.size())) {
            ordered.add(values.get(columns.indexOf(column)));
        }
        return ordered;
    }

    /** {@code (a, b)=(1, x)}. */
    @Override
    public String toString() {
        return "(" + String.join(", ", names) + ")=("
                + String.join(", ", values.stream().map(Values::text).toList()) + ")";
    }
}
