package dev.palimpsest.catalog;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.UsageException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * A table's storage parameters: checked, as texts and as numbers. A parameter that isn't set reads as null. Immutable.
 *
 * <p>Source of names, bounds and messages: PostgreSQL, {@code reloptions.c}.
 */
public final class StorageParameters {
    /** None is set. */
    public static final StorageParameters NONE = new StorageParameters(Map.of());

    private enum Kind {
        BOOLEAN,
        INTEGER,
        REAL,
        CLEANUP
    }

    private record Definition(Kind kind, double min, double max) {}

    private static final Map<String, Definition> KNOWN = known();

    private final Map<String, String> texts;

    private StorageParameters(Map<String, String> texts) {
        this.texts = texts;
    }

    private static Map<String, Definition> known() {
        Map<String, Definition> known = new LinkedHashMap<>();
        known.put("fillfactor", new Definition(Kind.INTEGER, 10, 100));
        known.put("autovacuum_enabled", new Definition(Kind.BOOLEAN, 0, 0));
        known.put("autovacuum_vacuum_threshold", new Definition(Kind.INTEGER, 0, Integer.MAX_VALUE));
        known.put("autovacuum_vacuum_scale_factor", new Definition(Kind.REAL, 0, 100));
        known.put("autovacuum_vacuum_insert_threshold", new Definition(Kind.INTEGER, -1, Integer.MAX_VALUE));
        known.put("autovacuum_vacuum_insert_scale_factor", new Definition(Kind.REAL, 0, 100));
        known.put("autovacuum_vacuum_cost_delay", new Definition(Kind.REAL, 0, 100));
        known.put("autovacuum_vacuum_cost_limit", new Definition(Kind.INTEGER, 1, 10_000));
        known.put("vacuum_truncate", new Definition(Kind.BOOLEAN, 0, 0));
        known.put("vacuum_index_cleanup", new Definition(Kind.CLEANUP, 0, 0));
        return known;
    }

    /**
     * @param texts values by name
     * @throws UsageException 22023 for an unknown name or a bad value
     */
    public static StorageParameters of(Map<String, String> texts) {
        if (texts.isEmpty()) {
            return NONE;
        }
        texts.forEach(StorageParameters::check);
        return new StorageParameters(new TreeMap<>(texts));
    }

    /** These with changes: null as value resets one, also one that there isn't, as in PostgreSQL. */
    public StorageParameters with(Map<String, String> changes) {
        Map<String, String> changed = new TreeMap<>(texts);
        changes.forEach((name, value) -> {
            UsageException.required(name, "a storage parameter's name");
            if (value == null) {
                changed.remove(name);
            } else {
                changed.put(name, value);
            }
        });
        return of(changed);
    }

    /** By name; not to be changed. */
    public Map<String, String> texts() {
        return Collections.unmodifiableMap(texts);
    }

    // ---- as they are stored: name=value, separated by commas; no value that passes the check has one

    /** @return null for none */
    String stored() {
        return texts.isEmpty()
                ? null
                : String.join(
                        ",",
                        texts.entrySet().stream()
                                .map(entry -> entry.getKey() + "=" + entry.getValue())
                                .toList());
    }

    /** @throws UsageException for what {@link #stored} can't have made */
    static StorageParameters parse(String stored) {
        if (stored == null) {
            return NONE;
        }
        Map<String, String> texts = new TreeMap<>();
        for (String pair : stored.split(",")) {
            int equals = pair.indexOf('=');
            texts.put(pair.substring(0, Math.max(0, equals)), pair.substring(equals + 1));
        }
        return of(texts);
    }

    // ---- as values; null for one that isn't set

    public Boolean flag(String name) {
        String text = texts.get(name);
        return text == null ? null : parseBoolean(text);
    }

    public Integer integer(String name) {
        Double value = real(name);
        return value == null ? null : (int) Math.rint(value);
    }

    public Double real(String name) {
        String text = texts.get(name);
        return text == null ? null : parseReal(text);
    }

    /** {@code vacuum_index_cleanup}: null for auto. */
    public Boolean indexCleanup() {
        String text = texts.get("vacuum_index_cleanup");
        return text == null || text.equalsIgnoreCase("auto") ? null : parseBoolean(text);
    }

    // ---- checks

    private static Definition definition(String name) {
        Definition known = KNOWN.get(name);
        if (known == null) {
            throw bad("unrecognized parameter \"" + name + "\"", null);
        }
        return known;
    }

    private static void check(String name, String text) {
        Definition definition = definition(name);
        UsageException.required(text, "the value of \"" + name + "\"");
        switch (definition.kind) {
            case BOOLEAN -> {
                if (parseBoolean(text) == null) {
                    throw bad("invalid value for boolean option \"" + name + "\": " + text, null);
                }
            }
            case CLEANUP -> {
                if (!text.equalsIgnoreCase("auto") && parseBoolean(text) == null) {
                    throw bad(
                            "invalid value for enum option \"" + name + "\": " + text,
                            "Valid values are \"on\", \"off\", and \"auto\".");
                }
            }
            case INTEGER -> {
                Double value = parseReal(text);
                if (value == null || Math.abs(value) > Integer.MAX_VALUE) {
                    throw bad("invalid value for integer option \"" + name + "\": " + text, null);
                }
                checkBounds(name, text, Math.rint(value), definition, "%.0f");
            }
            case REAL -> {
                Double value = parseReal(text);
                if (value == null) {
                    throw bad("invalid value for floating point option \"" + name + "\": " + text, null);
                }
                checkBounds(name, text, value, definition, "%f");
            }
        }
    }

    private static void checkBounds(String name, String text, double value, Definition bounds, String format) {
        if (!(value >= bounds.min && value <= bounds.max)) {
            String range = "Valid values are between \"" + format + "\" and \"" + format + "\".";
            throw bad(
                    "value " + text + " out of bounds for option \"" + name + "\"",
                    String.format(Locale.ROOT, range, bounds.min, bounds.max));
        }
    }

    /** A prefix of true, false, yes, no, on, off where it is unambiguous, or 1, 0. Source: PostgreSQL, parse_bool. */
    private static Boolean parseBoolean(String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        if (lower.isEmpty()) {
            return null;
        }
        if (lower.equals("1") || isPrefix(lower, "true") || isPrefix(lower, "yes") || lower.equals("on")) {
            return true;
        }
        boolean no = lower.equals("0") || isPrefix(lower, "false") || isPrefix(lower, "no");
        return no || lower.length() > 1 && isPrefix(lower, "off") ? false : null;
    }

    private static boolean isPrefix(String text, String of) {
        return of.startsWith(text);
    }

    /** Digits, a point, an exponent; not what else Java takes for a number. */
    private static Double parseReal(String text) {
        String trimmed = text.strip();
        if (trimmed.isEmpty() || !trimmed.chars().allMatch(c -> "0123456789+-.eE".indexOf(c) >= 0)) {
            return null;
        }
        try {
            return Double.valueOf(trimmed);
        } catch (NumberFormatException e) {
            return null;
        }
    }

    private static UsageException bad(String message, String detail) {
        return new UsageException(SqlState.INVALID_PARAMETER_VALUE, message, detail);
    }
}
