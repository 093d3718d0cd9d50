package dev.palimpsest.btree;

/** The kinds of value that a key can hold, each with PostgreSQL's default order (text in the C collation). */
public enum KeyType {
    BOOLEAN,
    INT16,
    INT32,
    INT64,
    FLOAT8,
    NUMERIC,
    TEXT,
    BYTEA,
    /** Microseconds since the epoch. */
    TIMESTAMPTZ
}
