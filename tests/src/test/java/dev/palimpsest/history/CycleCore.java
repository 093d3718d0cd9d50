package dev.palimpsest.history;

import dev.palimpsest.history.DependencyGraph.Edge;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Leaves out, again and again, vertices that nothing leads to or that lead nowhere: they are in no cycle. What is left has all cycles, and
 * nearly always it is nothing, which costs a few nanoseconds an edge. One use.
 */
final class CycleCore {
    private final int count;
    private final List<Edge> edges;

    /** Ends of the arcs, and which edge each stands for. */
    private final int[] from;

    private final int[] to;
    private final int[] edgeOf;
    private int arcs;

    /** @param twins as in {@link DependencyGraph}: where an anti-dependency ends, another can't begin */
    CycleCore(int vertices, List<Edge> edges, boolean twins) {
        this.count = twins ? 2 * vertices : vertices;
        this.edges = edges;
        int most = twins ? 2 * edges.size() : edges.size();
        from = new int[most];
        to = new int[most];
        edgeOf = new int[most];
        boolean[] hasTwin = new boolean[vertices];
        for (Edge edge : edges) {
            hasTwin[edge.to()] |= edge.endsAtCommit();
        }
        for (int i = 0; i < edges.size(); i++) {
            Edge edge = edges.get(i);
            int end = twins && edge.endsAtCommit() ? vertices + edge.to() : edge.to();
            arc(edge.from(), end, i);
            if (twins && !edge.isAnti() && hasTwin[edge.from()]) {
                arc(vertices + edge.from(), end, i);
            }
        }
    }

    private void arc(int start, int end, int edge) {
        from[arcs] = start;
        to[arcs] = end;
        edgeOf[arcs++] = edge;
    }

    List<Edge> edges() {
        boolean[] out = new boolean[count];
        trim(to, from, out);
        trim(from, to, out);
        boolean[] kept = new boolean[edges.size()];
        boolean any = false;
        for (int i = 0; i < arcs; i++) {
            if (!out[from[i]] && !out[to[i]]) {
                kept[edgeOf[i]] = true;
                any = true;
            }
        }
        List<Edge> left = new ArrayList<>();
        for (int i = 0; any && i < kept.length; i++) {
            if (kept[i]) {
                left.add(edges.get(i));
            }
        }
        return left;
    }

    /** Takes out those without an arc that has them as its head, then those that were reached from these only. */
    private void trim(int[] head, int[] tail, boolean[] out) {
        int[] degree = new int[count];
        int[] start = new int[count + 2];
        for (int i = 0; i < arcs; i++) {
            if (!out[head[i]] && !out[tail[i]]) {
                degree[head[i]]++;
                start[tail[i] + 2]++;
            }
        }
        for (int v = 2; v < start.length; v++) {
            start[v] += start[v - 1];
        }
        int[] byTail = new int[arcs];
        for (int i = 0; i < arcs; i++) {
            if (!out[head[i]] && !out[tail[i]]) {
                byTail[start[tail[i] + 1]++] = head[i];
            }
        }
        int[] queue = new int[count];
        int queued = 0;
        for (int v = 0; v < count; v++) {
            if (degree[v] == 0 && !out[v]) {
                out[v] = true;
                queue[queued++] = v;
            }
        }
        for (int next = 0; next < queued; next++) {
            int v = queue[next];
            for (int i = start[v]; i < start[v + 1]; i++) {
                if (--degree[byTail[i]] == 0 && !out[byTail[i]]) {
                    out[byTail[i]] = true;
                    queue[queued++] = byTail[i];
                }
            }
        }
        assert Arrays.stream(degree).allMatch(d -> d >= 0);
    }
}
