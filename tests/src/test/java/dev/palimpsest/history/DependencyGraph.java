package dev.palimpsest.history;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.jgrapht.Graph;
import org.jgrapht.GraphPath;
import org.jgrapht.alg.connectivity.KosarajuStrongConnectivityInspector;
import org.jgrapht.alg.shortestpath.BFSShortestPath;
import org.jgrapht.graph.DefaultEdge;
import org.jgrapht.graph.DirectedPseudograph;

/**
 * Who must come before whom. A vertex is a transaction; at READ COMMITTED also each of its reading statements by itself, since each has its
 * own snapshot. Every edge but an anti-dependency says that the first one's commit comes before the other's snapshot (or its
 * commit, where it has none); an anti-dependency says that the first one's snapshot comes before the other's commit.
 *
 * <p>So under snapshot isolation a cycle without two anti-dependencies in a row can't be: it would put a commit before itself (Cerone and
 * Gotsman, "Analysing Snapshot Isolation", PODC 2016; Adya's G-SI). Those are found as the cycles of a graph in which each
 * vertex that an anti-dependency leads to has a twin, where the anti-dependency ends and which only the other edges leave. Edges that
 * say something of the second one's commit only end there too.
 *
 * <p>What can't be in a cycle is left out first, vertex by vertex; JGraphT sees the rest. Not thread-safe.
 */
final class DependencyGraph {
    enum Kind {
        /** The second replaced the first one's version. */
        WRITE_WRITE,
        /** The first deleted a row, the second inserted one with its key, which may be in nobody's snapshot. */
        UNIQUE_KEY,
        /** The second read the first one's version. */
        WRITE_READ,
        /** The first read a version that the second replaced, or missed one that it wrote. */
        READ_WRITE,
        /** A statement, and the transaction that it belongs to. */
        PROGRAM,
        /** The first held a lock on the row that the second changed. */
        LOCK,
        /** The statement was called when its transaction had got a lock that the first had held. */
        HANDOVER,
        /** The first had returned before the second was called. */
        REAL_TIME
    }

    /** @param predicate an anti-dependency on a row that wasn't found */
    record Edge(int from, int to, Kind kind, boolean predicate, VersionOrder.Version version) {
        boolean isAnti() {
            return kind == Kind.READ_WRITE;
        }

        /** Says something of the second one's commit and nothing of its snapshot. */
        boolean endsAtCommit() {
            return isAnti() || kind == Kind.UNIQUE_KEY || kind == Kind.LOCK;
        }
    }

    /** Edges, each beginning where the one before it ends. */
    record Cycle(Anomaly anomaly, List<Edge> edges) {}

    /** How many cycles of one component are looked at for the statistics. */
    private static final int MOST_SAMPLES = 4;

    /** From how many edges a shortest cycle is looked for, to explain it. */
    private static final int MOST_STARTS = 400;

    private final List<Object> vertices = new ArrayList<>();
    private final List<Integer> owners = new ArrayList<>();
    private final List<Edge> edges = new ArrayList<>();

    /** @param owner the transaction's vertex, if this is a statement; -1 for itself */
    int addVertex(Object what, int owner) {
        vertices.add(what);
        owners.add(owner < 0 ? vertices.size() - 1 : owner);
        return vertices.size() - 1;
    }

    void add(int from, int to, Kind kind, boolean predicate, VersionOrder.Version version) {
        if (from != to) {
            edges.add(new Edge(from, to, kind, predicate, version));
        }
    }

    List<Edge> edges() {
        return edges;
    }

    // ---- what no level allows

    /** A shortest cycle that is forbidden, of the most basic kind that there is, or null. */
    Cycle forbidden() {
        List<Edge> core = core(edges, true);
        if (core.isEmpty()) {
            return null;
        }
        Cycle found = shortest(core, edge -> edge.kind() == Kind.WRITE_WRITE, false);
        found = found != null ? found : shortest(core, edge -> isInformation(edge.kind()), false);
        found = found != null ? found : shortestSingle(core, edge -> edge.kind() != Kind.REAL_TIME);
        found = found != null ? found : shortest(core, edge -> edge.kind() != Kind.REAL_TIME, true);
        found = found != null ? found : shortest(core, edge -> !edge.isAnti(), false);
        found = found != null ? found : shortestSingle(core, edge -> true);
        return found != null ? found : shortest(core, edge -> true, true);
    }

