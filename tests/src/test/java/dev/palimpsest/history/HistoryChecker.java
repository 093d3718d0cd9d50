package dev.palimpsest.history;

import dev.palimpsest.api.RowLockMode;
import dev.palimpsest.history.DependencyGraph.Cycle;
import dev.palimpsest.history.DependencyGraph.Edge;
import dev.palimpsest.history.DependencyGraph.Kind;
import dev.palimpsest.history.HistoryTransaction.Fate;
import dev.palimpsest.history.Read.Seen;
import dev.palimpsest.history.VersionOrder.Version;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * Finds in a {@link History} what the transactions' isolation levels forbid: READ COMMITTED as PostgreSQL has it (nothing of what Adya
 * calls G0 and G1, and each reading statement sees one snapshot), REPEATABLE READ as snapshot isolation (also no G-single, no cycle
 * but with two anti-dependencies in a row), and at both levels that a snapshot contains every commit that had returned before it was taken.
 *
 * <p>What rolled-back transactions read is checked as well; they have no writes. One history, one use. README.md says what follows from what.
 */
final class HistoryChecker {
    private final History history;
    private final HistoryReport report = new HistoryReport();
    private final Map<Integer, VersionOrder> orders = new TreeMap<>();
    private final Map<Long, Version> versions = new HashMap<>();
    private final DependencyGraph graph = new DependencyGraph();
    private final RealTime realTime = new RealTime();

    /** The vertices of reading statements at READ COMMITTED, and when each was called. */
    private final Map<HistoryTransaction, List<Integer>> statements = new HashMap<>();

    private final Map<Integer, Long> calledAt = new HashMap<>();
    private long firstLoss;

    private HistoryChecker(History history) {
        this.history = history;
    }

    static HistoryReport check(History history) {
        return new HistoryChecker(history).run();
    }

    private HistoryReport run() {
        history.settle(report);
        firstLoss = history.firstLoss();
        arrangeVersions();
        Map<HistoryTransaction, Integer> vertexOf = new HashMap<>();
        for (HistoryTransaction transaction : history.transactions) {
            if (transaction.fate != Fate.LOST) {
                vertexOf.put(transaction, graph.addVertex(transaction, -1));
            }
        }
        for (HistoryTransaction transaction : history.transactions) {
            report.transactions++;
            report.committed += transaction.isCommitted() ? 1 : 0;
            report.lost += transaction.fate == Fate.LOST ? 1 : 0;
            report.writes += transaction.writes.size();
            if (transaction.fate != Fate.LOST) {
                new TransactionCheck(transaction, vertexOf).check();
            }
        }
        writeDependencies(vertexOf);
        new LockOverlap(history, report).check((first, second, moment) -> {
            for (int statement : statements.getOrDefault(second, List.of())) {
                if (calledAt.get(statement) > moment) {
                    graph.add(vertexOf.get(first), statement, Kind.HANDOVER, false, null);
                }
            }
        });
        realTime.addEdges(graph);
        report.windows = 1;
        for (Edge edge : graph.edges()) {
            report.edges.merge(edge.kind(), 1L, Long::sum);
        }
        Cycle cycle = graph.forbidden();
        if (cycle != null) {
            report.violation(cycle.anomaly(), graph.explain(cycle));
        }
        graph.allowed().forEach(found -> report.allows(found.anomaly()));
        return report;
    }

    private VersionOrder order(int key) {
        return orders.computeIfAbsent(key, VersionOrder::new);
    }

    private void arrangeVersions() {
        for (Write write : history.writes.values()) {
            if (write.by == null) {
                order(write.key).startsWith(write);
            } else {
                order(write.key);
            }
        }
        Map<Integer, Write> first = new HashMap<>();
        Map<Integer, Write> last = new HashMap<>();
        Set<Integer> insertsAgain = new HashSet<>();
        for (HistoryTransaction transaction : history.transactions) {
            if (!transaction.isCommitted()) {
                continue;
            }
            first.clear();
            last.clear();
            insertsAgain.clear();
            for (Write write : transaction.writes) {
                if (!write.isUndone()) {
                    if (first.putIfAbsent(write.key, write) != null && write.kind == Write.Kind.INSERT) {
                        insertsAgain.add(write.key);
                    }
                    last.put(write.key, write);
                }
            }
            first.forEach((key, write) -> order(key).add(write, last.get(key), insertsAgain.contains(key)));
        }
        for (VersionOrder order : orders.values()) {
            order.arrange(report);
            for (Version version : order.versions) {
                if (version.id != 0) {
                    versions.put(version.id, version);
                }
            }
        }
    }

