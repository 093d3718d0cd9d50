package dev.palimpsest.history;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Edges from whoever had ended before somebody began. Not all pairs: those that have ended form a chain, and who begins comes behind the
 * last link that was there by then.
 */
final class RealTime {
    private record Span(int vertex, long begin, long end) {}

    private final List<Span> spans = new ArrayList<>();

    void add(int vertex, long begin, long end) {
        spans.add(new Span(vertex, begin, end));
    }

    void addEdges(DependencyGraph graph) {
        List<Span> byEnd = new ArrayList<>(spans);
        byEnd.sort(Comparator.comparingLong(Span::end));
        List<Span> byBegin = new ArrayList<>(spans);
        byBegin.sort(Comparator.comparingLong(Span::begin));
        int ended = 0;
        int link = -1;
        for (Span span : byBegin) {
            while (ended < byEnd.size() && byEnd.get(ended).end() < span.begin()) {
                int next = graph.addVertex("(time passed)", -1);
                graph.add(byEnd.get(ended).vertex(), next, DependencyGraph.Kind.REAL_TIME, false, null);
                if (link >= 0) {
                    graph.add(link, next, DependencyGraph.Kind.REAL_TIME, false, null);
                }
                link = next;
                ended++;
            }
            if (link >= 0) {
                graph.add(link, span.vertex(), DependencyGraph.Kind.REAL_TIME, false, null);
            }
        }
    }
}
