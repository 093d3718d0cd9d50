package dev.palimpsest.vacuum.archive;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.reclaim.ArchiveFactory;
import java.io.IOException;
import java.lang.System.Logger;
import java.lang.System.Logger.Level;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;

/**
 * The archive of one open database, in Chronicle Maps.
 *
 * <p>A page's blob lies in slots of one size on {@link Shelf shelves}; a look-up asks the shelves one after the other, the newest first. Blobs are
 * read and replaced whole under one of {@link Stripes}. {@link Room} keeps count of the slots.
 *
 * <p>Thread-safe. Principal entry points: {@link #get} for readers, {@link #put} and {@link #remove} for vacuum, {@link #tend} between two
 * of its pages. See also {@code README.md}.
 */
final class ChronicleArchive implements ArchiveFactory.OpenArchive {
    private static final ThreadLocal<Slot> SLOTS = ThreadLocal.withInitial(Slot::new);

    private final Logger log;
    private final long maxBytes;
    private final Room room;
    private final Stripes stripes = new Stripes();
    private final AtomicLong pages = new AtomicLong();
    private final AtomicLong bytes = new AtomicLong();

    /** The highest block ever put, by relation. */
    private final Map<Integer, AtomicInteger> highest = new ConcurrentHashMap<>();

    private final ReentrantLock tending = new ReentrantLock();

    /** No more room will come before the archive is half empty again; that was logged. Written by {@link #tend} and {@link #put}. */
    private volatile boolean full;

    private volatile boolean closed;

    /** The library's first failure: from then on nobody knows what is in the maps. */
    private volatile Throwable failure;

    /** @param directory null for an archive without a file */
    ChronicleArchive(Path directory, long maxBytes, Logger log) throws IOException {
        this.log = log;
        this.maxBytes = maxBytes;
        this.room = new Room(directory, maxBytes);
        QuietSlf4j.whenSilent(room::grow);
    }

    @Override
    public byte[] get(int relation, int block) {
        int stripe = stripes.of(relation, block);
        stripes.lockShared(stripe);
        try {
            checkReadable(relation, block);
            return read(SLOTS.get().at(relation, block, 0));
        } catch (RuntimeException | Error e) {
            throw unreadable(relation, block, e);
        } finally {
            stripes.unlockShared(stripe);
        }
    }

    private byte[] read(Slot slot) {
        Shelf[] shelves = room.shelves();
        if (shelfWith(shelves, slot) == null) {
            return null;
        }
        byte[] blob = new byte[slot.blobLength()];
        slot.copyTo(blob, 0);
        for (int part = 1; part < Slot.parts(blob.length); part++) {
            if (shelfWith(shelves, slot.part(part)) == null || !slot.isPart(part)) {
                throw new IllegalStateException("a part is missing, part=" + part + " length=" + blob.length);
            }
            slot.copyTo(blob, part);
        }
        return blob;
    }

    /** Reads the slot from where it is; null if it is nowhere. */
    private static Shelf shelfWith(Shelf[] shelves, Slot slot) {
        for (int i = shelves.length - 1; i >= 0; i--) {
            if (shelves[i].get(slot)) {
                return shelves[i];
            }
        }
        return null;
    }

    @Override
    public boolean put(int relation, int block, byte[] blob) {
        int stripe = stripes.of(relation, block);
        stripes.lockExclusive(stripe);
        try {
            return failure == null && !closed && write(SLOTS.get(), relation, block, blob);
        } catch (RuntimeException | Error e) {
            fail(e);
            return false;
        } finally {
            stripes.unlockExclusive(stripe);
        }
    }

    private boolean write(Slot slot, int relation, int block, byte[] blob) {
        int before = lengthOf(slot.at(relation, block, 0));
        int partsBefore = before < 0 ? 0 : Slot.parts(before);
        int parts = Slot.parts(blob.length);
        Shelf[] added = room.promise(Math.max(0, parts - partsBefore));
        if (added == null) {
            return refuse();
        }
        Shelf[] shelves = room.shelves();
        for (int part = 0; part < parts; part++) {
            Shelf shelf = part < partsBefore ? present(shelves, slot.part(part)) : added[part - partsBefore];
            if (part >= partsBefore || !slot.isSame(blob, part)) { // blobs mostly grow at their end
                slot.part(part).copyFrom(blob, part);
                shelf.put(slot);
            }
        }
        removeParts(shelves, slot, parts, partsBefore);
        pages.addAndGet(before < 0 ? 1 : 0);
        bytes.addAndGet(blob.length - Math.max(0, before));
        highest.computeIfAbsent(relation, r -> new AtomicInteger()).accumulateAndGet(block, Math::max);
        return true;
    }