    private void writeDependencies(Map<HistoryTransaction, Integer> vertexOf) {
        for (VersionOrder order : orders.values()) {
            for (int i = 1; i < order.versions.size(); i++) {
                Version before = order.versions.get(i - 1);
                Version after = order.versions.get(i);
                if (before.by != null) {
                    Kind kind = before.absent ? Kind.UNIQUE_KEY : Kind.WRITE_WRITE;
                    graph.add(vertexOf.get(before.by), vertexOf.get(after.by), kind, false, before);
                }
            }
        }
    }

    /** What one transaction read. */
    private final class TransactionCheck {
        private final HistoryTransaction transaction;
        private final Map<HistoryTransaction, Integer> vertexOf;
        private final int vertex;
        private final boolean installs;

        TransactionCheck(HistoryTransaction transaction, Map<HistoryTransaction, Integer> vertexOf) {
            this.transaction = transaction;
            this.vertexOf = vertexOf;
            vertex = vertexOf.get(transaction);
            installs = transaction.isCommitted() && transaction.hasWrites();
        }

        void check() {
            if (transaction.firstCalled == Long.MAX_VALUE) {
                return;
            }
            if (installs) {
                boolean snapshotOnly = transaction.repeatableRead;
                realTime.add(
                        vertex,
                        snapshotOnly ? transaction.firstCalled : transaction.commitCalled,
                        transaction.commitReturned);
            } else if (transaction.repeatableRead) {
                realTime.add(vertex, transaction.firstCalled, transaction.firstReturned);
            }
            for (Read read : transaction.reads) {
                report.reads++;
                report.rowsRead += read.rows().size();
                if (installs || transaction == history.endReader() || seenBy(read) <= firstLoss) {
                    check(read);
                }
            }
        }

        /** By when its snapshot was taken; locks and changes at READ COMMITTED go on to the newest versions until they return. */
        private long seenBy(Read read) {
            return transaction.repeatableRead ? transaction.firstReturned : read.returned();
        }

        private long seenFrom(Read read) {
            return transaction.repeatableRead ? transaction.firstCalled : read.called();
        }

        private void check(Read read) {
            int reader = vertex;
            boolean usesSnapshot = transaction.repeatableRead || read.kind() == Read.Kind.SNAPSHOT;
            if (!transaction.repeatableRead && usesSnapshot) {
                reader = graph.addVertex(new Statement(transaction, read), vertex);
                realTime.add(reader, read.called(), read.returned());
                statements
                        .computeIfAbsent(transaction, any -> new ArrayList<>(2))
                        .add(reader);
                calledAt.put(reader, read.called());
                if (installs) {
                    graph.add(reader, vertex, Kind.PROGRAM, false, null);
                }
            }
            checkRows(read);
            for (int key : keys(read)) {
                VersionOrder order = orders.get(key);
                if (order == null) {
                    continue;
                }
                Seen seen = read.seen(key);
                Write own = transaction.lastWrite(key, read.position());
                if (own != null && isBesideAnother(own)) {
                    checkBoth(read, own, reader);
                } else if (own != null) {
                    checkOwn(read, own, seen);
                } else if (seen != null) {
                    found(read, seen, reader, usesSnapshot);
                } else if (read.kind() != Read.Kind.LOCK_SOME) {
                    notFound(read, order, reader, usesSnapshot);
                }
            }
        }

        private Iterable<Integer> keys(Read read) {
            if (read.from() == read.to()) {
                return List.of(read.from());
            }
            return ((TreeMap<Integer, VersionOrder>) orders)
                    .subMap(read.from(), true, read.to(), true)
                    .keySet();
        }

