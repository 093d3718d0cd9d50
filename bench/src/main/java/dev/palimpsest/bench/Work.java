package dev.palimpsest.bench;

import java.util.Locale;

/**
 * One kind of work with its number of threads, written as in {@code read}, {@code rmw2}, {@code durable32}.
 *
 * @param threads how many threads do it at once, 1 where the name has no number
 */
record Work(Kind kind, int threads) {

    /** What is done; the unit is what one counted operation is. */
    enum Kind {
        READ("point read, a transaction each", "read"),
        RMW("read-modify-write, no sync", "transaction"),
        DURABLE("durable update", "transaction"),
        LOAD("bulk load, durable at the end", "row"),
        SCAN("full scan", "row");

        final String title;
        final String unit;

        Kind(String title, String unit) {
            this.title = title;
            this.unit = unit;
        }
    }

    static Work parse(String text) {
        String name = text.replaceAll("[0-9]+$", "");
        String digits = text.substring(name.length());
        try {
            Kind kind = Kind.valueOf(name.toUpperCase(Locale.ROOT));
            int threads = digits.isEmpty() ? 1 : Integer.parseInt(digits);
            if (threads < 1 || threads > 1_000 || (threads > 1 && kind == Kind.LOAD)) {
                throw new IllegalArgumentException("a number of threads that this work can't have");
            }
            return new Work(kind, threads);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "not a work: '" + text
                            + "' (known: read, rmw, durable, scan with an optional number of threads, load)",
                    e);
        }
    }

    /** The mode in which a store is open for this work. */
    Mode mode() {
        return kind == Kind.DURABLE ? Mode.DURABLE : Mode.NO_SYNC;
    }

    String title() {
        return kind.title + (threads == 1 ? ", 1 thread" : ", " + threads + " threads");
    }

    @Override
    public String toString() {
        return kind.name().toLowerCase(Locale.ROOT) + (threads == 1 ? "" : threads);
    }
}
