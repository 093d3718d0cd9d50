package dev.palimpsest.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * What a database may contain after a crash: what it contained when it was last read whole, and every transaction since with what it wrote
 * and what its user was told. Each transaction writes a marker, so that a reader knows which ones survived; then everything else follows.
 *
 * <p>Things (rows, tables, indexes) are named by strings, their contents too; null is "not there". Not thread-safe: the tasks of a seeded
 * scheduler run one at a time.
 */
final class Ledger {
    enum Fate {
        RUNNING,
        ROLLED_BACK,
        /** Commit was called and hasn't returned. */
        COMMITTING,
        ACKNOWLEDGED
    }

    /** One transaction. */
    final class Entry {
        final long number;
        final boolean synchronous;
        private final String marker;
        private final Map<String, String> writes = new LinkedHashMap<>();
        private Fate fate = Fate.RUNNING;
        private long commitCalled;
        private long acknowledged = Long.MAX_VALUE;

        private Entry(long number, boolean synchronous, String marker) {
            this.number = number;
            this.synchronous = synchronous;
            this.marker = marker;
        }

        /** After the statement that did it, while the transaction keeps others away from this thing. */
        void wrote(String thing, String content) {
            if (!writes.containsKey(thing)) {
                writers.computeIfAbsent(thing, any -> new ArrayList<>()).add(this);
            }
            writes.put(thing, content);
        }

        /** What it has written so far, for {@link #rolledBackTo}. */
        Map<String, String> savepoint() {
            return new LinkedHashMap<>(writes);
        }

        /** What it wrote since is undone, and may be others' by now. */
        void rolledBackTo(Map<String, String> savepoint) {
            for (String thing : writes.keySet()) {
                if (!savepoint.containsKey(thing)) {
                    writers.get(thing).remove(this);
                }
            }
            writes.clear();
            writes.putAll(savepoint);
        }

        void rolledBack() {
            fate = Fate.ROLLED_BACK;
        }

        void commits() {
            fate = Fate.COMMITTING;
            commitCalled = ++clock;
        }

        void isAcknowledged() {
            fate = Fate.ACKNOWLEDGED;
            acknowledged = ++clock;
        }

        @Override
        public String toString() {
            return "transaction " + number + " " + fate + (synchronous ? " synchronous" : " asynchronous") + " "
                    + writes;
        }
    }

    private final List<Entry> entries = new ArrayList<>();

    /** For each thing those who wrote it, in the order of their first writes: of those that commit, the order of commits. */
    private final Map<String, List<Entry>> writers = new HashMap<>();

    private final Set<Long> numbers = new HashSet<>();

    private Map<String, String> base = new TreeMap<>();
    private long clock;
    private long lastNumber;

    Entry begin(boolean synchronous) {
        long number = ++lastNumber;
        return add(new Entry(number, synchronous, "ledger/" + number));
    }

    /** @param marker the thing that exists if it survived */
    Entry begin(String marker) {
        return add(new Entry(++lastNumber, true, marker));
    }

    private Entry add(Entry entry) {
        entries.add(entry);
        return entry;
    }

    /** A sequence gave it to a transaction whose synchronous commit is acknowledged: never again. */
    void tookNumber(long number) {
        numbers.add(number);
    }

    boolean isNumberTaken(long number) {
        return numbers.contains(number);
    }

    /** The survivors' commits are known durable from here on, since a later opening has read them. */
    void verify(Map<String, String> actual) {
        Set<Entry> survivors = new HashSet<>();
        for (Entry entry : entries) {
            if (actual.containsKey(entry.marker)) {
                survivors.add(entry);
            }
        }
        for (Entry entry : entries) {
            boolean survived = survivors.contains(entry);
            assertTrue(survived || entry.fate != Fate.ACKNOWLEDGED || !entry.synchronous, () -> "lost: " + entry);
            assertTrue(
                    !survived || entry.fate == Fate.ACKNOWLEDGED || entry.fate == Fate.COMMITTING,
                    () -> "never committed, yet there: " + entry);
        }
        verifyOrder(survivors);
        compare(expected(survivors), actual);
        base = new TreeMap<>(actual);
        entries.clear();
        writers.clear();
    }

    /** Nobody may survive whose commit was called after a lost one's had returned. */
    private void verifyOrder(Set<Entry> survivors) {
        for (Entry lost : entries) {
            if (lost.fate == Fate.ACKNOWLEDGED && !survivors.contains(lost)) {
                for (Entry later : survivors) {
                    assertTrue(
                            later.commitCalled < lost.acknowledged,
                            () -> "order: lost is " + lost + "\nbut there is the later " + later);
                }
            }
        }
    }

    private Map<String, String> expected(Set<Entry> survivors) {
        Map<String, String> expected = new TreeMap<>(base);
        writers.forEach((thing, them) -> {
            for (Entry entry : them) {
                if (survivors.contains(entry)) {
                    String content = entry.writes.get(thing);
                    if (content == null) {
                        expected.remove(thing);
                    } else {
                        expected.put(thing, content);
                    }
                }
            }
        });
        return expected;
    }

    private void compare(Map<String, String> expected, Map<String, String> actual) {
        Set<String> things = new TreeSet<>(expected.keySet());
        things.addAll(actual.keySet());
        StringBuilder differences = new StringBuilder();
        int count = 0;
        for (String thing : things) {
            if (!Objects.equals(expected.get(thing), actual.get(thing)) && ++count <= 5) {
                differences
                        .append("\n")
                        .append(thing)
                        .append("\n  expected ")
                        .append(expected.get(thing))
                        .append("\n  found    ")
                        .append(actual.get(thing))
                        .append("\n  base     ")
                        .append(base.get(thing))
                        .append("\n  writers  ")
                        .append(writers.get(thing));
            }
        }
        assertEquals(0, count, () -> "not all or nothing:" + differences);
    }
}
