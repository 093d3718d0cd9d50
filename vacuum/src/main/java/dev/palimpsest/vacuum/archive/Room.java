package dev.palimpsest.vacuum.archive;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The shelves of one archive and who has which of their slots. A slot is promised before it is written, so no shelf ever gets more than it
 * holds. Grows shelf by shelf, each twice the one before, up to the limit; a shelf that is empty again can go, except the first.
 *
 * <p>Thread-safe; {@link #grow} and {@link #retire} are for one thread at a time. The monitor is held for a few additions only, and nothing
 * else is taken under it.
 */
final class Room {
    private static final long FIRST_BYTES = 16L << 20;
    private static final long LEAST_BYTES = 1L << 20;

    private final Path directory;
    private final long maxBytes;
    private int created;

    /** Replaced whole, under the monitor. */
    private volatile Shelf[] shelves = {};

    // Guarded by this: sums over the shelves, and the most slots that somebody asked for in vain and could get by
    // growth.
    private long slots;
    private long used;
    private int refused;

    /** @param directory null for shelves without files */
    Room(Path directory, long maxBytes) {
        this.directory = directory;
        this.maxBytes = maxBytes;
    }

    Shelf[] shelves() {
        return shelves;
    }

    /** One shelf for each slot, the first ones with room; null if there are not so many. */
    synchronized Shelf[] promise(int count) {
        if (slots - used < count) {
            if (used + count <= Shelf.slotsIn(maxBytes)) {
                refused = Math.max(refused, count); // else no growth will help
            }
            return null;
        }
        Shelf[] promised = new Shelf[count];
        int next = 0;
        for (Shelf shelf : shelves) {
            int here = Math.min(count - next, shelf.slots - shelf.used);
            Arrays.fill(promised, next, next + here, shelf);
            shelf.used += here;
            next += here;
        }
        used += count;
        return promised;
    }

    synchronized void giveBack(Shelf shelf) {
        shelf.used--;
        used--;
    }

    /** Less than a quarter is free, or somebody asked in vain. */
    synchronized boolean isTight() {
        return slots - used < Math.max(slots / 4, refused);
    }

    /** There is no more room to come. */
    synchronized void forgetRefusals() {
        refused = 0;
    }

    synchronized boolean isHalfEmpty() {
        return used <= slots / 2;
    }

    synchronized long takenBytes() {
        return Arrays.stream(shelves).mapToLong(shelf -> shelf.bytes).sum();
    }

    /** Bytes for another shelf; 0 if it would be too small to be worth it. */
    long nextBytes() {
        Shelf[] now = shelves;
        long next = Math.min(now.length == 0 ? FIRST_BYTES : 2 * largest(now), maxBytes - takenBytes());
        return next < LEAST_BYTES ? 0 : next;
    }

    private static long largest(Shelf[] shelves) {
        return Arrays.stream(shelves).mapToLong(shelf -> shelf.bytes).max().orElse(0);
    }

    /** Makes a shelf of {@link #nextBytes}. */
    void grow() throws IOException {
        int count = Shelf.slotsIn(nextBytes());
        Path file = directory == null ? null : ArchiveFiles.file(directory, created);
        created++;
        Shelf shelf = Shelf.create(count, file);
        synchronized (this) {
            List<Shelf> more = new ArrayList<>(List.of(shelves));
            more.add(shelf);
            shelves = more.toArray(Shelf[]::new);
            slots += shelf.slots;
            refused = refused <= slots - used ? 0 : refused;
        }
    }

    /** A shelf is empty, and without it the others are at most half full. */
    synchronized boolean isLoose() {
        return indexOfSpare() > 0;
    }

    /** The last such shelf; never the first. Caller holds the monitor. */
    private int indexOfSpare() {
        int i = shelves.length - 1;
        while (i > 0 && (shelves[i].used > 0 || used > (slots - shelves[i].slots) / 2)) {
            i--;
        }
        return i;
    }

    /**
     * Takes such a shelf out.
     *
     * @return null for none; the caller closes it when nobody can be inside any more
     */
    synchronized Shelf retire() {
        int i = indexOfSpare();
        if (i <= 0) {
            return null;
        }
        Shelf spare = shelves[i];
        List<Shelf> fewer = new ArrayList<>(List.of(shelves));
        fewer.remove(i);
        shelves = fewer.toArray(Shelf[]::new);
        slots -= spare.slots;
        return spare;
    }

    /** Takes all of them out. */
    synchronized Shelf[] retireAll() {
        Shelf[] all = shelves;
        shelves = new Shelf[0];
        slots = 0;
        used = 0;
        return all;
    }
}
