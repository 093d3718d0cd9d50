package dev.palimpsest.lock;

import dev.palimpsest.api.ErrorSubject;
import dev.palimpsest.id.Tid;

/**
 * Where a wait comes from, for messages. Made only when there is a wait.
 *
 * @param relationName null if no relation is concerned
 * @param tid the row, {@link Tid#NONE} if none
 * @param row what errors call the row, null if none
 */
public record WaitContext(String relationName, long tid, String row) {
    public static final WaitContext NONE = new WaitContext(null, Tid.NONE, null);

    /** The row is called by its place. */
    public WaitContext(String relationName, long tid) {
        this(relationName, tid, tid == Tid.NONE ? null : Tid.toString(tid));
    }

    public static WaitContext relation(String name) {
        return new WaitContext(name, Tid.NONE, null);
    }

    /** For example {@code tuple (0,1) in relation "accounts"}; null if nothing is known. */
    public String describe() {
        if (relationName == null) {
            return tid == Tid.NONE ? null : "tuple " + Tid.toString(tid);
        }
        String relation = "relation \"" + relationName + "\"";
        return tid == Tid.NONE ? relation : "tuple " + Tid.toString(tid) + " in " + relation;
    }

    /** As part of an error. @param otherXid who stood in the way, 0 if unknown */
    ErrorSubject subject(long otherXid) {
        return new ErrorSubject(relationName, null, row, otherXid);
    }
}
