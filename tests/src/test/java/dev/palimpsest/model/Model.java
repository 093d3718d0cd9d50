package dev.palimpsest.model;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.model.Action.Values;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;

/**
 * Snapshot isolation, as small as it can be said: a list of committed states, each a map from rows to values; a transaction is a state's
 * index and its own writes; who wants to change a row that another open transaction has changed waits for that one's end.
 *
 * <p>A row is a number that lives from its insert to its delete, whatever its key. A version is a {@link Values} object and known by its
 * identity. Copied for trying out orders. Not thread-safe.
 */
final class Model {
    /** What a statement gives: rows or a count as text, or an error. */
    record Result(String text, SqlState error) {
        static Result of(Object value) {
            return new Result(String.valueOf(value), null);
        }
    }

    /** Key {@code key} of index {@code index} is taken by a version of {@code row}. */
    private record Entry(int row, int index, Object key) {}

    /** What a transaction had done when a savepoint was set. Immutable. */
    private record Saved(String name, Map<Integer, Values> writes, Set<Entry> entries, Set<Integer> locked) {}

    private static final int INDEXES = 2;

    /** By id; total, for the rare case of {@link #seesOneKeyTwice}. */
    static final Comparator<Values> ORDER = Comparator.comparing(Values::id).thenComparing(Values::toString);

    /** An open transaction. */
    private static final class Tx {
        final boolean repeatableRead;

        /** The state it reads; -1 before the first statement. */
        int snapshot = -1;

        /** Null for a deleted row. */
        final Map<Integer, Values> writes = new TreeMap<>();

        final Set<Entry> entries = new HashSet<>();

        /** Rows that it found changed and that were no longer meant: as in PostgreSQL it has locked their newest versions by then. */
        final Set<Integer> locked = new HashSet<>();

        /** The innermost last. */
        final List<Saved> savepoints = new ArrayList<>();

        boolean failed;

        /** The session whose end its statement waits for, or null. */
        String waitsFor;

        /** The statement that waits. */
        Running running;

        Tx(boolean repeatableRead) {
            this.repeatableRead = repeatableRead;
        }

        /** Everything since. */
        void undo(Saved saved) {
            writes.clear();
            writes.putAll(saved.writes());
            entries.clear();
            entries.addAll(saved.entries());
            locked.clear();
            locked.addAll(saved.locked());
        }

        Tx copy() {
            Tx copy = new Tx(repeatableRead);
            copy.snapshot = snapshot;
            copy.writes.putAll(writes);
            copy.entries.addAll(entries);
            copy.locked.addAll(locked);
            copy.savepoints.addAll(savepoints);
            copy.failed = failed;
            copy.waitsFor = waitsFor;
            copy.running = running == null ? null : running.copy();
            return copy;
        }
    }

    /** A statement that changes rows, and how far it is. */
    private static final class Running {
        final Action.Statement statement;

        /** The rows it is about, in order, each with the version that its snapshot sees. */
        final List<Map.Entry<Integer, Values>> rows;

        int next;
        long count;

        /** Index entries still to be made, by row and index. */
        final List<int[]> entries = new ArrayList<>();

        Running(Action.Statement statement, List<Map.Entry<Integer, Values>> rows) {
            this.statement = statement;
            this.rows = rows;
        }

        Running copy() {
            Running copy = new Running(statement, rows);
            copy.next = next;
            copy.count = count;
            copy.entries.addAll(entries);
            return copy;
        }
    }

    private final List<Map<Integer, Values>> states;
    private final Map<String, Tx> open = new LinkedHashMap<>();
    private int nextRow;

    Model() {
        states = new ArrayList<>(List.of(Map.of()));
    }

    private Model(Model other) {
        states = new ArrayList<>(other.states);
        nextRow = other.nextRow;
        other.open.forEach((session, tx) -> open.put(session, tx.copy()));
    }

    Model copy() {
        return new Model(this);
    }

    // ---- what can be asked

    boolean isOpen(String session) {
        return open.containsKey(session);
    }

    boolean isWaiting(String session) {
        return isOpen(session) && open.get(session).running != null;
    }

    boolean isBlocked(String session) {
        return isOpen(session) && open.get(session).waitsFor != null;
    }

