package dev.palimpsest.storage;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.util.Arrays;

/**
 * The bytes of a file of {@link MemoryDisk}, in pieces that are allocated when first written; a missing one reads as
 * zeroes.
 *
 * <p>Thread-safe: the table of pieces and the size change under this object's monitor; a piece's bytes are guarded by
 * the piece itself, so readers of different pages don't meet. No monitor is held over a wait.
 */
final class MemoryFile {
    static final int PIECE_BYTES = 16 * 1024;

    private static final byte[] ZEROES = new byte[PIECE_BYTES];
    private static final VarHandle PIECE = MethodHandles.arrayElementVarHandle(byte[][].class);

    /**
     * Replaced under this; an element goes from null to a piece under this, by release that pairs with {@link #read}'s
     * acquire.
     */
    private volatile byte[][] pieces = new byte[0][];

    /** Changed under this. */
    private volatile long size;

    long size() {
        return size;
    }

    int read(ByteBuffer dst, long position) {
        byte[][] table = pieces;
        long end = Math.min(size, (long) table.length * PIECE_BYTES);
        int wanted = (int) Math.max(0, Math.min(dst.remaining(), end - position));
        for (int done = 0; done < wanted; ) {
            long at = position + done;
            int offset = (int) (at % PIECE_BYTES);
            int length = Math.min(wanted - done, PIECE_BYTES - offset);
            byte[] piece = (byte[]) PIECE.getAcquire(table, (int) (at / PIECE_BYTES));
            if (piece == null) {
                dst.put(ZEROES, 0, length);
            } else {
                synchronized (piece) {
                    dst.put(piece, offset, length);
                }
            }
            done += length;
        }
        return wanted;
    }

    void write(ByteBuffer src, long position) {
        long end = position + src.remaining();
        for (long at = position; at < end; ) {
            int offset = (int) (at % PIECE_BYTES);
            int length = (int) Math.min(end - at, PIECE_BYTES - offset);
            byte[] piece = piece((int) (at / PIECE_BYTES));
            synchronized (piece) {
                src.get(piece, offset, length);
            }
            at += length;
        }
        extend(end);
    }

    synchronized void truncate(long sizeBytes) {
        if (sizeBytes >= size) {
            return;
        }
        size = sizeBytes;
        int kept = (int) ((sizeBytes + PIECE_BYTES - 1) / PIECE_BYTES);
        if (kept < pieces.length) {
            pieces = Arrays.copyOf(pieces, kept);
        }
        int tail = (int) (sizeBytes % PIECE_BYTES);
        byte[] last = tail == 0 || kept > pieces.length ? null : pieces[kept - 1];
        if (last != null) {
            synchronized (last) {
                Arrays.fill(last, tail, PIECE_BYTES, (byte) 0);
            }
        }
    }

    /** Bytes of memory in use, for tests. */
    long allocatedBytes() {
        return Arrays.stream(pieces).filter(piece -> piece != null).count() * PIECE_BYTES;
    }

    private synchronized void extend(long end) {
        int needed = (int) ((end + PIECE_BYTES - 1) / PIECE_BYTES);
        if (needed > pieces.length) {
            pieces = Arrays.copyOf(pieces, needed); // truncated meanwhile: the cut bytes read as zeroes
        }
        size = Math.max(size, end);
    }

    private synchronized byte[] piece(int index) {
        if (index >= pieces.length) {
            pieces = Arrays.copyOf(pieces, Math.max(index + 1, pieces.length + (pieces.length >> 1)));
        }
        byte[] piece = pieces[index];
        if (piece == null) {
            piece = new byte[PIECE_BYTES];
            PIECE.setRelease(pieces, index, piece);
        }
        return piece;
    }
}
