package dev.palimpsest.api;

import java.io.Serializable;

/**
 * What an error is about. Immutable.
 *
 * @param table its name, or null
 * @param constraint the violated constraint's name, or null
 * @param key the violated key, or the row by its primary key, for people: {@code (id)=(42)}; by its place {@code (0,7)} where it has no
 *     primary key; or null
 * @param otherTransaction the transaction that stood in the way, 0 if none or unknown (who only holds locks has no transaction id)
 */
public record ErrorSubject(String table, String constraint, String key, long otherTransaction) implements Serializable {
    public static final ErrorSubject NONE = new ErrorSubject(null, null, null, 0);
}
