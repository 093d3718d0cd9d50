package dev.palimpsest.history;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.history.DependencyGraph.Cycle;
import dev.palimpsest.history.DependencyGraph.Edge;
import dev.palimpsest.history.DependencyGraph.Kind;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import org.jgrapht.alg.cycle.CycleDetector;
import org.jgrapht.graph.DefaultEdge;
import org.jgrapht.graph.DirectedPseudograph;
import org.junit.jupiter.api.Test;

/** Cycles in random graphs, against JGraphT's detector on the whole graph and against looking at every walk. */
class DependencyGraphTest {
    private static final int SEEDS = 3_000;
    private static final Kind[] KINDS = {Kind.WRITE_WRITE, Kind.WRITE_READ, Kind.READ_WRITE, Kind.UNIQUE_KEY};

    @Test
    void shouldFindACycleWhereThereIsOne() {
        int forbidden = 0;
        for (int seed = 0; seed < SEEDS; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            int count = 2 + random.nextInt(6);
            List<Edge> edges = new ArrayList<>();
            DependencyGraph graph = new DependencyGraph();
            for (int i = 0; i < count; i++) {
                graph.addVertex("v" + i, -1);
            }
            for (int i = random.nextInt(3 * count); i > 0; i--) {
                int from = random.nextInt(count);
                int to = random.nextInt(count);
                Kind kind = KINDS[random.nextInt(KINDS.length)];
                graph.add(from, to, kind, false, new VersionOrder(0).absent());
            }
            edges.addAll(graph.edges());
            assertEquals(
                    hasCycle(count, edges),
                    !new CycleCore(count, edges, false).edges().isEmpty(),
                    () -> edges.toString());
            Cycle cycle = graph.forbidden();
            assertEquals(isForbidden(count, edges), cycle != null, () -> edges.toString());
            if (cycle != null) {
                forbidden++;
                assertIsCycle(cycle);
            }
        }
        assertTrue(forbidden > SEEDS / 10 && forbidden < SEEDS * 9 / 10, "forbidden=" + forbidden);
    }

    private static boolean hasCycle(int count, List<Edge> edges) {
        DirectedPseudograph<Integer, DefaultEdge> graph = new DirectedPseudograph<>(DefaultEdge.class);
        for (int i = 0; i < count; i++) {
            graph.addVertex(i);
        }
        edges.forEach(edge -> graph.addEdge(edge.from(), edge.to()));
        return new CycleDetector<>(graph).detectCycles();
    }

    /** By all walks: what is known to come before, as pairs of moments. Moment 2v is v's snapshot, 2v + 1 its commit. */
    private static boolean isForbidden(int count, List<Edge> edges) {
        Set<Integer> before = new HashSet<>();
        int moments = 2 * count;
        for (int v = 0; v < count; v++) {
            before.add(2 * v * moments + 2 * v + 1);
        }
        for (Edge edge : edges) {
            int from = edge.isAnti() ? 2 * edge.from() : 2 * edge.from() + 1;
            int to = edge.endsAtCommit() ? 2 * edge.to() + 1 : 2 * edge.to();
            before.add(from * moments + to);
        }
        boolean more = true;
        while (more) {
            more = false;
            for (int a = 0; a < moments; a++) {
                for (int b = 0; b < moments; b++) {
                    for (int c = 0; c < moments && before.contains(a * moments + b); c++) {
                        more |= before.contains(b * moments + c) && before.add(a * moments + c);
                    }
                }
            }
        }
        for (int a = 0; a < moments; a++) {
            if (before.contains(a * moments + a)) {
                return true;
            }
        }
        return false;
    }

    private static void assertIsCycle(Cycle cycle) {
        List<Edge> edges = cycle.edges();
        for (int i = 0; i < edges.size(); i++) {
            Edge next = edges.get((i + 1) % edges.size());
            assertEquals(edges.get(i).to(), next.from(), edges::toString);
            boolean twice = edges.get(i).endsAtCommit() && next.isAnti();
            assertTrue(!twice, edges::toString);
        }
    }
}
