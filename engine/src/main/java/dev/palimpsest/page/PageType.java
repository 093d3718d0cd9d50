package dev.palimpsest.page;

/** What a page holds; the code is on disk, so codes are never reused. */
public enum PageType {
    HEAP(1),
    BTREE(2),
    FREE_SPACE_MAP(3),
    BIG_VALUE(4),
    SEQUENCE(5),
    BTREE_META(6),
    VISIBILITY_MAP(7);

    private static final PageType[] BY_CODE = {
        null, HEAP, BTREE, FREE_SPACE_MAP, BIG_VALUE, SEQUENCE, BTREE_META, VISIBILITY_MAP,
    };

    private final int code;

    PageType(int code) {
        this.code = code;
    }

    public int code() {
        return code;
    }

    /** The type with this code, or null if there is none. */
    public static PageType of(int code) {
        return code >= 0 && code < BY_CODE.length ? BY_CODE[code] : null;
    }
}