        /** Rows that can't be an answer to what was asked, whoever asks. */
        private void checkRows(Read read) {
            Set<Integer> keys = new HashSet<>();
            for (Seen row : read.rows()) {
                Write write = history.writes.get(row.id());
                if (write == null || write.key != row.key() || write.kind == Write.Kind.DELETE) {
                    report.violation(Anomaly.GARBAGE, transaction + " found a row that nobody wrote: " + row);
                } else if (!read.asksFor(row.key(), write.group)) {
                    report.violation(
                            Anomaly.GARBAGE, transaction + " found what it didn't ask for: " + write + " by " + read);
                } else if (row.list() != null) {
                    checkList(row, write);
                }
                Write own = transaction.lastWrite(row.key(), read.position());
                if (!keys.add(row.key()) && (own == null || !isBesideAnother(own))) {
                    report.violation(Anomaly.DUPLICATE_KEY, transaction + " found key " + row.key() + " twice");
                }
            }
        }

        /** A list is what its row's versions appended, one after the other. */
        private void checkList(Seen row, Write last) {
            long[] list = row.list();
            int at = list.length - 1;
            Write write = last;
            while (write != null && at >= 0 && list[at] == write.id && write.listBefore == null) {
                at--;
                write = history.writes.get(write.previous);
            }
            boolean right = write != null && at >= 0 && list[at] == write.id && write.listBefore != null;
            right = right && at == write.listBefore.length;
            for (int i = 0; right && i < at; i++) {
                right = list[i] == write.listBefore[i];
            }
            if (!right) {
                report.violation(
                        Anomaly.GARBAGE,
                        transaction + " found a list that is not what was appended: key " + row.key() + " "
                                + java.util.Arrays.toString(list) + ", wrong from the end at place " + at);
            }
        }

        /**
         * A REPEATABLE READ transaction may insert a key though its snapshot has a row with it, which others have deleted since; then it sees
         * both, as in PostgreSQL, and by its key either.
         */
        private boolean isBesideAnother(Write own) {
            if (!transaction.repeatableRead || own.kind == Write.Kind.DELETE) {
                return false;
            }
            Write first = own;
            while (first != null && first.kind != Write.Kind.INSERT) {
                first = first.by == transaction ? history.writes.get(first.previous) : null;
            }
            return first != null && first.by == transaction;
        }

        private void checkBoth(Read read, Write own, int reader) {
            boolean anyOfIt = false;
            for (Seen row : read.rows()) {
                if (row.key() == own.key && row.id() != own.id) {
                    found(read, row, reader, true);
                    anyOfIt = true;
                } else if (row.key() == own.key) {
                    checkOwn(read, own, row);
                    anyOfIt = true;
                }
            }
            if (!anyOfIt) {
                checkOwn(read, own, null);
            }
        }

        private void checkOwn(Read read, Write own, Seen seen) {
            if (seen == null && read.kind() == Read.Kind.LOCK_SOME) {
                return; // another one's KEY SHARE may stand in the way, also on an own version
            }
            boolean expected = own.kind != Write.Kind.DELETE && read.asksFor(own.key, own.group);
            if (expected != (seen != null) || seen != null && seen.id() != own.id) {
                report.violation(
                        Anomaly.INTERNAL,
                        transaction + " wrote " + own + " and then found "
                                + (seen == null ? "no row" : "version " + seen.id()) + " by " + read);
            }
        }

        private void found(Read read, Seen seen, int reader, boolean usesSnapshot) {
            Write write = history.writes.get(seen.id());
            if (write == null || write.key != seen.key()) {
                return; // said before
            }
            HistoryTransaction writer = write.by;
            if (writer != null && !checkWriter(read, write)) {
                return;
            }
            Version version = versions.get(seen.id());
            if (version == null) {
                report.violation(
                        Anomaly.G1B,
                        transaction + " found " + write + ", which its writer " + writer + " replaced itself");
                return;
            }
            if (transaction == history.endReader() && version.next() != null) {
                report.violation(
                        Anomaly.LOST_COMMIT,
                        "in the end there is " + version + ", though " + version.next().by + " replaced it by "
                                + version.next());
            }
            boolean locks = read.kind() == Read.Kind.LOCK || read.kind() == Read.Kind.LOCK_SOME;
            if (usesSnapshot) {
                Version next = version.next();
                boolean replaces = installs && next != null && next.by == transaction; // write-write says it
                depend(reader, replaces ? null : version, version, false);
            } else if (locks && writer != null) {
                graph.add(vertexOf.get(writer), vertex, Kind.WRITE_READ, false, version);
            }
            if (locks && transaction.isCommitted()) {
                keepsOut(read, version);
            }
        }

