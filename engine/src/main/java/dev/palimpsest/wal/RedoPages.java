package dev.palimpsest.wal;

import java.nio.ByteBuffer;

/**
 * The pages of the record that is being redone, latched and released by recovery. Single-threaded; the buffers are valid until
 * {@link ResourceManager#redo} returns.
 */
public interface RedoPages {
    /**
     * Block {@code blockIndex} of the record, latched exclusively and to be changed by the caller; zeroed if the block is INIT.
     *
     * @return null if this block needs no redo: its image was restored, or the page already carries this record
     */
    ByteBuffer page(int blockIndex);

    /** A page that isn't among the record's blocks, latched exclusively, for looking at; recovery doesn't set its LSN. */
    ByteBuffer pageById(long pageId);

    /** The record cuts off the tail of a fork: it ends before this page. */
    void cut(long pageId);

    /** The record mentions an xid besides its own (subtransactions of a commit): none up to it is handed out again. */
    void noteXid(long xid);

    /** The record mentions a relation file besides its blocks: no number up to it is handed out again. */
    void noteFileNumber(int fileNumber);

    /** The record handed out an oid: none up to it is handed out again. */
    void noteOid(long oid);
}
