package dev.palimpsest.sql.exec;

import dev.palimpsest.api.Database;
import dev.palimpsest.api.Row;
import dev.palimpsest.api.RowStream;
import dev.palimpsest.api.Scan;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.sql.plan.Aggregate;
import dev.palimpsest.sql.plan.Bound;
import dev.palimpsest.sql.plan.Grouping;
import dev.palimpsest.sql.plan.Key;
import dev.palimpsest.sql.plan.QueryPlan;
import dev.palimpsest.sql.plan.RowTuple;
import dev.palimpsest.sql.plan.SqlError;
import dev.palimpsest.sql.plan.Tuple;
import dev.palimpsest.sql.plan.Values;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.PriorityQueue;
import java.util.Set;

/** Runs query plans, row by row where the plan allows. One for each statement; not thread-safe. */
final class QueryExecutor {
    private final Database database;
    private final Transaction transaction;
    private final MemoryBudget memory;
    private final Interrupts interrupts;

    QueryExecutor(Database database, Transaction transaction, MemoryBudget memory, Interrupts interrupts) {
        this.database = database;
        this.transaction = transaction;
        this.memory = memory;
        this.interrupts = interrupts;
    }

    /** Rows to be closed. */
    interface Rows extends Iterator<Object[]>, AutoCloseable {
        @Override
        void close();
    }

    /** A row on its way to being sorted; {@code number} keeps the order of equal rows. */
    private record Sortable(Object[] values, Object[] keys, long number) {}

    Rows run(QueryPlan plan) {
        long offset = count(plan.offset(), 0, "2201X", "OFFSET");
        long limit = count(plan.limit(), Long.MAX_VALUE, "2201W", "LIMIT");
        if (limit == 0) {
            return rows(List.<Object[]>of().iterator(), () -> {});
        }
        if (plan.lock() != null) {
            if (transaction.options().readOnly()) {
                String sql = "SELECT " + plan.lock().mode().sql();
                throw SqlError.of("25006", "cannot execute " + sql + " in a read-only transaction");
            }
            return plan.sort().isEmpty() ? lockedInOrder(plan, offset, limit) : lockedWhenSorted(plan, offset, limit);
        }
        List<AutoCloseable> toClose = new ArrayList<>(1);
        Iterator<Tuple> tuples = input(plan, toClose);
        if (plan.grouping() != null) {
            tuples = group(plan, tuples);
        }
        Iterator<Object[]> result = project(plan, tuples, offset, limit);
        return rows(limited(result, offset, limit), () -> {
            for (AutoCloseable closeable : toClose) {
                ((RowStream) closeable).close();
            }
        });
    }

    /** The scan brings the rows in the order of output, so that it can lock them: no more than LIMIT and OFFSET let through. */
    private Rows lockedInOrder(QueryPlan plan, long offset, long limit) {
        Scan scan = scan(plan).lock(plan.lock().mode(), plan.lock().policy());
        boolean limited = limit <= Long.MAX_VALUE - offset && limit != Long.MAX_VALUE;
        RowStream stream =
                database.table(plan.table().name()).scan(transaction, limited ? scan.limit(limit + offset) : scan);
        Iterator<Object[]> rows = map(timed(stream), row -> evaluate(plan.outputs(), new RowTuple(row)));
        return rows(limited(rows, offset, limit), stream::close);
    }

    /** Each row may wait for its lock, all of them for no longer than the statement may take. */
    private Iterator<Row> timed(RowStream stream) {
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                interrupts.beforeWait();
                return stream.hasNext();
            }

