package dev.palimpsest.sql.parser;

import java.util.List;

/** A statement that returns rows. Immutable; lists are empty and expressions null where a clause isn't written. */
public sealed interface Query extends Statement {
    Ordering ordering();

    /** {@code from} may be null. An empty list of items is legal, as in PostgreSQL. */
    record Select(
            boolean distinct,
            List<SelectItem> items,
            FromItem from,
            Expression where,
            List<Expression> groupBy,
            Expression having,
            Ordering ordering,
            int location)
            implements Query {
        public Select {
            items = List.copyOf(items);
            groupBy = List.copyOf(groupBy);
        }
    }

    /** Rows of equal length, at least one. */
    record Values(List<List<Expression>> rows, Ordering ordering, int location) implements Query {
        public Values {
            rows = List.copyOf(rows);
        }
    }

    /** What may follow every query: ORDER BY, LIMIT or FETCH FIRST, OFFSET (both may be null; LIMIT ALL is null too), FOR UPDATE. */
    record Ordering(List<OrderItem> orderBy, Expression limit, Expression offset, List<Locking> locking) {
        static final Ordering NONE = new Ordering(List.of(), null, null, List.of());

        public Ordering {
            orderBy = List.copyOf(orderBy);
            locking = List.copyOf(locking);
        }
    }

    /** A locking clause; {@code of} is empty for all tables. FOR READ ONLY is none at all. */
    record Locking(LockStrength strength, List<QualifiedName> of, LockWait waiting, int location) {
        public Locking {
            of = List.copyOf(of);
        }
    }

    /** FOR …, weakest first. */
    enum LockStrength {
        KEY_SHARE,
        SHARE,
        NO_KEY_UPDATE,
        UPDATE;

        /** The clause, for example {@code FOR NO KEY UPDATE}. */
        public String sql() {
            return "FOR " + name().replace('_', ' ');
        }
    }

    /** What to do about a row that another one has locked; of several clauses for a table the last in this order counts. */
    enum LockWait {
        BLOCK,
        SKIP_LOCKED,
        NOWAIT
    }

    /** {@code nullsFirst} is settled: by default nulls are last ascending, first descending. */
    record OrderItem(Expression expression, boolean descending, boolean nullsFirst, int location) {}

    /** One item of a select list. */
    sealed interface SelectItem {
        int location();
    }

    /** {@code *}, or {@code relation.*}; relation may be null. */
    record Star(QualifiedName relation, int location) implements SelectItem {}

    /** An expression; {@code alias} is null unless written ({@link ColumnLabels} then names the column). */
    record Output(Expression expression, String alias, int location) implements SelectItem {
        /** The name of the output column. */
        public String label() {
            return alias == null ? ColumnLabels.of(expression) : alias;
        }
    }

    /** What rows come from. {@code alias} is null unless written. */
    sealed interface FromItem {
        String alias();

        int location();
    }

    record FromTable(QualifiedName table, String alias, int location) implements FromItem {}

    record FromFunction(Expression.FunctionCall call, String alias, int location) implements FromItem {}
}
