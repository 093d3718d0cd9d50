package dev.palimpsest.history;

import dev.palimpsest.api.RowLockMode;
import dev.palimpsest.history.Read.Seen;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** A history told line by line, in the order in which things happened. For the tests of the checker. */
final class Script {
    /** Rows of this group unless told otherwise. */
    static final int GROUP = 0;

    private final History history = new History();
    private long clock;
    private long number;

    /** One that is to be told about. */
    final class Told {
        final HistoryTransaction record;

        private Told(String name, boolean repeatableRead, boolean synchronous) {
            record = new HistoryTransaction(++number, name, repeatableRead, synchronous, () -> ++clock);
            history.add(record);
        }

        /** One key, by a plain read; 0 for no row. */
        Told reads(int key, long id) {
            record.calls();
            record.found(Read.Kind.SNAPSHOT, null, key, key, Read.ANY_GROUP, false, rows(key, id));
            return this;
        }

        /** A list, by a plain read. */
        Told readsList(int key, long... list) {
            record.calls();
            Seen seen = new Seen(key, list[list.length - 1], list);
            record.found(Read.Kind.SNAPSHOT, null, key, key, Read.ANY_GROUP, false, List.of(seen));
            return this;
        }

        /** All keys from 0 to 9 of a group; pairs of key and version. */
        Told scans(int group, long... found) {
            List<Seen> rows = new ArrayList<>();
            for (int i = 0; i < found.length; i += 2) {
                rows.add(new Seen((int) found[i], found[i + 1], null));
            }
            record.calls();
            record.found(Read.Kind.SNAPSHOT, null, 0, 9, group, true, rows);
            return this;
        }

        Told locks(RowLockMode mode, int key, long id) {
            record.calls();
            record.found(Read.Kind.LOCK, mode, key, key, Read.ANY_GROUP, false, rows(key, id));
            return this;
        }

        Told inserts(int key, long id) {
            return inserts(key, id, GROUP);
        }

        Told inserts(int key, long id, int group) {
            record.calls();
            record.wrote(Write.Kind.INSERT, key, id, 0, group, new long[0]);
            return this;
        }

        Told updates(int key, long before, long id) {
            return updates(key, before, id, GROUP);
        }

        Told updates(int key, long before, long id, int group) {
            record.calls();
            record.found(Read.Kind.CHANGE, null, key, key, Read.ANY_GROUP, false, rows(key, before));
            record.wrote(Write.Kind.UPDATE, key, id, before, group, null);
            return this;
        }

        /** Nothing was there to be changed. */
        Told updatesNothing(int key) {
            record.calls();
            record.found(Read.Kind.CHANGE, null, key, key, Read.ANY_GROUP, false, List.of());
            return this;
        }

        Told deletes(int key, long before, long id) {
            record.calls();
            record.found(Read.Kind.CHANGE, null, key, key, Read.ANY_GROUP, false, rows(key, before));
            record.wrote(Write.Kind.DELETE, key, id, before, GROUP, new long[0]);
            return this;
        }

        int savepoint() {
            return record.mark();
        }

        Told rollsBackTo(int savepoint) {
            record.undoneSince(savepoint);
            return this;
        }

        Told callsCommit() {
            record.commits();
            return this;
        }

        Told commits() {
            record.commits();
            record.committed();
            return this;
        }

        Told rollsBack() {
            record.rolledBack();
            return this;
        }

        private List<Seen> rows(int key, long id) {
            return id == 0 ? List.of() : List.of(new Seen(key, id, null));
        }
    }

    /** Starts with these rows: pairs of key and version. */
    Script(long... rows) {
        for (int i = 0; i < rows.length; i += 2) {
            history.startsWith((int) rows[i], rows[i + 1], GROUP, new long[0]);
        }
    }

    Told repeatableRead(String name) {
        return new Told(name, true, true);
    }

    Told readCommitted(String name) {
        return new Told(name, false, true);
    }

    Told asynchronous(String name) {
        return new Told(name, false, false);
    }

    Told begin(String name, boolean repeatableRead) {
        return new Told(name, repeatableRead, true);
    }

    HistoryReport check() {
        return HistoryChecker.check(history);
    }

    /** @param found pairs of key and version that are there in the end */
    HistoryReport checkEnd(long... found) {
        return check(null, found);
    }

    /** @param survivors those that are there after the crash */
    HistoryReport checkAfterCrash(Set<Told> survivors, long... found) {
        Set<Long> marks = new java.util.HashSet<>();
        survivors.forEach(told -> marks.add(told.record.number));
        return check(marks, found);
    }

    private HistoryReport check(Set<Long> marks, long... found) {
        Told reader =
                new Told("reader", true, true).scans(Read.ANY_GROUP, found).commits();
        history.transactions.remove(reader.record);
        history.endsWith(reader.record, marks);
        return check();
    }
}