            @Override
            public Row next() {
                return stream.next();
            }
        };
    }

    /**
     * Sorts first, then locks one by one as they are asked for. The order is that of the versions that were read: one that has changed since
     * stays in its place, as in PostgreSQL.
     */
    private Rows lockedWhenSorted(QueryPlan plan, long offset, long limit) {
        Scan scan = scan(plan).lockOnDemand(plan.lock().mode(), plan.lock().policy());
        RowStream stream = database.table(plan.table().name()).scan(transaction, scan);
        try {
            Iterator<Sortable> read = map(stream, row -> new Sortable(new Object[] {row}, lockKeys(plan, row), 0));
            Iterator<Sortable> sorted = sorted(plan.sort(), read, 0, Long.MAX_VALUE);
            Iterator<Row> locked = filter(
                    map(sorted, row -> {
                        interrupts.beforeWait();
                        return stream.lock((Row) row.values()[0]);
                    }),
                    java.util.Objects::nonNull);
            Iterator<Object[]> rows = map(locked, row -> evaluate(plan.outputs(), new RowTuple(row)));
            return rows(limited(rows, offset, limit), stream::close);
        } catch (RuntimeException | Error e) {
            stream.close();
            throw e;
        }
    }

    private static Object[] lockKeys(QueryPlan plan, Row row) {
        Tuple tuple = new RowTuple(row);
        Object[] keys = new Object[plan.sort().size()];
        for (int i = 0; i < keys.length; i++) {
            QueryPlan.SortKey key = plan.sort().get(i);
            Bound value = key.output() >= 0 ? plan.outputs().get(key.output()) : key.value();
            keys[i] = value.eval(tuple);
        }
        return keys;
    }

    private Scan scan(QueryPlan plan) {
        Bound where = plan.where();
        return plan.path().scan().where(row -> {
            interrupts.check();
            return where == null || where.isTrue(new RowTuple(row));
        });
    }

    private static long count(Bound bound, long missing, String sqlState, String name) {
        Object value = bound == null ? null : bound.constantValue();
        if (value == null) {
            return missing;
        }
        if ((Long) value < 0) {
            throw SqlError.of(sqlState, name + " must not be negative");
        }
        return (Long) value;
    }

    private Iterator<Tuple> input(QueryPlan plan, List<AutoCloseable> toClose) {
        if (plan.table() != null) {
            RowStream stream = database.table(plan.table().name()).scan(transaction, scan(plan));
            toClose.add(stream);
            return map(stream, RowTuple::new);
        }
        Iterator<Tuple> tuples;
        if (plan.values() != null) {
            tuples = map(
                    plan.values().iterator(),
                    row -> array(row.stream().map(Bound::constantValue).toArray()));
        } else if (plan.computed() != null) {
            tuples = map(plan.computed().rows().get(), QueryExecutor::array);
        } else {
            tuples = List.of(Tuple.NONE).iterator();
        }
        return filter(tuples, plan.where());
    }

    private static Tuple array(Object[] values) {
        return column -> values[column];
    }

    private Iterator<Tuple> group(QueryPlan plan, Iterator<Tuple> tuples) {
        Grouping grouping = plan.grouping();
        Map<Key, Aggregate.State[]> groups = new LinkedHashMap<>();
        boolean single = grouping.keys().isEmpty();
        if (single) {
            groups.put(new Key(new Object[0]), start(grouping));
        }
        while (tuples.hasNext()) {
            Tuple tuple = tuples.next();
            Object[] values = evaluate(grouping.keys(), tuple);
            Aggregate.State[] states = groups.computeIfAbsent(new Key(values), key -> {
                memory.add(sizeBytes(values) + 96 + 80L * grouping.aggregates().size());
                return start(grouping);
            });
            for (Aggregate.State state : states) {
                memory.add(state.add(tuple));
            }
        }
        Iterator<Tuple> results = map(
                groups.entrySet().iterator(),
                entry -> new Grouping.GroupTuple(
                        entry.getKey().values(),
                        Arrays.stream(entry.getValue())
                                .map(Aggregate.State::result)
                                .toArray()));
        return filter(results, plan.having());
    }

    private static Aggregate.State[] start(Grouping grouping) {
        return grouping.aggregates().stream().map(Aggregate::start).toArray(Aggregate.State[]::new);
    }

    private Iterator<Object[]> project(QueryPlan plan, Iterator<Tuple> tuples, long offset, long limit) {
        Set<Key> seen = plan.distinct() ? new HashSet<>() : null;
        Iterator<Sortable> rows = map(tuples, tuple -> {
            Object[] values = evaluate(plan.outputs(), tuple);
            return new Sortable(values, sortKeys(plan, values, tuple), 0);
        });
        if (seen != null) {
            rows = filter(rows, (Sortable row) -> {
                boolean isNew = seen.add(new Key(row.values()));
                if (isNew) {
                    memory.add(sizeBytes(row.values()) + 64);
                }
                return isNew;
            });
        }
        return map(plan.sort().isEmpty() ? rows : sorted(plan.sort(), rows, offset, limit), Sortable::values);
    }

    private static Object[] sortKeys(QueryPlan plan, Object[] values, Tuple tuple) {
        Object[] keys = new Object[plan.sort().size()];
        for (int i = 0; i < keys.length; i++) {
            QueryPlan.SortKey key = plan.sort().get(i);
            keys[i] = key.output() >= 0 ? values[key.output()] : key.value().eval(tuple);
        }
        return keys;
    }

    /** All rows in order, or with a limit only as many as are wanted: then no more than those are kept. */
    private Iterator<Sortable> sorted(List<QueryPlan.SortKey> sort, Iterator<Sortable> rows, long offset, long limit) {
        Comparator<Sortable> order = (a, b) -> compare(sort, a, b);
        long wanted = limit > Long.MAX_VALUE - offset ? Long.MAX_VALUE : limit + offset;
        PriorityQueue<Sortable> worstFirst = new PriorityQueue<>(order.reversed());
        List<Sortable> all = new ArrayList<>();
        for (long number = 0; rows.hasNext(); number++) {
            Sortable next = rows.next();
            Sortable row = new Sortable(next.values(), next.keys(), number);
            if (wanted == Long.MAX_VALUE) {
                memory.add(sizeBytes(row));
                all.add(row);
            } else if (worstFirst.size() < wanted) {
                memory.add(sizeBytes(row));
                worstFirst.add(row);
            } else if (order.compare(row, worstFirst.peek()) < 0) {
                memory.release(sizeBytes(worstFirst.poll()));
                memory.add(sizeBytes(row));
                worstFirst.add(row);
            }
        }
        all.addAll(worstFirst);
        all.sort(order);
        return all.iterator();
    }

    private static int compare(List<QueryPlan.SortKey> sort, Sortable a, Sortable b) {
        for (int i = 0; i < sort.size(); i++) {
            int order = QueryPlan.compare(sort.get(i), a.keys()[i], b.keys()[i]);
            if (order != 0) {
                return order;
            }
        }
        return Long.compare(a.number(), b.number());
    }

    /** For results that somebody else keeps. */
    void charge(Object[] values) {
        memory.add(sizeBytes(values));
    }

    private static long sizeBytes(Sortable row) {
        return 96 + sizeBytes(row.values()) + row.keys().length * 8L;
    }

    private static long sizeBytes(Object[] values) {
        long bytes = 24;
        for (Object value : values) {
            bytes += Values.sizeBytes(value);
        }
        return bytes;
    }

    private static Object[] evaluate(List<Bound> expressions, Tuple tuple) {
        Object[] values = new Object[expressions.size()];
        for (int i = 0; i < values.length; i++) {
            values[i] = expressions.get(i).eval(tuple);
        }
        return values;
    }

    private static Iterator<Object[]> limited(Iterator<Object[]> rows, long offset, long limit) {
        return new Iterator<>() {
            private long skip = offset;
            private long left = limit;

            @Override
            public boolean hasNext() {
                while (skip > 0 && rows.hasNext()) {
                    rows.next();
                    skip--;
                }
                return left > 0 && rows.hasNext();
            }

            @Override
            public Object[] next() {
                if (!hasNext()) {
                    throw new NoSuchElementException();
                }
                left--;
                return rows.next();
            }
        };
    }

    private static Rows rows(Iterator<Object[]> rows, Runnable close) {
        return new Rows() {
            @Override
            public boolean hasNext() {
                return rows.hasNext();
            }

            @Override
            public Object[] next() {
                return rows.next();
            }

            @Override
            public void close() {
                close.run();
            }
        };
    }

    private static <A, B> Iterator<B> map(
            Iterator<A> from, java.util.function.Function<? super A, ? extends B> function) {
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return from.hasNext();
            }

            @Override
            public B next() {
                return function.apply(from.next());
            }
        };
    }

    private Iterator<Tuple> filter(Iterator<Tuple> from, Bound condition) {
        return filter(from, (Tuple tuple) -> {
            interrupts.check();
            return condition == null || condition.isTrue(tuple);
        });
    }

    private static <A> Iterator<A> filter(Iterator<A> from, java.util.function.Predicate<A> condition) {
        return new Iterator<>() {
            private A next;

            @Override
            public boolean hasNext() {
                while (next == null && from.hasNext()) {
                    A candidate = from.next();
                    next = condition.test(candidate) ? candidate : null; // null itself is never let through
                }
                return next != null;
            }

            @Override
            public A next() {
                if (!hasNext()) {
                    throw new NoSuchElementException();
                }
                A result = next;
                next = null;
                return result;
            }
        };
    }
}
