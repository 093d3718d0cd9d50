package dev.palimpsest.sql.plan;

/** What an expression's columns are read from. Columns are numbered from 0; system columns have numbers of their own. */
@FunctionalInterface
public interface Tuple {
    int CTID = -1;
    int XMIN = -2;
    int XMAX = -3;

    /** For expressions without columns. */
    Tuple NONE = column -> {
        throw new AssertionError("a constant expression reads column=" + column);
    };

    /** The value in the class that {@link SqlType} says, null for NULL. */
    Object get(int column);
}
