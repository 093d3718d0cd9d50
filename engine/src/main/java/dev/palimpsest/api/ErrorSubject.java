package dev.palimpsest.api;

import java.io.Serializable;

/**
 * What an error is about. Immutable.
 *
 * @param table its name, or null
 * @param constraint the violated constraint's name, or null
 * @param key the key or the row's place for people, for example {@code (id)=(42)} or {@code (0,7)}; or null
 * @param otherTransaction the transaction that stood in the way, 0 if none or unknown
 */
public record ErrorSubject(String table, String constraint, String key, long otherTransaction) implements Serializable {
    public static final ErrorSubject NONE = new ErrorSubject(null, null, null, 0);
}