    /** Between commits: what Adya's G0 and G1c are made of. */
    private static boolean isInformation(Kind kind) {
        return kind == Kind.WRITE_WRITE || kind == Kind.WRITE_READ;
    }

    /** The edges that can be in a cycle: those between vertices that still have ways in and out when nothing more can be taken away. */
    private List<Edge> core(List<Edge> all, boolean twins) {
        return new CycleCore(vertices.size(), all, twins).edges();
    }

    private Cycle shortest(List<Edge> core, Predicate<Edge> which, boolean twins) {
        List<Edge> some = core(core.stream().filter(which).toList(), twins);
        if (some.isEmpty()) {
            return null;
        }
        Graph<Integer, Arc> graph = graph(some, twins);
        List<Edge> best = null;
        for (Set<Integer> component : new KosarajuStrongConnectivityInspector<>(graph).stronglyConnectedSets()) {
            if (component.size() > 1) {
                best = shorter(best, shortestIn(graph, component));
            }
        }
        return best == null ? null : new Cycle(classify(best), best);
    }

    private List<Edge> shortestIn(Graph<Integer, Arc> graph, Set<Integer> component) {
        List<Edge> best = null;
        int starts = 0;
        for (Integer from : component) {
            for (Arc arc : graph.outgoingEdgesOf(from)) {
                if (component.contains(arc.to) && starts++ < MOST_STARTS) {
                    best = shorter(best, through(graph, arc));
                }
            }
        }
        return best;
    }

    /** A shortest cycle through an arc, or null. */
    private static List<Edge> through(Graph<Integer, Arc> graph, Arc arc) {
        GraphPath<Integer, Arc> path = new BFSShortestPath<>(graph).getPath(arc.to, arc.from);
        if (path == null) {
            return null;
        }
        List<Edge> cycle = new ArrayList<>();
        cycle.add(arc.edge);
        path.getEdgeList().forEach(next -> cycle.add(next.edge));
        return cycle;
    }

    private static List<Edge> shorter(List<Edge> one, List<Edge> other) {
        return one == null || other != null && other.size() < one.size() ? other : one;
    }

    /** With exactly one anti-dependency. */
    private Cycle shortestSingle(List<Edge> core, Predicate<Edge> which) {
        Graph<Integer, Arc> graph =
                graph(core.stream().filter(which).filter(e -> !e.isAnti()).toList(), true);
        List<Edge> best = null;
        int starts = 0;
        for (Edge anti : core) {
            int twin = vertices.size() + anti.to();
            if (anti.isAnti()
                    && graph.containsVertex(anti.from())
                    && graph.containsVertex(twin)
                    && starts++ < MOST_STARTS) {
                best = shorter(best, through(graph, new Arc(anti.from(), twin, anti)));
            }
        }
        return best == null ? null : new Cycle(classify(best), best);
    }

    // ---- what happens besides

    /** Cycles among whole transactions that the level allows, a sample of each component. */
    List<Cycle> allowed() {
        List<Edge> between = new ArrayList<>();
        for (Edge edge : edges) {
            int from = owners.get(edge.from());
            int to = owners.get(edge.to());
            if (from != to && (isInformation(edge.kind()) || edge.isAnti())) {
                between.add(new Edge(from, to, edge.kind(), edge.predicate(), edge.version()));
            }
        }
        List<Edge> core = core(between, false);
        List<Cycle> cycles = new ArrayList<>();
        if (core.isEmpty()) {
            return cycles;
        }
        Graph<Integer, Arc> graph = graph(core, false);
        Set<Set<Edge>> seen = new HashSet<>();
        for (Set<Integer> component : new KosarajuStrongConnectivityInspector<>(graph).stronglyConnectedSets()) {
            if (component.size() == 1) {
                continue;
            }
            int samples = 0;
            for (Integer from : component) {
                for (Arc arc : graph.outgoingEdgesOf(from)) {
                    if (arc.edge.isAnti() && component.contains(arc.to) && samples++ < MOST_SAMPLES) {
                        List<Edge> cycle = through(graph, arc);
                        if (seen.add(new HashSet<>(cycle))) {
                            cycles.add(new Cycle(classify(cycle), cycle));
                        }
                    }
                }
            }
        }
        return cycles;
    }