        /** Whoever replaces a row that this transaction has locked commits after it. */
        private void keepsOut(Read read, Version version) {
            Version next = version.next();
            boolean keyShare = read.lock() == RowLockMode.KEY_SHARE && next != null && !next.absent;
            if (next != null && next.by != transaction && !keyShare && !transaction.isUndone(read.position())) {
                graph.add(vertex, vertexOf.get(next.by), Kind.LOCK, false, version);
            }
        }

        private boolean checkWriter(Read read, Write write) {
            HistoryTransaction writer = write.by;
            if (writer == transaction) {
                report.violation(
                        write.isUndone() ? Anomaly.G1A : Anomaly.INTERNAL,
                        transaction + " found its own " + write + ", which is undone or replaced, by " + read);
                return false;
            }
            if (writer.fate == Fate.ROLLED_BACK || write.isUndone() || writer.fate == Fate.LOST && writer.synchronous) {
                report.violation(
                        Anomaly.G1A,
                        transaction + " found " + write + " by " + read + ", but its writer " + writer
                                + (write.isUndone() ? " undid it" : " never committed"));
                return false;
            }
            if (writer.fate == Fate.LOST) {
                if (installs) {
                    report.violation(
                            Anomaly.LOST_COMMIT,
                            transaction + " is there, and found " + write + ", whose writer was lost: " + writer);
                }
                return false;
            }
            if (writer.commitCalled > seenBy(read)) {
                boolean dirty = writer.commitCalled > read.returned();
                report.violation(
                        dirty ? Anomaly.DIRTY_READ : Anomaly.FUTURE_READ,
                        transaction + " found " + write + " by " + read + ", but its writer " + writer
                                + " called commit at " + writer.commitCalled
                                + (dirty ? "" : ", and the snapshot was taken by " + seenBy(read)));
            }
            return true;
        }

        /** Some version without a row that answers must have been there meanwhile; all that could have been say between what it lies. */
        private void notFound(Read read, VersionOrder order, int reader, boolean usesSnapshot) {
            Version earliest = null;
            Version latest = null;
            for (int i = order.lastBefore(seenBy(read)); i >= 0; i--) {
                Version version = order.versions.get(i);
                Version next = version.next();
                if (next != null && next.commitReturned() < seenFrom(read)) {
                    break; // it had been replaced before
                }
                boolean wentMeanwhile =
                        !usesSnapshot && version.isAnotherRow && version.commitReturned() >= read.called();
                if (version.absent || wentMeanwhile || !read.asksFor(order.key, version.group)) {
                    earliest = version;
                    latest = latest == null ? version : latest;
                }
            }
            if (latest == null) {
                report.violation(
                        Anomaly.MISSED_ROW,
                        transaction + " didn't find key " + order.key + " by " + read + ", though it was there: "
                                + around(order, read));
            } else if (usesSnapshot) {
                depend(reader, earliest, latest, true);
            }
        }

        private String around(VersionOrder order, Read read) {
            StringBuilder text = new StringBuilder();
            int last = order.lastBefore(seenBy(read));
            for (int i = Math.max(0, last - 2); i < Math.min(order.versions.size(), last + 2); i++) {
                Version version = order.versions.get(i);
                text.append("\n  ").append(version).append(" group ").append(version.group);
                if (version.by != null) {
                    text.append(" by ").append(version.by).append(", commit called at ");
                    text.append(version.commitCalled()).append(", returned at ").append(version.commitReturned());
                }
            }
            return text.toString();
        }

        private void depend(int reader, Version earliest, Version latest, boolean missing) {
            if (earliest != null && earliest.by != null && earliest.by != transaction) {
                graph.add(vertexOf.get(earliest.by), reader, Kind.WRITE_READ, missing, earliest);
            }
            Version next = latest.next();
            if (next != null && next.by != transaction) {
                graph.add(reader, vertexOf.get(next.by), Kind.READ_WRITE, missing, next);
            }
        }
    }

    /** A reading statement at READ COMMITTED, as a vertex. */
    private record Statement(HistoryTransaction transaction, Read read) {
        @Override
        public String toString() {
            return "a statement of " + transaction + ", called at " + read.called() + ", returned at "
                    + read.returned();
        }
    }
}
