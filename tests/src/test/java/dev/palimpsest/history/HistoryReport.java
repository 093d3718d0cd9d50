package dev.palimpsest.history;

import java.util.ArrayList;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;

/** What the checker found in one window, or in several added up. Not thread-safe. */
final class HistoryReport {
    private static final int MOST_EXPLAINED = 8;

    /** @param explanation for people: the transactions, in order, and why each comes before the next */
    record Violation(Anomaly anomaly, String explanation) {
        @Override
        public String toString() {
            return anomaly + ": " + explanation;
        }
    }

    final List<Violation> violations = new ArrayList<>();
    final Map<Anomaly, Long> allowed = new EnumMap<>(Anomaly.class);
    final Map<DependencyGraph.Kind, Long> edges = new EnumMap<>(DependencyGraph.Kind.class);
    long windows;
    long transactions;
    long committed;
    long lost;
    long reads;
    long rowsRead;
    long writes;
    long violationCount;

    void violation(Anomaly anomaly, String explanation) {
        violationCount++;
        if (violations.size() < MOST_EXPLAINED) {
            violations.add(new Violation(anomaly, explanation));
        }
    }

    /** A cycle that the isolation level allows. */
    void allows(Anomaly anomaly) {
        allowed.merge(anomaly, 1L, Long::sum);
    }

    void add(HistoryReport other) {
        other.violations.forEach(v -> violation(v.anomaly(), v.explanation()));
        other.allowed.forEach((anomaly, count) -> allowed.merge(anomaly, count, Long::sum));
        other.edges.forEach((kind, count) -> edges.merge(kind, count, Long::sum));
        windows += other.windows;
        transactions += other.transactions;
        committed += other.committed;
        lost += other.lost;
        reads += other.reads;
        rowsRead += other.rowsRead;
        writes += other.writes;
    }

    boolean has(Anomaly anomaly) {
        return violations.stream().anyMatch(violation -> violation.anomaly() == anomaly);
    }

    /** @throws AssertionError with the explanations, if there is a violation */
    void requireNone() {
        if (violationCount != 0) {
            StringBuilder text = new StringBuilder(violationCount + " violations");
            violations.forEach(violation -> text.append("\n").append(violation));
            throw new AssertionError(text.toString());
        }
    }

    @Override
    public String toString() {
        return "transactions=" + transactions + " committed=" + committed + " lost=" + lost + " windows=" + windows
                + " reads=" + reads + " rowsRead=" + rowsRead + " writes=" + writes + " edges=" + edges
                + " cyclesAllowed=" + allowed + " violations=" + violationCount;
    }
}
