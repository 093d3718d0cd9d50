package dev.palimpsest.tx;

import dev.palimpsest.api.CanceledException;
import dev.palimpsest.api.SqlState;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.LongAdder;

/**
 * Finds snapshots that are held too long: warns of them, and gives them up, so that reclaim no longer waits for them. Why no reader can see what
 * that leaves: README.md, "Snapshots held too long". Used by one thread at a time.
 */
public final class OldSnapshots {
    /** Who holds snapshots, and what for: the sessions, which lie above this room. */
    public interface Holders {
        /**
         * True if no thread is inside the engine with this transaction. Volatile: whoever comes in later sees what the caller wrote before.
         * False if that isn't known.
         */
        boolean isOutside(Transaction holder);
    }

    private static final long MIN_INTERVAL_MICROS = 5_000;
    private static final long MAX_INTERVAL_MICROS = 10_000_000;

    private static final System.Logger LOG = System.getLogger(OldSnapshots.class.getName());

    private final TransactionManager transactions;
    private final Holders holders;
    private final long warningMicros;
    private final long maxMicros;
    private final LongAdder givenUp = new LongAdder();

    /**
     * @param warningMicros age at which one is logged, 0 for never
     * @param maxMicros age at which one is given up, 0 for never
     */
    public OldSnapshots(TransactionManager transactions, Holders holders, long warningMicros, long maxMicros) {
        this.transactions = transactions;
        this.holders = holders;
        this.warningMicros = warningMicros;
        this.maxMicros = maxMicros;
    }

    /** So often {@link #check} is to be called: an eighth of the shorter limit, at most every ten seconds. */
    public long intervalMicros() {
        long shorter = Math.min(
                warningMicros == 0 ? Long.MAX_VALUE : warningMicros, maxMicros == 0 ? Long.MAX_VALUE : maxMicros);
        return Math.max(MIN_INTERVAL_MICROS, Math.min(MAX_INTERVAL_MICROS, shorter / 8));
    }

    /** One look at all of them. */
    public void check(long nowMicros) {
        transactions.slots().noteTime(nowMicros);
        transactions.slots().forEach((slot, word) -> {
            if (SnapshotSlot.tagOf(word) != SnapshotSlot.PENDING && (word & SnapshotSlot.GIVEN_UP) == 0) {
                check(slot, word, nowMicros);
            }
        });
    }

    /** How many were given up. */
    public long givenUpCount() {
        return givenUp.sum();
    }

    private void check(SnapshotSlot slot, long word, long now) {
        if (!isOver(slot, warningMicros, now) && !isOver(slot, maxMicros, now)) {
            return;
        }
        // from here on each change of the word fails once the slot's holder has let go of it: its next one can't be
        // meant by mistake
        long mine = word | SnapshotSlot.LOOKED_AT;
        if (mine != word && !slot.replace(word, mine)) {
            return;
        }
        if ((mine & SnapshotSlot.WARNED) == 0
                && isOver(slot, warningMicros, now)
                && slot.replace(mine, mine | SnapshotSlot.WARNED)) {
            mine |= SnapshotSlot.WARNED;
            warn(slot, now);
        }
        // its time may be early by as much as lies between two looks at the clock
        if (isOver(slot, maxMicros, now - intervalMicros())) {
            giveUp(slot, mine);
        }
    }

    private static boolean isOver(SnapshotSlot slot, long limitMicros, long now) {
        return limitMicros != 0 && now - slot.openedMicros() >= limitMicros;
    }

    /** First its next use fails; then, if nobody can be using it, it goes. Else its holder finds out, or this does when it comes by again. */
    private void giveUp(SnapshotSlot slot, long word) {
        long tooOld = word | SnapshotSlot.TOO_OLD;
        if (tooOld != word && !slot.replace(word, tooOld)) {
            return;
        }
        Transaction holder = slot.holder(); // of this life of the slot, if the next change of its word succeeds
        if (holders.isOutside(holder)) {
            if (slot.replace(tooOld, tooOld | SnapshotSlot.GIVEN_UP)) {
                givenUp.increment();
            }
        } else if (holder != null) {
            transactions.locks().wake(holder); // if it waits: it looks at its snapshot again
        }
    }

    private static void warn(SnapshotSlot slot, long now) {
        LOG.log(
                System.Logger.Level.WARNING,
                "a snapshot is held for a long time and keeps dead versions, " + describe(slot, now));
    }

    static CanceledException tooOld(SnapshotSlot slot) {
        Transaction holder = slot.holder();
        return new CanceledException(
                SqlState.SNAPSHOT_TOO_OLD,
                "snapshot too old",
                describe(slot, holder.nowMicros()) + " limit=" + seconds(holder.maxSnapshotMicros()),
                "End transactions and close cursors sooner, or open the database with a larger maxSnapshotAge.",
                null);
    }

    private static String describe(SnapshotSlot slot, long now) {
        Transaction holder = slot.holder();
        Object origin = slot.origin();
        return "session=" + (holder == null ? 0 : holder.processId())
                + " age=" + seconds(now - slot.openedMicros())
                + " opened at=" + (origin == null ? "unknown" : Origins.describe(origin));
    }

    private static String seconds(long micros) {
        return TimeUnit.MICROSECONDS.toMillis(micros) / 1000.0 + " s";
    }
}