    /** Whose end it waits for, or null. */
    String waitsFor(String session) {
        return isOpen(session) ? open.get(session).waitsFor : null;
    }

    Set<String> waitingFor(String session) {
        Set<String> waiting = new TreeSet<>();
        open.forEach((name, tx) -> {
            if (session.equals(tx.waitsFor)) {
                waiting.add(name);
            }
        });
        return waiting;
    }

    boolean isFailed(String session) {
        return open.get(session).failed;
    }

    /**
     * A transaction may see two rows with one key: one of its snapshot that another transaction has moved to another key since, and its own
     * with that key. PostgreSQL's snapshot isolation has that too; which of them a look-up by key finds is open.
     */
    boolean seesOneKeyTwice(String session) {
        Set<Long> ids = new HashSet<>();
        return visible(session).values().stream().anyMatch(row -> !ids.add(row.id()));
    }

    /** Would a statement over these rows meet a row that is being changed or was changed since? Then their order matters. */
    boolean meetsOthers(String session, Action.Range range) {
        for (Map.Entry<Integer, Values> row : visible(session).entrySet()) {
            boolean isOthers = holderOf(row.getKey(), session) != null;
            if (range.includes(row.getValue())
                    && (isOthers || newest(open.get(session), row.getKey()) != row.getValue())) {
                return true;
            }
        }
        return false;
    }

    // ---- what happens

    void begin(String session, boolean repeatableRead) {
        open.put(session, new Tx(repeatableRead));
    }

    /** @return null if it committed, 25P02 if it had failed */
    Result commit(String session) {
        Tx tx = open.remove(session);
        if (tx.failed) {
            return new Result(null, SqlState.IN_FAILED_SQL_TRANSACTION);
        }
        Map<Integer, Values> state = new HashMap<>(newestState());
        tx.writes.forEach((row, values) -> {
            if (values == null) {
                state.remove(row);
            } else {
                state.put(row, values);
            }
        });
        states.add(state);
        return Result.of("ok");
    }

    void rollback(String session) {
        open.remove(session);
    }

    void crash() {
        open.clear();
    }

    /** @return null if it has to wait */
    Result execute(String session, Action.Statement statement) {
        Tx tx = open.get(session);
        if (tx.failed) {
            return new Result(null, SqlState.IN_FAILED_SQL_TRANSACTION);
        }
        if (tx.snapshot < 0 || !tx.repeatableRead) {
            tx.snapshot = states.size() - 1;
        }
        Map<Integer, Values> seen = visible(session);
        if (statement instanceof Action.Get get) {
            return Result.of(list(seen, row -> row.id() == get.id(), ORDER));
        } else if (statement instanceof Action.ScanRange scan) {
            return Result.of(list(seen, scan.range()::includes, scan.range().reverse() ? ORDER.reversed() : ORDER));
        } else if (statement instanceof Action.ScanGroup scan) {
            return Result.of(list(seen, row -> row.group() == scan.group(), ORDER));
        } else if (statement instanceof Action.ScanTable scan) {
            return Result.of(list(seen, row -> !scan.oddOnly() || (row.value() & 1) == 1, ORDER));
        }
        tx.running = new Running(statement, rowsToChange(seen, statement));
        if (statement instanceof Action.Insert insert) {
            insertRows(tx, insert);
        }
        return resume(session, false);
    }

    /**
     * Goes on with the statement that waited, to its end or, if {@code oneStep}, for one row or index entry.
     *
     * @return null if it has to wait again ({@link #isBlocked}) or has steps left
     */
    Result resume(String session, boolean oneStep) {
        Tx tx = open.get(session);
        tx.waitsFor = null;
        Result result = run(session, tx, oneStep);
        if (result != null) {
            tx.running = null;
            if (result.error() != null) {
                fail(tx);
            }
        }
        return result;
    }

    /** Its wait is over though it hasn't gone on yet. */
    void wake(String session) {
        open.get(session).waitsFor = null;
    }

    /** A wait that the model would still allow ended as the victim of a deadlock. */
    void failWaiting(String session) {
        Tx tx = open.get(session);
        tx.waitsFor = null;
        tx.running = null;
        fail(tx);
    }

