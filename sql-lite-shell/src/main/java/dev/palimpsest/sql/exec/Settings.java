package dev.palimpsest.sql.exec;

import dev.palimpsest.api.DatabaseOptions;
import dev.palimpsest.api.IsolationLevel;
import dev.palimpsest.api.Timeouts;
import dev.palimpsest.sql.plan.SqlError;
import dev.palimpsest.sql.plan.Version;
import java.math.BigDecimal;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A session's settings: those that change what it does, and those that clients set and nobody minds. Values are kept as SHOW prints
 * them. Immutable: a change makes new ones, so that a savepoint keeps them at no cost.
 */
final class Settings {
    /** What kind of value a setting takes. */
    private enum Kind {
        TEXT,
        BOOLEAN,
        MILLIS,
        KILOBYTES,
        /** {@code vacuum_cost_delay}: milliseconds with fractions. */
        COST_DELAY,
        /** {@code vacuum_cost_limit}. */
        COST_LIMIT,
        ISOLATION,
        UTC,
        /** One value only, which may be set. */
        FIXED,
        READ_ONLY,
        /** About how PostgreSQL plans and tunes: taken, shown, without effect. */
        IGNORED
    }

    private record Definition(Kind kind, String initial) {}

    /** What PostgreSQL's tools and tests set, with PostgreSQL's values. */
    private static final String IGNORED =
            "check_function_bodies=on cpu_tuple_cost=0.01 default_table_access_method=heap"
                    + " enable_bitmapscan=on enable_hashjoin=on enable_indexonlyscan=on enable_indexscan=on enable_mergejoin=on"
                    + " enable_nestloop=on enable_seqscan=on enable_sort=on force_parallel_mode=off intervalstyle=postgres"
                    + " max_parallel_workers_per_gather=2 min_parallel_table_scan_size=8MB parallel_setup_cost=1000"
                    + " parallel_tuple_cost=0.1 random_page_cost=4 row_security=on seq_page_cost=1 xmloption=content";

    private static final Map<String, Definition> DEFINITIONS = new TreeMap<>();

    static {
        define(Kind.ISOLATION, "default_transaction_isolation", "read committed");
        define(Kind.BOOLEAN, "default_transaction_read_only", "off");
        define(Kind.BOOLEAN, "synchronous_commit", "on");
        define(Kind.MILLIS, "lock_timeout", "0");
        define(Kind.MILLIS, "statement_timeout", "0");
        define(Kind.MILLIS, "deadlock_timeout", "0"); // looks at once; PostgreSQL's is 1s
        define(Kind.KILOBYTES, "work_mem", "64MB");
        define(Kind.KILOBYTES, "maintenance_work_mem", "64MB");
        define(Kind.COST_DELAY, "vacuum_cost_delay", "0");
        define(Kind.COST_LIMIT, "vacuum_cost_limit", "200");
        define(Kind.TEXT, "application_name", "");
        define(Kind.TEXT, "search_path", "\"$user\", public");
        define(Kind.TEXT, "client_min_messages", "notice");
        define(Kind.TEXT, "extra_float_digits", "1");
        define(Kind.TEXT, "bytea_output", "hex");
        define(Kind.UTC, "timezone", "UTC");
        define(Kind.FIXED, "client_encoding", "UTF8");
        define(Kind.FIXED, "datestyle", "ISO, MDY");
        define(Kind.FIXED, "standard_conforming_strings", "on");
        define(Kind.FIXED, "idle_in_transaction_session_timeout", "0");
        define(Kind.READ_ONLY, "server_version", Version.SERVER_VERSION);
        define(Kind.READ_ONLY, "server_version_num", "150000");
        define(Kind.READ_ONLY, "server_encoding", "UTF8");
        define(Kind.READ_ONLY, "integer_datetimes", "on");
        define(Kind.READ_ONLY, "is_superuser", "on");
        define(Kind.READ_ONLY, "in_hot_standby", "off");
        define(Kind.READ_ONLY, "session_authorization", "palimpsest");
        for (String name : IGNORED.split(" ")) {
            String[] parts = name.split("=");
            define(Kind.IGNORED, parts[0], parts[1]);
        }
    }

