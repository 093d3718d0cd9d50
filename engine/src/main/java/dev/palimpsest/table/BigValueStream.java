package dev.palimpsest.table;

import java.io.IOException;
import java.io.InputStream;

/** A big value's bytes, each read inside the engine and only while the transaction is open. Used by one thread at a time. */
final class BigValueStream extends InputStream {
    private final UserTransaction transaction;
    private final InputStream bytes;
    private boolean closed;

    BigValueStream(UserTransaction transaction, InputStream bytes) {
        this.transaction = transaction;
        this.bytes = bytes;
    }

    @Override
    public int read() throws IOException {
        byte[] one = new byte[1];
        return read(one, 0, 1) < 0 ? -1 : one[0] & 0xFF;
    }

    @Override
    public int read(byte[] into, int offset, int length) throws IOException {
        if (closed) {
            throw new IOException("the stream is closed");
        }
        transaction.enter();
        try {
            transaction.tx().checkInterrupts(); // its version is kept only as long as the snapshot is
            return bytes.read(into, offset, length);
        } catch (RuntimeException | Error e) {
            throw transaction.failed(e);
        } finally {
            transaction.exit();
        }
    }

    @Override
    public int available() throws IOException {
        return closed ? 0 : bytes.available();
    }

    @Override
    public void close() {
        closed = true;
    }
}