    /** All it did since its innermost savepoint is undone at once; then it has to go back to one, or to its beginning. */
    private static void fail(Tx tx) {
        tx.failed = true;
        int count = tx.savepoints.size();
        tx.undo(count == 0 ? new Saved("", Map.of(), Set.of(), Set.of()) : tx.savepoints.get(count - 1));
    }

    boolean hasSavepoint(String session, String name) {
        return open.get(session).savepoints.stream()
                .anyMatch(saved -> saved.name().equals(name));
    }

    /** Who waits for what a rollback undoes goes on, which is for the caller to arrange. */
    Result control(String session, Action.Control control) {
        Tx tx = open.get(session);
        if (tx.failed && !(control instanceof Action.RollbackTo)) {
            return new Result(null, SqlState.IN_FAILED_SQL_TRANSACTION);
        }
        if (control instanceof Action.Savepoint) {
            tx.savepoints.add(
                    new Saved(control.name(), new TreeMap<>(tx.writes), Set.copyOf(tx.entries), Set.copyOf(tx.locked)));
            return Result.of("ok");
        }
        int last = tx.savepoints.size() - 1;
        while (!tx.savepoints.get(last).name().equals(control.name())) {
            last--;
        }
        if (control instanceof Action.Release) {
            tx.savepoints.subList(last, tx.savepoints.size()).clear();
        } else {
            tx.undo(tx.savepoints.get(last));
            tx.savepoints.subList(last + 1, tx.savepoints.size()).clear();
            tx.failed = false;
        }
        return Result.of("ok");
    }

    // ---- how statements run

    private Result run(String session, Tx tx, boolean oneStep) {
        Running running = tx.running;
        for (int steps = 0; steps == 0 || !oneStep; steps++) {
            if (!running.entries.isEmpty()) {
                int[] entry = running.entries.get(0);
                String holder = enter(session, tx, entry[0], entry[1]);
                if (holder != null) {
                    return holder.isEmpty()
                            ? new Result(null, SqlState.UNIQUE_VIOLATION)
                            : waitFor(session, tx, holder);
                }
                running.entries.remove(0);
                continue;
            }
            if (running.next == running.rows.size()) {
                return Result.of(running.count);
            }
            int row = running.rows.get(running.next).getKey();
            Values seen = running.rows.get(running.next).getValue();
            Values newest = newest(tx, row);
            if (newest != seen && tx.repeatableRead) {
                return new Result(null, SqlState.SERIALIZATION_FAILURE);
            }
            String holder = holderOf(row, session);
            if (holder != null) {
                return waitFor(session, tx, holder);
            }
            running.next++;
            if (newest == seen || newest != null && qualifies(running.statement, newest)) {
                change(tx, row, newest);
                running.count++;
            } else if (newest != null) {
                tx.locked.add(row);
            }
        }
        return null;
    }

    private void change(Tx tx, int row, Values before) {
        Action.Change change = changeOf(tx.running.statement);
        if (change == null) {
            tx.writes.put(row, null);
            return;
        }
        Values after = change.apply(before);
        tx.writes.put(row, after);
        if (after.id() != before.id()
                || after.group() != before.group()
                || !java.util.Objects.equals(after.unique(), before.unique())) {
            for (int index = 0; index < INDEXES; index++) {
                tx.running.entries.add(new int[] {row, index});
            }
        }
    }

    private void insertRows(Tx tx, Action.Insert insert) {
        List<Integer> rows = new ArrayList<>();
        for (Values values : insert.rows()) {
            tx.writes.put(nextRow, new Values(values.id(), values.unique(), values.group(), values.value()));
            rows.add(nextRow++);
        }
        for (int index = 0; index < INDEXES; index++) {
            int i = index;
            List<Integer> byKey = new ArrayList<>(rows);
            byKey.removeIf(row -> key(tx.writes.get(row), i) == null);
            byKey.sort(Comparator.comparing(row -> key(tx.writes.get(row), i)));
            byKey.forEach(row -> tx.running.entries.add(new int[] {row, i}));
        }
        tx.running.count = rows.size();
    }