    private static final Map<String, String> MILLI_UNITS =
            Map.of("us", "0.001", "ms", "1", "s", "1000", "min", "60000", "h", "3600000", "d", "86400000");
    private static final String MILLI_HINT = "\"us\", \"ms\", \"s\", \"min\", \"h\", and \"d\"";
    private static final Map<String, String> KILOBYTE_UNITS =
            Map.of("B", "0.0009765625", "kB", "1", "MB", "1024", "GB", "1048576", "TB", "1073741824");
    private static final Pattern QUANTITY = Pattern.compile("(-?[0-9]+(?:\\.[0-9]+)?)\\s*([A-Za-z]*)");

    /** Without a database. */
    static final Settings INITIAL = new Settings(Map.of(), Map.of());

    private final Map<String, String> values;

    /** What no session can change, see {@link DatabaseSettings}. */
    private final Map<String, String> database;

    /** Read by every statement; follow {@link #values}. */
    private final Timeouts timeouts;

    private final long workMemoryBytes;

    private Settings(Map<String, String> values, Map<String, String> database) {
        this.values = Map.copyOf(values);
        this.database = database;
        timeouts = new Timeouts(nanos("lock_timeout"), nanos("statement_timeout"), nanos("deadlock_timeout"));
        workMemoryBytes = quantity("work_mem", show("work_mem"), KILOBYTE_UNITS, "") * 1024;
    }

    private long nanos(String name) {
        return quantity(name, show(name), MILLI_UNITS, "") * 1_000_000;
    }

    private Settings with(String name, String value) {
        Map<String, String> changed = new HashMap<>(values);
        if (value == null) {
            changed.remove(name);
        } else {
            changed.put(name, value);
        }
        return new Settings(changed, database);
    }

    /** A new session's. */
    static Settings initial(DatabaseOptions options) {
        return new Settings(Map.of(), DatabaseSettings.of(options));
    }

    private static void define(Kind kind, String name, String initial) {
        DEFINITIONS.put(name, new Definition(kind, initial));
    }

    /** @throws SqlError 42704 */
    String show(String name) {
        String value = values.getOrDefault(key(name), database.get(key(name)));
        return value != null ? value : definition(name).initial();
    }

    /** Whether SHOW knows it. */
    boolean has(String name) {
        return values.containsKey(key(name)) || database.containsKey(key(name)) || DEFINITIONS.containsKey(key(name));
    }

    Map<String, String> all() {
        Map<String, String> all = new TreeMap<>(values);
        all.putAll(database);
        DEFINITIONS.keySet().forEach(name -> all.put(name, show(name)));
        return all;
    }

    private static String key(String name) {
        return name.toLowerCase(Locale.ROOT);
    }

    private static Definition definition(String name) {
        Definition definition = DEFINITIONS.get(key(name));
        if (definition == null) {
            throw SqlError.of("42704", "unrecognized configuration parameter \"" + name + "\"");
        }
        return definition;
    }

    /** @throws SqlError 42704, 55P02 */
    Settings reset(String name) {
        checkSessions(name);
        if (!isCustom(name) && definition(name).kind() == Kind.READ_ONLY) {
            throw SqlError.of("55P02", "parameter \"" + name + "\" cannot be changed");
        }
        return with(key(name), isCustom(name) && values.containsKey(key(name)) ? "" : null);
    }

    /**
     * @param given empty for the default
     * @throws SqlError 42704, 22023, 55P02, 0A000
     */
    Settings set(String name, List<String> given) {
        if (given.isEmpty()) {
            return reset(name);
        }
        checkSessions(name);
        String value = String.join(", ", given);
        return with(key(name), isCustom(name) ? value : checked(name, definition(name), value));
    }

