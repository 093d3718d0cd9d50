package dev.palimpsest.api;

import java.util.List;

/**
 * A snapshot in PostgreSQL's words, for {@code pg_current_snapshot()}. Immutable.
 *
 * @param xmin every xid below it had ended
 * @param xmax every xid from it on had not begun
 * @param xips in between, those that had not ended, ascending
 */
public record SnapshotInfo(long xmin, long xmax, List<Long> xips) {
    public SnapshotInfo {
        xips = List.copyOf(xips);
    }

    /** {@code xmin:xmax:xip,xip} */
    @Override
    public String toString() {
        StringBuilder text =
                new StringBuilder().append(xmin).append(':').append(xmax).append(':');
        for (int i = 0; i < xips.size(); i++) {
            text.append(i == 0 ? "" : ",").append(xips.get(i));
        }
        return text.toString();
    }
}