    /** @return null if the key was free and is taken now; "" if it is another row's; else whose end decides */
    private String enter(String session, Tx tx, int row, int index) {
        Long key = key(tx.writes.get(row), index);
        if (key == null) {
            return null;
        }
        for (Map.Entry<String, Tx> other : open.entrySet()) {
            boolean mine = other.getKey().equals(session);
            for (Entry entry : other.getValue().entries) {
                if (entry.row() != row && entry.index() == index && entry.key().equals(key)) {
                    Values now = other.getValue().writes.get(entry.row());
                    if (!mine) {
                        return other.getKey();
                    } else if (now != null && key.equals(key(now, index))) {
                        return "";
                    }
                }
            }
        }
        for (Map.Entry<Integer, Values> committed : newestState().entrySet()) {
            if (committed.getKey() != row && key.equals(key(committed.getValue(), index))) {
                String writer = writerOf(committed.getKey());
                if (!session.equals(writer)) {
                    return writer == null ? "" : writer;
                } else if (isStill(tx.writes.get(committed.getKey()), key, index)) {
                    return "";
                }
            }
        }
        tx.entries.add(new Entry(row, index, key));
        return null;
    }

    private static boolean isStill(Values now, Long key, int index) {
        return now != null && key.equals(key(now, index));
    }

    private Result waitFor(String session, Tx tx, String holder) {
        for (String next = holder; next != null; next = open.get(next).waitsFor) {
            if (next.equals(session)) {
                return new Result(null, SqlState.DEADLOCK_DETECTED);
            }
        }
        tx.waitsFor = holder;
        return null;
    }

    // ---- states

    private Map<Integer, Values> newestState() {
        return states.get(states.size() - 1);
    }

    private Map<Integer, Values> visible(String session) {
        Tx tx = open.get(session);
        int snapshot = tx.snapshot < 0 || !tx.repeatableRead ? states.size() - 1 : tx.snapshot;
        Map<Integer, Values> visible = new TreeMap<>(states.get(snapshot));
        tx.writes.forEach((row, values) -> {
            if (values == null) {
                visible.remove(row);
            } else {
                visible.put(row, values);
            }
        });
        return visible;
    }

    private Values newest(Tx tx, int row) {
        return tx.writes.containsKey(row) ? tx.writes.get(row) : newestState().get(row);
    }

    private String writerOf(int row) {
        for (Map.Entry<String, Tx> tx : open.entrySet()) {
            if (tx.getValue().writes.containsKey(row)) {
                return tx.getKey();
            }
        }
        return null;
    }

    /** Who else has changed or locked a row, or null: at most one, since these are in each other's way. */
    private String holderOf(int row, String session) {
        for (Map.Entry<String, Tx> tx : open.entrySet()) {
            boolean holds = tx.getValue().writes.containsKey(row)
                    || tx.getValue().locked.contains(row);
            if (holds && !tx.getKey().equals(session)) {
                return tx.getKey();
            }
        }
        return null;
    }

    private static Long key(Values row, int index) {
        return index == 0 ? Long.valueOf(row.id()) : row.unique();
    }

    private static Action.Change changeOf(Action.Statement statement) {
        return statement instanceof Action.Update update
                ? update.change()
                : statement instanceof Action.UpdateKey update ? update.change() : null;
    }

    private static boolean qualifies(Action.Statement statement, Values row) {
        if (statement instanceof Action.Update update) {
            return update.range().includes(row);
        } else if (statement instanceof Action.Delete delete) {
            return delete.range().includes(row);
        } else if (statement instanceof Action.UpdateKey update) {
            return row.id() == update.id();
        }
        return statement instanceof Action.DeleteKey delete && row.id() == delete.id();
    }

    private static List<Map.Entry<Integer, Values>> rowsToChange(
            Map<Integer, Values> seen, Action.Statement statement) {
        Comparator<Map.Entry<Integer, Values>> order =
                Comparator.comparing(row -> row.getValue().id());
        Action.Range range = statement instanceof Action.Update update
                ? update.range()
                : statement instanceof Action.Delete delete ? delete.range() : null;
        return seen.entrySet().stream()
                .filter(row -> qualifies(statement, row.getValue()))
                .sorted(range != null && range.reverse() ? order.reversed() : order)
                .map(row -> Map.entry(row.getKey(), row.getValue()))
                .toList();
    }

    private static String list(Map<Integer, Values> seen, Predicate<Values> which, Comparator<Values> order) {
        return seen.values().stream().filter(which).sorted(order).toList().toString();
    }
}