    private void checkSessions(String name) {
        if (database.containsKey(key(name))) {
            throw SqlError.of("55P02", "parameter \"" + name + "\" cannot be changed now");
        }
    }

    /** A name with a dot is anybody's own: it takes any text. */
    private static boolean isCustom(String name) {
        return name.indexOf('.') > 0;
    }

    private static String checked(String name, Definition definition, String value) {
        switch (definition.kind()) {
            case BOOLEAN:
                return parseBoolean(name, value) ? "on" : "off";
            case MILLIS:
                return milliseconds(name, value);
            case KILOBYTES:
                return kilobytes(name, value);
            case COST_DELAY:
                return costDelay(name, value);
            case COST_LIMIT:
                return costLimit(name, value);
            case ISOLATION:
                return isolation(name, value).sqlName();
            case UTC:
                if (!value.equalsIgnoreCase("UTC")
                        && !value.equalsIgnoreCase("GMT")
                        && !value.equals("0")
                        && !value.equalsIgnoreCase("Etc/UTC")) {
                    throw SqlError.of("0A000", "time zones other than UTC are not supported yet");
                }
                return "UTC";
            case FIXED:
                return fixed(name, definition, value);
            case READ_ONLY:
                throw SqlError.of("55P02", "parameter \"" + name + "\" cannot be changed");
            default:
                return value;
        }
    }

    private static String fixed(String name, Definition definition, String value) {
        String first = definition.initial().replaceAll(",.*", "");
        boolean same = value.replace("-", "").replaceAll(",.*", "").equalsIgnoreCase(first)
                || first.equals("on") && Boolean.TRUE.equals(booleanOrNull(value));
        if (!same) {
            throw SqlError.of("0A000", "parameter \"" + name + "\" can only be \"" + definition.initial() + "\"");
        }
        return definition.initial();
    }

    private static Boolean booleanOrNull(String value) {
        switch (value.toLowerCase(Locale.ROOT)) {
            case "on":
            case "true":
            case "yes":
            case "1":
            case "local":
            case "remote_write":
            case "remote_apply":
                return true;
            case "off":
            case "false":
            case "no":
            case "0":
                return false;
            default:
                return null;
        }
    }

    private static boolean parseBoolean(String name, String value) {
        Boolean parsed = booleanOrNull(value);
        if (parsed == null && name.equals("synchronous_commit")) {
            throw SqlError.of("22023", "invalid value for parameter \"" + name + "\": \"" + value + "\"")
                    .withHint("Available values: local, remote_write, remote_apply, on, off.");
        }
        if (parsed == null) {
            throw SqlError.of("22023", "parameter \"" + name + "\" requires a Boolean value");
        }
        return parsed;
    }

    private static long quantity(String name, String value, Map<String, String> units, String hint) {
        return (long) Math.rint(fraction(name, value, units, hint));
    }

    private static double fraction(String name, String value, Map<String, String> units, String hint) {
        Matcher matcher = QUANTITY.matcher(value.strip());
        String factor = matcher.matches() ? matcher.group(2).isEmpty() ? "1" : units.get(matcher.group(2)) : null;
        if (factor == null) {
            SqlError e = SqlError.of("22023", "invalid value for parameter \"" + name + "\": \"" + value + "\"");
            throw matcher.matches() ? e.withHint("Valid units for this parameter are " + hint + ".") : e;
        }
        double quantity = Double.parseDouble(matcher.group(1)) * Double.parseDouble(factor);
        if (Math.abs(Math.rint(quantity)) > Integer.MAX_VALUE) {
            throw SqlError.of("22023", "invalid value for parameter \"" + name + "\": \"" + value + "\"")
                    .withHint("Value exceeds integer range.");
        }
        return quantity;
    }

