package dev.palimpsest.lock;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/**
 * Looks for a cycle in the graph of waits: from a waiter to each holder of a conflicting mode, and to each waiter with a conflicting
 * mode before it in the queue. A cycle can only be closed by a new waiter, so each one looks once, from itself.
 *
 * <p>Stateless; the caller holds LOCK_TABLE. Source: PostgreSQL, {@code storage/lmgr/README}, "The Deadlock Detection Algorithm"; of its
 * queue rearrangements only those of one waiter before one other are tried.
 */
final class DeadlockDetector {
    /** One wait in a cycle. {@code ahead} is null where {@code blocker} holds the lock. */
    record Edge(Waiter waiter, LockOwner blocker, Waiter ahead) {}

    private DeadlockDetector() {}

    /** The cycle through this waiter, in order from it, or null. */
    static List<Edge> findCycle(Waiter start) {
        ArrayList<Edge> path = new ArrayList<>();
        Set<LockOwner> seen = Collections.newSetFromMap(new IdentityHashMap<>());
        return reaches(start, start.owner.root(), seen, path) ? path : null;
    }

    /**
     * Lets one waiter of the cycle pass another that has no lock yet, if that leaves no cycle.
     *
     * @return the lock whose queue was changed, or null if nothing helps
     */
    static Lock rearrange(Waiter start, List<Edge> cycle) {
        for (Edge edge : cycle) {
            if (edge.ahead() == null) {
                continue;
            }
            ArrayList<Waiter> queue = edge.waiter().lock.waiters;
            ArrayList<Waiter> before = new ArrayList<>(queue);
            queue.remove(edge.waiter());
            queue.add(queue.indexOf(edge.ahead()), edge.waiter());
            if (findCycle(start) == null && queue.stream().allMatch(waiter -> findCycle(waiter) == null)) {
                return edge.waiter().lock;
            }
            queue.clear();
            queue.addAll(before);
        }
        return null;
    }

    /** PostgreSQL's DETAIL: one line for each wait in the cycle, then where the victim's wait came from. */
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
            LockOwner owner = edge.waiter().owner;
            String where = edge.waiter().context.describe();
            text.append("Process ").append(owner.processId());
            text.append(owner.waitableXid() == 0 ? ": no transaction id" : ": transaction " + owner.waitableXid());
            text.append(where == null ? "" : ", waiting at " + where).append(".\n");
        }
        text.setLength(text.length() - 1);
        return text.toString();
    }

    private static boolean reaches(Waiter from, LockOwner target, Set<LockOwner> seen, List<Edge> path) {
        if (!seen.add(from.owner.root())) {
            return false;
        }
        for (Holder holder : from.lock.holders) {
            if (holder.owner.root() != from.owner.root()
                    && (holder.modes & from.mode.conflicts()) != 0
                    && follow(new Edge(from, holder.owner.root(), null), target, seen, path)) {
                return true;
            }
        }
        for (Waiter earlier : from.lock.waiters) {
            if (earlier == from) {
                return false;
            }
            if (Lock.queuesBehind(from, earlier)
                    && follow(new Edge(from, earlier.owner.root(), earlier), target, seen, path)) {
                return true;
            }
        }
        return false;
    }

    private static boolean follow(Edge edge, LockOwner target, Set<LockOwner> seen, List<Edge> path) {
        path.add(edge);
        Waiter next = edge.blocker().waiter;
        if (edge.blocker() == target || next != null && reaches(next, target, seen, path)) {
            return true;
        }
        path.remove(path.size() - 1);
        return false;
    }
}
