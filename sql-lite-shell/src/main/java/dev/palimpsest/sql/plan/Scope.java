package dev.palimpsest.sql.plan;

import dev.palimpsest.api.TableSchema;
import dev.palimpsest.sql.parser.Expression;
import java.util.List;

/**
 * The columns that expressions of a statement can name. Immutable.
 *
 * @param name the table's alias or name; null if there is no FROM
 * @param table the table's own name, where an alias hides it; else null
 * @param stored whether rows have xmin, xmax and ctid
 * @param excluded whether the columns can also be named of {@code excluded}, the row that ON CONFLICT didn't insert; they are numbered
 *     behind the others
 */
public record Scope(String name, String table, List<ScopeColumn> columns, boolean stored, boolean excluded) {
    private static final String EXCLUDED = "excluded";

    /** No columns at all. */
    public static final Scope EMPTY = new Scope(null, null, List.of(), false);

    public Scope {
        columns = List.copyOf(columns);
    }

    public Scope(String name, String table, List<ScopeColumn> columns, boolean stored) {
        this(name, table, columns, stored, false);
    }

    /** The same with {@code excluded}. */
    public Scope withExcluded() {
        return new Scope(name, table, columns, stored, true);
    }

    /** One column. */
    public record ScopeColumn(String name, SqlType type) {}

    /** @param alias null for none */
    public static Scope of(TableSchema schema, String alias) {
        List<ScopeColumn> columns = schema.columns().stream()
                .map(c -> new ScopeColumn(c.name(), SqlType.of(c.type())))
                .toList();
        return new Scope(alias == null ? schema.name() : alias, alias == null ? null : schema.name(), columns, true);
    }

    /** @return the position of a column, {@link Bound#NO_COLUMN} if there is none */
    public int indexOf(String column) {
        for (int i = 0; i < columns.size(); i++) {
            if (columns.get(i).name().equals(column)) {
                return i;
            }
        }
        if (stored) {
            switch (column) {
                case "ctid":
                    return Tuple.CTID;
                case "xmin":
                    return Tuple.XMIN;
                case "xmax":
                    return Tuple.XMAX;
                default:
            }
        }
        return Bound.NO_COLUMN;
    }

    SqlType typeOf(int column) {
        return column >= 0 ? columns.get(column).type() : column == Tuple.CTID ? SqlType.TID : SqlType.XID;
    }

    /** @throws SqlError 42703, 42P01 */
    Bound resolve(Expression.ColumnRef ref) {
        if (excluded
                && EXCLUDED.equals(
                        ref.relation() == null ? null : ref.relation().name())) {
            return resolveExcluded(ref);
        }
        if (ref.relation() != null) {
            checkRelation(ref.relation().name(), ref.location());
        }
        int column = indexOf(ref.name());
        if (column == Bound.NO_COLUMN) {
            if (ref.relation() == null && ref.name().equals(name)) {
                throw SqlError.unsupported(ref.location(), "a whole row as a value");
            }
            String shown = ref.relation() == null
                    ? "\"" + ref.name() + "\""
                    : ref.relation().name() + "." + ref.name();
            throw SqlError.at(ref.location(), "42703", "column " + shown + " does not exist");
        }
        if (excluded && ref.relation() == null && column >= 0) {
            throw SqlError.at(ref.location(), "42702", "column reference \"" + ref.name() + "\" is ambiguous");
        }
        return Bound.column(typeOf(column), column, ref);
    }

    private Bound resolveExcluded(Expression.ColumnRef ref) {
        int column = indexOf(ref.name());
        if (column < 0) {
            throw SqlError.at(ref.location(), "42703", "column excluded." + ref.name() + " does not exist");
        }
        return Bound.column(typeOf(column), columns.size() + column, ref);
    }

    /** @throws SqlError 42P01 if this isn't the relation's name here */
    public void checkRelation(String relation, int location) {
        if (relation.equals(name)) {
            return;
        }
        if (relation.equals(table)) {
            throw SqlError.at(
                            location, "42P01", "invalid reference to FROM-clause entry for table \"" + relation + "\"")
                    .withHint("Perhaps you meant to reference the table alias \"" + name + "\".");
        }
        throw SqlError.at(location, "42P01", "missing FROM-clause entry for table \"" + relation + "\"");
    }
}
