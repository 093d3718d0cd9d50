package dev.palimpsest.btree;

/**
 * How one column goes into an index's keys. Immutable.
 *
 * @param type what is encoded
 * @param nullable a nullable column takes a byte more a key
 * @param descending larger values, and NULLs, first
 */
public record KeyColumn(KeyType type, boolean nullable, boolean descending) {
    public KeyColumn(KeyType type) {
        this(type, true, false);
    }
}
