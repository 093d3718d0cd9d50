package dev.palimpsest.api;

/** Checks of the values of vacuum's settings, with PostgreSQL's message. Stateless. */
final class SettingRange {
    private SettingRange() {}

    static void check(String name, long value, long min, long max) {
        if (value < min || value > max) {
            throw outside(name, Long.toString(value), min + " .. " + max);
        }
    }

    static void checkReal(String name, double value, int min, int max) {
        if (!(value >= min && value <= max)) { // nor is NaN anywhere
            throw outside(name, Double.toString(value), min + " .. " + max);
        }
    }

    private static UsageException outside(String name, String value, String range) {
        return new UsageException(
                SqlState.INVALID_PARAMETER_VALUE,
                value + " is outside the valid range for parameter \"" + name + "\" (" + range + ")");
    }
}
