package dev.palimpsest.sql.plan;

import java.time.DateTimeException;
import java.time.Instant;
import java.time.LocalDateTime;
import java.time.OffsetDateTime;
import java.time.ZoneOffset;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** TIMESTAMPTZ as text in PostgreSQL's ISO style, in UTC. Stateless. */
final class TimestampText {
    private static final Pattern ISO = Pattern.compile("(\\d{4,6})-(\\d{1,2})-(\\d{1,2})"
            + "(?:[ tT]+(\\d{1,2}):(\\d{2})(?::(\\d{2})(?:\\.(\\d{1,9}))?)?)?"
            + "\\s*(?:([zZ]|[uU][tT][cC]|[gG][mM][tT])|([+-])(\\d{1,2})(?::?(\\d{2}))?)?\\s*([bB][cC])?");

    private TimestampText() {}

    static String format(Instant instant) {
        OffsetDateTime time = instant.atOffset(ZoneOffset.UTC);
        int year = time.getYear();
        StringBuilder text = new StringBuilder(29);
        text.append(String.format(
                Locale.ROOT,
                "%04d-%02d-%02d %02d:%02d:%02d",
                year > 0 ? year : 1 - year,
                time.getMonthValue(),
                time.getDayOfMonth(),
                time.getHour(),
                time.getMinute(),
                time.getSecond()));
        int micros = time.getNano() / 1000;
        if (micros != 0) {
            String fraction = String.format(Locale.ROOT, ".%06d", micros);
            int end = fraction.length();
            while (fraction.charAt(end - 1) == '0') {
                end--;
            }
            text.append(fraction, 0, end);
        }
        return text.append("+00").append(year > 0 ? "" : " BC").toString();
    }

    /** @param now what {@code 'now'} means */
    static Instant parse(String text, Instant now) {
        String trimmed = text.strip();
        switch (trimmed.toLowerCase(Locale.ROOT)) {
            case "now":
                return now;
            case "epoch":
                return Instant.EPOCH;
            case "infinity":
            case "-infinity":
                throw SqlError.unsupported(-1, "an infinite timestamp");
            default:
        }
        Matcher matcher = ISO.matcher(trimmed);
        if (!matcher.matches()) {
            throw SqlError.of("22007", "invalid input syntax for type timestamp with time zone: \"" + text + "\"");
        }
        try {
            return instant(matcher);
        } catch (DateTimeException e) {
            throw SqlError.of("22008", "date/time field value out of range: \"" + text + "\"");
        }
    }

    private static Instant instant(Matcher m) {
        int year = number(m, 1);
        int second = number(m, 6);
        int hour = number(m, 4);
        boolean midnight = hour == 24 && number(m, 5) == 0 && second == 0 && m.group(7) == null;
        LocalDateTime local = LocalDateTime.of(
                m.group(12) == null ? year : 1 - year,
                number(m, 2),
                number(m, 3),
                midnight ? 0 : hour,
                number(m, 5),
                second == 60 ? 59 : second,
                nanos(m.group(7)));
        if (year == 0) {
            throw new DateTimeException("year 0");
        }
        int offset = (number(m, 10) * 60 + number(m, 11)) * ("-".equals(m.group(9)) ? -60 : 60);
        return local.toInstant(ZoneOffset.ofTotalSeconds(offset))
                .plusSeconds((second == 60 ? 1 : 0) + (midnight ? 86_400 : 0));
    }

    /** Microseconds are kept; more digits are rounded. */
    private static int nanos(String fraction) {
        if (fraction == null) {
            return 0;
        }
        long nanos = Long.parseLong((fraction + "000000000").substring(0, 9));
        return (int) Math.min((nanos + 500) / 1000 * 1000, 999_999_000);
    }

    private static int number(Matcher m, int group) {
        return m.group(group) == null ? 0 : Integer.parseInt(m.group(group));
    }
}
