package dev.palimpsest.api;

/** PostgreSQL's eight table-level lock modes, weakest first. Their conflicts are those of its documentation, "Table-Level Locks". */
public enum TableLockMode {
    ACCESS_SHARE,
    ROW_SHARE,
    ROW_EXCLUSIVE,
    SHARE_UPDATE_EXCLUSIVE,
    SHARE,
    SHARE_ROW_EXCLUSIVE,
    EXCLUSIVE,
    ACCESS_EXCLUSIVE;

    /** As LOCK TABLE names it, for example {@code ACCESS SHARE}. */
    public String sql() {
        return name().replace('_', ' ');
    }
}
