package dev.palimpsest.sql.plan;

/** Values to group by: NULLs are the same, so are numbers of different scale. Immutable if its array is. */
public record Key(Object[] values) {
    @Override
    public boolean equals(Object other) {
        if (!(other instanceof Key key) || key.values.length != values.length) {
            return false;
        }
        for (int i = 0; i < values.length; i++) {
            if (!Values.same(values[i], key.values[i])) {
                return false;
            }
        }
        return true;
    }

    @Override
    public int hashCode() {
        int hash = 1;
        for (Object value : values) {
            hash = 31 * hash + Values.hash(value);
        }
        return hash;
    }
}
