package dev.palimpsest.table;

import dev.palimpsest.api.Column;
import dev.palimpsest.api.Row;
import dev.palimpsest.api.RowChange;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.Table;
import dev.palimpsest.api.UsageException;
import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.tuple.Datums;
import dev.palimpsest.tuple.LittleEndian;
import dev.palimpsest.tuple.TupleFormer;
import dev.palimpsest.tuple.TupleReader;
import java.util.Arrays;

/**
 * One row's change in the making. Integers of a fixed width are set in a copy of the old version's bytes; anything else forms the tuple anew.
 * Reused for the next row; used by one thread.
 */
final class TupleChange implements RowChange {
    private final UserTransaction t;
    private final TableInfo table;
    private final TableScratch scratch;
    private final boolean[] changed;

    /** Null while no change function runs. */
    private TupleRow row;

    /** Old bytes with changes, in the scratch's buffer; null while there are none. */
    private byte[] patch;

    /** Holds all values once a change needed it; null before. */
    private TupleFormer former;

    /** A column was set to NULL, perhaps one that is NOT NULL. */
    private boolean anyNulled;

    private byte[] newBytes;
    private int newLength;

    TupleChange(UserTransaction t, TableInfo table, TableScratch scratch) {
        this.t = t;
        this.table = table;
        this.scratch = scratch;
        this.changed = new boolean[table.descriptor().columnCount()];
    }

    void begin(TupleRow version) {
        row = version;
        patch = null;
        former = null;
        anyNulled = false;
        Arrays.fill(changed, false);
    }

    /**
     * Forms the new version; the change function has returned.
     *
     * @throws dev.palimpsest.api.UsageException 23502, 23514
     */
    void finish() {
        if (former != null) {
            newLength = former.form(table.heap().bigValues().writer(t.tx()));
            newBytes = former.bytes();
        } else {
            newBytes = patch != null ? patch : row.tuple();
            newLength = row.tuple().length;
        }
        row = null;
        if (anyNulled) {
            checkNulls();
        }
        RowChecks.check(t, table, newBytes, newLength);
    }

    private void checkNulls() {
        for (int i = 0; i < changed.length; i++) {
            if (changed[i] && table.descriptor().column(i).notNull() && former.isNull(i)) {
                throw RowChecks.nullIn(t, table, i, newBytes, newLength);
            }
        }
    }

    /** After {@link #finish}: the new version, valid until the next {@link #begin}. */
    byte[] newBytes() {
        return newBytes;
    }

    int newLength() {
        return newLength;
    }

    boolean isChanged(int column) {
        return changed[column];
    }

    @Override
    public Row row() {
        checkOpen();
        return row;
    }

    @Override
    public RowChange set(int column, Object value) {
        Column definition = settable(column);
        Object wanted = value == Table.DEFAULT ? Defaults.of(t, table, column) : value;
        if (wanted == null) {
            anyNulled = true;
        } else {
            wanted = Datums.coerce(definition, wanted);
        }
        startFormer();
        former.set(column, wanted);
        changed[column] = true;
        return this;
    }

    @Override
    public RowChange setLong(int column, long value) {
        Column definition = settable(column);
        long wanted = Datums.coerceLong(definition, value);
        changed[column] = true;
        int offset = former != null ? -1 : TupleReader.attributeOffset(table.descriptor(), row.tuple(), 0, column);
        if (offset < 0) {
            startFormer();
            former.setLong(column, wanted);
            return this;
        }
        if (patch == null) {
            patch = scratch.patchOf(row.tuple());
        }
        switch (definition.type().kind()) {
            case SMALLINT -> LittleEndian.putShort(patch, offset, (int) wanted);
            case INTEGER -> LittleEndian.putInt(patch, offset, (int) wanted);
            default -> LittleEndian.putLong(patch, offset, wanted);
        }
        return this;
    }

    private void startFormer() {
        if (former == null) {
            former = scratch.former().startFrom(patch != null ? patch : row.tuple(), 0);
        }
    }

    private Column settable(int column) {
        checkOpen();
        if (column < 0 || column >= changed.length) {
            throw new UsageException(
                    SqlState.UNDEFINED_COLUMN,
                    "column number " + column + " does not exist",
                    "table=" + table.name() + " columns=" + changed.length);
        }
        Column definition = table.descriptor().column(column);
        if (definition.identity() == Column.Identity.ALWAYS) {
            throw new UsageException(
                    SqlState.GENERATED_ALWAYS,
                    "column \"" + definition.name() + "\" can only be updated to DEFAULT",
                    "Column \"" + definition.name() + "\" is an identity column defined as GENERATED ALWAYS.");
        }
        return definition;
    }

    private void checkOpen() {
        if (row == null) {
            throw new UsageException(
                    SqlState.OBJECT_NOT_IN_PREREQUISITE_STATE,
                    "a row change is only valid inside the call that got it");
        }
    }
}
