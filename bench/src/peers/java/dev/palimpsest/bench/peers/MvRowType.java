package dev.palimpsest.bench.peers;

import dev.palimpsest.bench.Rows;
import java.nio.ByteBuffer;
import org.h2.mvstore.WriteBuffer;
import org.h2.mvstore.type.BasicDataType;

/** How {@link MvRow} is stored. Public with a public constructor because MVStore names it in its file. */
public final class MvRowType extends BasicDataType<MvRow> {
    private static final int OBJECT_BYTES = 48;

    @Override
    public int getMemory(MvRow row) {
        return OBJECT_BYTES + Rows.FILLER_BYTES;
    }

    @Override
    public void write(WriteBuffer buffer, MvRow row) {
        buffer.putLong(row.balance()).put(row.filler());
    }

    @Override
    public MvRow read(ByteBuffer buffer) {
        long balance = buffer.getLong();
        byte[] filler = new byte[Rows.FILLER_BYTES];
        buffer.get(filler);
        return new MvRow(balance, filler);
    }

    @Override
    public MvRow[] createStorage(int size) {
        return new MvRow[size];
    }
}
