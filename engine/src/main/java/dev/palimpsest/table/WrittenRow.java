package dev.palimpsest.table;

import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.id.Xid;
import dev.palimpsest.tuple.LittleEndian;
import dev.palimpsest.tuple.TupleLayout;
import dev.palimpsest.tuple.TupleReader;
import java.util.Arrays;

/** What a statement wrote, as RETURNING shows it: from the bytes that the writer still has, with the header that the heap gave them. Stateless. */
final class WrittenRow {
    private WrittenRow() {}

    /** A new version. Copies its bytes. */
    static TupleRow written(UserTransaction t, TableInfo table, byte[] bytes, int from, int to, long tid) {
        byte[] tuple = Arrays.copyOfRange(bytes, from, to);
        LittleEndian.putLong(tuple, TupleLayout.XMIN, t.tx().writeXid());
        LittleEndian.putLong(tuple, TupleLayout.XMAX, Xid.NONE);
        return new TupleRow(table, t, withoutMarks(tuple, TupleLayout.MARKS), tid);
    }

    /** A version that the current command has deleted. */
    static TupleRow deleted(UserTransaction t, TableInfo table, byte[] version, long tid) {
        byte[] tuple = version.clone();
        LittleEndian.putLong(tuple, TupleLayout.XMAX, t.tx().writeXid());
        return new TupleRow(table, t, withoutMarks(tuple, TupleLayout.XMAX_COMMITTED | TupleLayout.XMAX_ABORTED), tid);
    }

    private static byte[] withoutMarks(byte[] tuple, int marks) {
        LittleEndian.putShort(tuple, TupleLayout.FLAGS, TupleReader.flags(tuple, 0) & ~marks);
        return tuple;
    }
}
