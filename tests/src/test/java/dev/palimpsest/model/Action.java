package dev.palimpsest.model;

import java.util.List;

/** One step of a schedule: what a session does next, or what happens to the database. */
sealed interface Action {
    /** A row's values; {@code unique} may be null, which is in no conflict. */
    record Values(long id, Long unique, long group, long value) {
        @Override
        public String toString() {
            return id + "|" + unique + "|" + group + "|" + value;
        }
    }

    /** Ranges of ids, ends included, and a predicate on the value; all of which is asked again at READ COMMITTED. */
    record Range(long from, long to, boolean reverse, boolean oddOnly) {
        boolean includes(Values row) {
            return row.id() >= from && row.id() <= to && (!oddOnly || (row.value() & 1) == 1);
        }
    }

    /** What an update does: adds to the value; sets the others unless null. */
    record Change(long add, Long id, Long unique, Long group) {
        Values apply(Values before) {
            return new Values(
                    id == null ? before.id() : id,
                    unique == null ? before.unique() : unique,
                    group == null ? before.group() : group,
                    before.value() + add);
        }
    }

    /** What a session does; begins a transaction where there is none. */
    sealed interface Statement extends Action {}

    record Get(long id) implements Statement {}

    record ScanRange(Range range) implements Statement {}

    record ScanGroup(long group) implements Statement {}

    record ScanTable(boolean oddOnly) implements Statement {}

    record Insert(List<Values> rows) implements Statement {}

    record Update(Range range, Change change) implements Statement {}

    record Delete(Range range) implements Statement {}

    /** One row by its key. */
    record UpdateKey(long id, Change change) implements Statement {}

    record DeleteKey(long id) implements Statement {}

    /** With savepoints; only within a transaction. */
    sealed interface Control extends Action {
        String name();
    }

    record Savepoint(String name) implements Control {}

    /** Left out where there is no such savepoint. */
    record RollbackTo(String name) implements Control {}

    /** Left out where there is no such savepoint. */
    record Release(String name) implements Control {}

    record Commit() implements Action {}

    record Rollback() implements Action {}

    record Checkpoint() implements Action {}

    /** Of all tables; nothing where the engine has no vacuum. */
    record Vacuum() implements Action {}

    record PowerCut() implements Action {}
}
