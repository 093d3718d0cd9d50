package dev.palimpsest.wal;

/** Who wrote a record and redoes it. The codes are on disk. Source of the idea: PostgreSQL, {@code rmgrlist.h}. */
public enum ResourceManagerId {
    /** Checkpoints and the log's own records. */
    CONTROL(0),
    /** Commits, aborts, xid hand-out. */
    TRANSACTION(1),
    HEAP(2),
    BTREE(3),
    /** Creating and dropping relation files, handing out file numbers. */
    STORAGE(4),
    BIG_VALUE(5),
    SEQUENCE(6),
    FREE_SPACE(7),
    /** Cutting off the tail of relation files. */
    TRUNCATION(8);

    private static final ResourceManagerId[] BY_CODE = values();

    private final int code;

    ResourceManagerId(int code) {
        this.code = code;
        assert code == ordinal() : "codes follow the order of declaration";
    }

    public int code() {
        return code;
    }

    /** The resource manager with this code, or null: bytes from disk may hold anything. */
    public static ResourceManagerId of(int code) {
        return code >= 0 && code < BY_CODE.length ? BY_CODE[code] : null;
    }
}