    /** Reads the slot from where it must be. */
    private static Shelf present(Shelf[] shelves, Slot slot) {
        Shelf shelf = shelfWith(shelves, slot);
        if (shelf == null) {
            throw new IllegalStateException("a part is missing");
        }
        return shelf;
    }

    /** The length of the blob of which this is the first part; -1 if there is none. */
    private int lengthOf(Slot slot) {
        return shelfWith(room.shelves(), slot) == null ? -1 : slot.blobLength();
    }

    private void removeParts(Shelf[] shelves, Slot slot, int from, int to) {
        for (int part = from; part < to; part++) {
            Shelf shelf = present(shelves, slot.part(part));
            shelf.remove(slot);
            room.giveBack(shelf);
        }
    }

    private boolean refuse() {
        if (room.nextBytes() == 0) {
            room.forgetRefusals();
            if (!full) {
                sayFull("it has reached its limit", null);
            }
        }
        return false;
    }

    private void sayFull(String why, Exception cause) {
        full = true;
        log.log(
                Level.WARNING,
                "the archive is full (" + why
                        + "): more versions that only old snapshots see stay in their pages, archiveBytes=" + maxBytes
                        + " taken=" + room.takenBytes() + " pages=" + pages + " bytes=" + bytes,
                cause);
    }

    @Override
    public void remove(int relation, int block) {
        int stripe = stripes.of(relation, block);
        stripes.lockExclusive(stripe);
        try {
            if (failure != null || closed) {
                return;
            }
            Slot slot = SLOTS.get().at(relation, block, 0);
            int length = lengthOf(slot);
            if (length >= 0) {
                removeParts(room.shelves(), slot, 0, Slot.parts(length));
                pages.decrementAndGet();
                bytes.addAndGet(-length);
            }
        } catch (RuntimeException | Error e) {
            fail(e);
        } finally {
            stripes.unlockExclusive(stripe);
        }
    }

    @Override
    public void clear(int relation) {
        AtomicInteger last = highest.remove(relation);
        if (last != null) {
            for (int block = 0; block <= last.get(); block++) {
                remove(relation, block);
            }
        }
    }

    @Override
    public boolean isDue() {
        if (closed || failure != null) {
            return false;
        }
        return room.isTight() ? !full && room.nextBytes() > 0 : room.isLoose() || (full && room.isHalfEmpty());
    }

    @Override
    public void tend() {
        if (!tending.tryLock()) {
            return;
        }
        try {
            if (!isDue()) {
                return;
            }
            if (room.isTight()) {
                grow();
            } else {
                full = false;
                shrink();
            }
        } finally {
            tending.unlock();
        }
    }

    private void grow() {
        try {
            room.grow();
        } catch (IOException | RuntimeException e) {
            room.forgetRefusals();
            sayFull("its next file could not be made", e);
        }
    }

    private void shrink() {
        for (Shelf empty = room.retire(); empty != null; empty = room.retire()) {
            stripes.awaitAll();
            empty.close();
        }
    }

    @Override
    public ArchiveFactory.Fill fill() {
        return new ArchiveFactory.Fill(pages.get(), bytes.get(), closed ? 0 : room.takenBytes());
    }

    @Override
    public void close() {
        closed = true;
        stripes.awaitAll(); // who has not seen it closed is out; he must not find the shelves gone, since nothing
        // means invisible
        tending.lock(); // whoever makes a shelf now puts it where it will be found below
        try {
            for (Shelf shelf : room.retireAll()) {
                shelf.close();
            }
        } finally {
            tending.unlock();
        }
    }

    private void checkReadable(int relation, int block) {
        if (closed) {
            throw new StoppedException(
                    SqlState.ADMIN_SHUTDOWN, "the database is closed", "relation=" + relation + " block=" + block);
        }
        if (failure != null) {
            throw unreadable(relation, block, failure);
        }
    }

    private RuntimeException unreadable(int relation, int block, Throwable e) {
        if (e instanceof StoppedException stopped) {
            return stopped;
        }
        fail(e);
        return new StoppedException(
                SqlState.INTERNAL_ERROR,
                "could not read archived versions",
                "relation=" + relation + " block=" + block,
                "Newer snapshots don't need them: run the transaction again.",
                e);
    }

    private void fail(Throwable e) {
        if (failure == null && !closed) {
            failure = e;
            log.log(
                    Level.ERROR,
                    "the archive failed: snapshots that need it can't go on, and it takes no more versions",
                    e);
        }
    }
}
