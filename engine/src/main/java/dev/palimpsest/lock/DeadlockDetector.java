package dev.palimpsest.lock;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Looks for a cycle in the graph of waits, and for an order of the queues that opens it.
 *
 * <p>Edges go from a waiter to each holder of a conflicting mode (hard), and to each waiter with a conflicting mode before it in the queue
 * (soft). A cycle without soft edges is a deadlock. Else each soft edge is turned around in turn, which is a constraint on the order of
 * its queue, and the graph is looked at again under all constraints so far; what still has cycles gets more of them. The queues change
 * only when an order without any cycle through a moved waiter was found.
 *
 * <p>One use; the caller holds LOCK_TABLE. Source: PostgreSQL, {@code deadlock.c}, and {@code storage/lmgr/README}, "The Deadlock Detection
 * Algorithm"; there are no lock groups here.
 */
final class DeadlockDetector {
    /** One wait in a cycle. {@code ahead} is null where {@code blocker} holds the lock. */
    record Edge(Waiter waiter, LockOwner blocker, Waiter ahead) {}

    /** {@code first} must be granted before {@code second}, both of one queue. */
    private record Constraint(Waiter first, Waiter second) {}

    /** More orders than this aren't tried: the work grows with their number's factorial. */
    private static final int MAX_CONSTRAINTS = 8;

    private final ArrayList<Constraint> constraints = new ArrayList<>();

    /** The queues under the constraints; others are as they are. */
    private final Map<Lock, List<Waiter>> orders = new LinkedHashMap<>();

    /** The cycle found last, in order from where the search began. */
    private final ArrayList<Edge> path = new ArrayList<>();

    /** The cycle through this waiter as the queues are, in order from it, or null. */
    static List<Edge> findCycle(Waiter start) {
        DeadlockDetector detector = new DeadlockDetector();
        return detector.hasCycle(start) ? detector.path : null;
    }

    /**
     * Orders the queues so that no cycle is left.
     *
     * @return the locks whose queues were changed; null if no order helps
     */
    static List<Lock> rearrange(Waiter start) {
        DeadlockDetector detector = new DeadlockDetector();
        if (!detector.canBeOpened(start)) {
            return null;
        }
        List<Lock> changed = new ArrayList<>();
        detector.orders.forEach((lock, order) -> {
            lock.waiters.clear();
            lock.waiters.addAll(order);
            changed.add(lock);
        });
        return changed;
    }

    /** PostgreSQL's DETAIL: one line for each wait in the cycle, then where each wait came from. */
    static String describe(List<Edge> cycle) {
        StringBuilder text = new StringBuilder();
        for (Edge edge : cycle) {
            Waiter waiter = edge.waiter();
            text.append("Process ").append(waiter.owner.processId()).append(" waits for ");
            text.append(waiter.mode.pgName()).append(" on ").append(waiter.lock.shownTag());
            text.append("; blocked by process ")
                    .append(edge.blocker().processId())
                    .append(".\n");
        }
        for (Edge edge : cycle) {
            Waiter waiter = edge.waiter();
            long xid = waiter.actor.waitableXid();
            String where = waiter.context.describe();
            text.append("Process ").append(waiter.owner.processId());
            text.append(xid == 0 ? ": no transaction id" : ": transaction " + xid);
            text.append(where == null ? "" : ", waiting at " + where).append(".\n");
        }
        text.setLength(text.length() - 1);
        return text.toString();
    }

    /** PostgreSQL: DeadLockCheckRecurse. On true, {@link #orders} has no cycle. */
    private boolean canBeOpened(Waiter start) {
        List<Constraint> turned = softEdgesOfACycle(start);
        if (turned == null || turned.isEmpty()) {
            return turned != null;
        }
        if (constraints.size() == MAX_CONSTRAINTS) {
            return false;
        }
        for (Constraint constraint : turned) {
            constraints.add(constraint);
            if (canBeOpened(start)) {
                return true;
            }
            constraints.remove(constraints.size() - 1);
        }
        return false;
    }