    // ---- graphs of JGraphT

    /** An edge there; by identity, since two may be between the same vertices. The superclass saves JGraphT a look-up each time. */
    private static final class Arc extends DefaultEdge {
        private static final long serialVersionUID = 1L;

        final int from;
        final int to;
        final transient Edge edge;

        Arc(int from, int to, Edge edge) {
            this.from = from;
            this.to = to;
            this.edge = edge;
        }
    }

    /** @param twins whether two anti-dependencies in a row are no way */
    private Graph<Integer, Arc> graph(List<Edge> some, boolean twins) {
        Graph<Integer, Arc> graph = new DirectedPseudograph<>(null, null, false);
        int count = vertices.size();
        for (Edge edge : some) {
            if (!twins) {
                arc(graph, edge.from(), edge.to(), edge);
                continue;
            }
            int to = edge.endsAtCommit() ? count + edge.to() : edge.to();
            arc(graph, edge.from(), to, edge);
            if (!edge.isAnti()) {
                arc(graph, count + edge.from(), to, edge);
            }
        }
        return graph;
    }

    private static void arc(Graph<Integer, Arc> graph, int from, int to, Edge edge) {
        graph.addVertex(from);
        graph.addVertex(to);
        graph.addEdge(from, to, new Arc(from, to, edge));
    }

    // ---- names

    static Anomaly classify(List<Edge> cycle) {
        int anti = 0;
        boolean adjacent = false;
        boolean predicate = false;
        boolean writesOnly = true;
        for (int i = 0; i < cycle.size(); i++) {
            Edge edge = cycle.get(i);
            Edge next = cycle.get((i + 1) % cycle.size());
            writesOnly &= edge.kind() == Kind.WRITE_WRITE;
            if (edge.isAnti()) {
                anti++;
                predicate |= edge.predicate();
                adjacent |= next.isAnti();
            }
        }
        if (anti == 0) {
            return writesOnly ? Anomaly.G0 : Anomaly.G1C;
        }
        if (anti == 1) {
            return isLostUpdate(cycle) ? Anomaly.LOST_UPDATE : Anomaly.G_SINGLE;
        }
        return !adjacent ? Anomaly.G_NONADJACENT : predicate ? Anomaly.G2 : Anomaly.G2_ITEM;
    }

    /** One read a row, the other replaced what it had read, and it replaced that. */
    private static boolean isLostUpdate(List<Edge> cycle) {
        return cycle.size() == 2
                && cycle.stream().anyMatch(edge -> edge.kind() == Kind.WRITE_WRITE)
                && cycle.get(0).version().order == cycle.get(1).version().order;
    }

    String explain(Cycle cycle) {
        StringBuilder text = new StringBuilder();
        boolean realTime = cycle.edges().stream().anyMatch(edge -> edge.kind() == Kind.REAL_TIME);
        text.append(realTime ? "with real time, " : "").append("a cycle:");
        for (Edge edge : cycle.edges()) {
            text.append("\n  ")
                    .append(vertices.get(edge.from()))
                    .append("\n      ")
                    .append(reason(edge))
                    .append(" by");
        }
        return text.append("\n  ")
                .append(vertices.get(cycle.edges().get(0).from()))
                .append(", again")
                .toString();
    }

    private static String reason(Edge edge) {
        return switch (edge.kind()) {
            case WRITE_WRITE -> "wrote what was replaced, " + edge.version() + ", (write-write)";
            case UNIQUE_KEY -> "deleted a row whose key was inserted again, " + edge.version() + ", (unique key)";
            case WRITE_READ -> "wrote what was read, " + edge.version() + ", (write-read)";
            case READ_WRITE ->
                (edge.predicate() ? "didn't find a row of key " : "read a row of key ") + edge.version().order.key
                        + " that was written then, " + edge.version() + ", (read-write)";
            case PROGRAM -> "was a statement run";
            case LOCK -> "had locked what was replaced, " + edge.version() + ", (lock)";
            case HANDOVER -> "had a lock that was needed before (handover)";
            case REAL_TIME -> "had returned before the call (real time)";
        };
    }
}
