package dev.palimpsest.sim;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A file's bytes twice: as its writers see them, and as they are on the platter; between them the changes that no force
 * has made durable yet, in order.
 *
 * <p>Not thread-safe: guarded by its {@link SimulatedDisk}.
 */
final class SimulatedFile {
    /** What a disk writes in one piece. */
    static final int SECTOR_BYTES = 512;

    /**
     * A write, its sectors complete with the bytes around it, or a truncation (no sectors); and the file's length after
     * it.
     */
    private record Change(long position, byte[] sectors, long length) {}

    private byte[] seen = new byte[0];
    private long seenLength;
    private byte[] durable = new byte[0];
    private long durableLength;
    private final List<Change> unforced = new ArrayList<>();

    /** After a failed force {@link #seen} shows what will never be durable. */
    private boolean looksClean = true;

    long length() {
        return seenLength;
    }

    int read(ByteBuffer dst, long position) {
        int count = (int) Math.max(0, Math.min(dst.remaining(), seenLength - position));
        dst.put(seen, (int) Math.min(position, seen.length), count);
        return count;
    }

    void write(ByteBuffer src, int count, long position) {
        if (count == 0) {
            return;
        }
        long end = position + count;
        seen = grown(seen, end);
        src.get(seen, (int) position, count);
        seenLength = Math.max(seenLength, end);
        int from = (int) (position / SECTOR_BYTES * SECTOR_BYTES);
        int to = (int) ((end + SECTOR_BYTES - 1) / SECTOR_BYTES * SECTOR_BYTES);
        unforced.add(new Change(from, Arrays.copyOfRange(seen, from, to), seenLength));
    }

    void truncate(long length) {
        if (length < seenLength) {
            Arrays.fill(seen, (int) length, (int) seenLength, (byte) 0);
            seenLength = length;
            unforced.add(new Change(0, null, length));
        }
    }

    void force() {
        for (Change change : unforced) {
            applyLength(change);
            for (int sector = 0; sector < sectors(change); sector++) {
                applySector(change, sector);
            }
        }
        unforced.clear();
    }

    /** Some of the unforced changes become durable, the others are forgotten though readers still see them. */
    void failForce(Survival survival) {
        looksClean &= unforced.isEmpty();
        applySurvivors(survival);
    }

    void powerCut(Survival survival) {
        if (!unforced.isEmpty() || !looksClean) {
            applySurvivors(survival);
            seen = durable.clone();
            seenLength = durableLength;
            looksClean = true;
        }
    }

    /** Flips bits behind everybody's back, on the platter too. */
    void damage(long position, int mask) {
        seen[(int) position] ^= (byte) mask;
        durable = grown(durable, position + 1);
        durable[(int) position] = seen[(int) position];
    }

    SimulatedFile copy() {
        SimulatedFile copy = new SimulatedFile();
        copy.seen = seen.clone();
        copy.seenLength = seenLength;
        copy.durable = durable.clone();
        copy.durableLength = durableLength;
        copy.unforced.addAll(unforced);
        copy.looksClean = looksClean;
        return copy;
    }

    private void applySurvivors(Survival survival) {
        survival.nextFile();
        int lengths = survival.lengths(unforced.size());
        for (int i = 0; i < unforced.size(); i++) {
            Change change = unforced.get(i);
            if (i < lengths) {
                applyLength(change);
            }
            boolean[] kept = survival.sectors(sectors(change));
            for (int sector = 0; sector < kept.length; sector++) {
                if (kept[sector]) {
                    applySector(change, sector);
                }
            }
        }
        cutDurable(durableLength); // sectors that were written past a length that was lost
        unforced.clear();
    }

    private void applyLength(Change change) {
        if (change.sectors == null) {
            cutDurable(change.length);
        }
        durableLength = change.length;
        durable = grown(durable, durableLength);
    }

    private void applySector(Change change, int sector) {
        int to = (int) change.position + sector * SECTOR_BYTES;
        durable = grown(durable, to + SECTOR_BYTES);
        System.arraycopy(change.sectors, sector * SECTOR_BYTES, durable, to, SECTOR_BYTES);
    }

    private void cutDurable(long length) {
        durableLength = Math.min(durableLength, length);
        if (length < durable.length) {
            Arrays.fill(durable, (int) length, durable.length, (byte) 0);
        }
    }

    private static int sectors(Change change) {
        return change.sectors == null ? 0 : change.sectors.length / SECTOR_BYTES;
    }

    /** Whole sectors, at least doubled, zeroes behind the old end. */
    private static byte[] grown(byte[] bytes, long needed) {
        if (needed <= bytes.length) {
            return bytes;
        }
        long sectors = (Math.max(needed, Math.min(2L * bytes.length, 1 << 28)) + SECTOR_BYTES - 1) / SECTOR_BYTES;
        return Arrays.copyOf(bytes, Math.toIntExact(sectors * SECTOR_BYTES));
    }
}