    private static SqlError outside(String name, String value, String range) {
        return SqlError.of(
                "22023", value + " is outside the valid range for parameter \"" + name + "\" (" + range + ")");
    }

    private static String costDelay(String name, String value) {
        double millis = fraction(name, value, MILLI_UNITS, MILLI_HINT);
        if (millis < 0 || millis > 100) {
            throw outside(name, BigDecimal.valueOf(millis).stripTrailingZeros().toPlainString() + " ms", "0 .. 100");
        }
        return fractionalMillis(millis);
    }

    static String fractionalMillis(double millis) {
        return millis == Math.rint(millis) ? millis((long) millis) : Math.round(millis * 1000) + "us";
    }

    private static String costLimit(String name, String value) {
        long limit = quantity(name, value, Map.of(), "");
        if (limit < 1 || limit > 10_000) {
            throw outside(name, String.valueOf(limit), "1 .. 10000");
        }
        return String.valueOf(limit);
    }

    private static String milliseconds(String name, String value) {
        long millis = quantity(name, value, MILLI_UNITS, MILLI_HINT);
        long least = name.equalsIgnoreCase("deadlock_timeout") ? 1 : 0;
        if (millis < least) {
            throw outside(name, millis + " ms", least + " .. 2147483647");
        }
        return millis(millis);
    }

    static String millis(long millis) {
        if (millis == 0) {
            return "0";
        }
        for (String unit : List.of("d", "h", "min", "s")) {
            long factor = Long.parseLong(MILLI_UNITS.get(unit));
            if (millis % factor == 0) {
                return millis / factor + unit;
            }
        }
        return millis + "ms";
    }

    private static String kilobytes(String name, String value) {
        long kilobytes = quantity(name, value, KILOBYTE_UNITS, "\"B\", \"kB\", \"MB\", \"GB\", and \"TB\"");
        int least = name.equalsIgnoreCase("maintenance_work_mem") ? 1024 : 64;
        if (kilobytes < least) {
            throw outside(name, kilobytes + " kB", least + " .. 2147483647");
        }
        return kilobytes(kilobytes);
    }

    static String kilobytes(long kilobytes) {
        return kilobytes % 1024 == 0 ? kilobytes / 1024 + "MB" : kilobytes + "kB";
    }

    static IsolationLevel isolation(String name, String value) {
        switch (value.toLowerCase(Locale.ROOT)) {
            case "read uncommitted":
            case "read committed":
                return IsolationLevel.READ_COMMITTED;
            case "repeatable read":
                return IsolationLevel.REPEATABLE_READ;
            case "serializable":
                throw serializable();
            default:
                throw SqlError.of("22023", "invalid value for parameter \"" + name + "\": \"" + value + "\"")
                        .withHint("Available values: serializable, repeatable read, read committed, read uncommitted.");
        }
    }

    static SqlError serializable() {
        return SqlError.of("0A000", "isolation level SERIALIZABLE is not supported yet")
                .withHint("Use REPEATABLE READ.");
    }

    IsolationLevel defaultIsolation() {
        return isolation("default_transaction_isolation", show("default_transaction_isolation"));
    }

    boolean defaultReadOnly() {
        return show("default_transaction_read_only").equals("on");
    }

    boolean synchronousCommit() {
        return show("synchronous_commit").equals("on");
    }

    Timeouts timeouts() {
        return timeouts;
    }

    double vacuumCostDelayMillis() {
        return fraction("vacuum_cost_delay", show("vacuum_cost_delay"), MILLI_UNITS, "");
    }

    int vacuumCostLimit() {
        return Integer.parseInt(show("vacuum_cost_limit"));
    }

    long maintenanceWorkMemoryBytes() {
        return quantity("maintenance_work_mem", show("maintenance_work_mem"), KILOBYTE_UNITS, "") * 1024;
    }

    long workMemoryBytes() {
        return workMemoryBytes;
    }
}