    /**
     * The graph under the constraints, looked at from all that it moves and from the start. PostgreSQL: TestConfiguration.
     *
     * @return how each soft edge of one cycle would be turned around, empty if there is no cycle; null if there is one without soft edges,
     *     or no order fulfils the constraints
     */
    private List<Constraint> softEdgesOfACycle(Waiter start) {
        if (!order()) {
            return null;
        }
        List<Waiter> from = new ArrayList<>();
        for (Constraint constraint : constraints) {
            from.add(constraint.first());
            from.add(constraint.second());
        }
        from.add(start);
        List<Constraint> turned = List.of();
        for (Waiter waiter : from) {
            if (hasCycle(waiter)) {
                turned = turned(path);
                if (turned.isEmpty()) {
                    return null;
                }
            }
        }
        return turned;
    }

    /** The one farthest from the start comes first, as PostgreSQL notes them on its way back from there. */
    private static List<Constraint> turned(List<Edge> cycle) {
        List<Constraint> turned = new ArrayList<>();
        for (Edge edge : cycle) {
            if (edge.ahead() != null) {
                turned.add(0, new Constraint(edge.waiter(), edge.ahead()));
            }
        }
        return turned;
    }

    /** Fills {@link #orders}. PostgreSQL: ExpandConstraints. @return false if the constraints contradict each other */
    private boolean order() {
        orders.clear();
        for (Constraint constraint : constraints) {
            Lock lock = constraint.first().lock;
            if (!orders.containsKey(lock)) {
                List<Waiter> order = order(lock);
                if (order == null) {
                    return false;
                }
                orders.put(lock, order);
            }
        }
        return true;
    }

    /** From the back: always the last one in the queue that needn't be before anybody left. PostgreSQL: TopoSort. */
    private List<Waiter> order(Lock lock) {
        List<Waiter> left = new ArrayList<>(lock.waiters);
        List<Waiter> order = new ArrayList<>();
        while (!left.isEmpty()) {
            int last = left.size() - 1;
            while (last >= 0 && mustPrecedeOneOf(left, left.get(last))) {
                last--;
            }
            if (last < 0) {
                return null;
            }
            order.add(left.remove(last));
        }
        Collections.reverse(order);
        return order;
    }

    private boolean mustPrecedeOneOf(List<Waiter> left, Waiter waiter) {
        for (Constraint constraint : constraints) {
            if (constraint.first() == waiter && left.contains(constraint.second())) {
                return true;
            }
        }
        return false;
    }

    /** Fills {@link #path}. PostgreSQL: FindLockCycle. */
    private boolean hasCycle(Waiter start) {
        path.clear();
        return reaches(start, start.owner.root(), Collections.newSetFromMap(new IdentityHashMap<>()));
    }

    private boolean reaches(Waiter from, LockOwner target, Set<LockOwner> seen) {
        if (!seen.add(from.owner.root())) {
            return false;
        }
        for (Holder holder : from.lock.holders) {
            if (holder.owner.root() != from.owner.root()
                    && (holder.modes & from.mode.conflicts()) != 0
                    && follow(new Edge(from, holder.owner, null), target, seen)) {
                return true;
            }
        }
        for (Waiter earlier : orders.getOrDefault(from.lock, from.lock.waiters)) {
            if (earlier == from) {
                return false;
            }
            if (Lock.queuesBehind(from, earlier) && follow(new Edge(from, earlier.actor, earlier), target, seen)) {
                return true;
            }
        }
        return false;
    }

    private boolean follow(Edge edge, LockOwner target, Set<LockOwner> seen) {
        path.add(edge);
        LockOwner blocker = edge.blocker().root();
        Waiter next = blocker.waiter;
        if (blocker == target || next != null && reaches(next, target, seen)) {
            return true;
        }
        path.remove(path.size() - 1);
        return false;
    }
}
