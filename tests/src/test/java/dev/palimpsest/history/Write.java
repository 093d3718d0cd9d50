package dev.palimpsest.history;

/** One change of one row, which made one version of it. Its {@link #id} is unique in the run, so whoever reads it names its writer. */
final class Write {
    enum Kind {
        INSERT,
        UPDATE,
        DELETE
    }

    /** Null for what was there at the beginning. */
    final HistoryTransaction by;

    final Kind kind;
    final int key;
    final long id;

    /** The version that this one replaced, as the statement was shown it; 0 for an insert. */
    final long previous;

    /** What predicates ask for. */
    final int group;

    /** The list's elements before this one if it starts anew, else null: it has those of {@link #previous}. */
    final long[] listBefore;

    /** Its place among its transaction's reads and writes. */
    final int position;

    /** When the statement had returned. */
    final long returned;

    /** The place in its transaction where a rollback to a savepoint undid it. */
    int undoneAt = Integer.MAX_VALUE;

    Write(
            HistoryTransaction by,
            Kind kind,
            int key,
            long id,
            long previous,
            int group,
            long[] listBefore,
            int position,
            long returned) {
        this.by = by;
        this.kind = kind;
        this.key = key;
        this.id = id;
        this.previous = previous;
        this.group = group;
        this.listBefore = listBefore;
        this.position = position;
        this.returned = returned;
    }

    boolean isUndone() {
        return undoneAt != Integer.MAX_VALUE;
    }

    @Override
    public String toString() {
        return "version " + id + " of key " + key + (kind == Kind.DELETE ? " (deleted)" : "");
    }
}
