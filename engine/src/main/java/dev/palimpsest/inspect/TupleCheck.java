package dev.palimpsest.inspect;

import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.EngineException;
import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.id.Xid;
import dev.palimpsest.page.LinePointer;
import dev.palimpsest.page.PageLayout;
import dev.palimpsest.tuple.TupleDescriptor;
import dev.palimpsest.tuple.TupleLayout;
import dev.palimpsest.tuple.TupleReader;
import java.io.IOException;
import java.io.InputStream;

/** Checks single tuples: header, attributes, big values. Not thread-safe. */
final class TupleCheck {
    private final TableInfo table;
    private final long nextXid;
    private final TableCheck.Reporter reporter;

    TupleCheck(TableInfo table, long nextXid, TableCheck.Reporter reporter) {
        this.table = table;
        this.nextXid = nextXid;
        this.reporter = reporter;
    }

    /** @return false if a problem was reported */
    boolean check(long tid, int line, byte[] page) {
        String problem;
        try {
            problem = headerProblem(page, LinePointer.offset(line), LinePointer.length(line));
            problem = problem != null
                    ? problem
                    : attributeProblem(page, LinePointer.offset(line), LinePointer.length(line));
        } catch (IndexOutOfBoundsException e) {
            problem = "an attribute leads out of the page: " + e.getMessage();
        } catch (EngineException e) {
            problem = e.text();
        }
        if (problem != null) {
            reporter.problem(tid, problem);
        }
        return problem == null;
    }

    private String headerProblem(byte[] page, int base, int length) {
        if (length < TupleLayout.MIN_HEADER) {
            return "shorter than a header, length=" + length;
        }
        long xmin = TupleReader.xmin(page, base);
        long xmax = TupleReader.xmax(page, base);
        if (xmin <= Xid.NONE || xmin >= nextXid || xmax < Xid.NONE || xmax >= nextXid) {
            return "xmin=" + xmin + " xmax=" + xmax + " next xid=" + nextXid;
        }
        int flags = TupleReader.flags(page, base);
        if ((flags & ~TupleLayout.KNOWN_FLAGS) != 0) {
            return "unknown flags=0x" + Integer.toHexString(flags);
        }
        if ((flags & (TupleLayout.KEYS_UPDATED | TupleLayout.UPDATED)) == TupleLayout.KEYS_UPDATED) {
            return "KEYS_UPDATED without UPDATED, flags=0x" + Integer.toHexString(flags);
        }
        int hoff = page[base + TupleLayout.HOFF] & 0xFF;
        int columns = TupleReader.columnCount(page, base);
        if (columns > table.descriptor().columnCount() || hoff < TupleLayout.MIN_HEADER || hoff > length) {
            return "columns=" + columns + " of=" + table.descriptor().columnCount() + " hoff=" + hoff + " length="
                    + length;
        }
        return null;
    }

    private String attributeProblem(byte[] page, int base, int length) {
        TupleDescriptor descriptor = table.descriptor();
        int end = base + (page[base + TupleLayout.HOFF] & 0xFF);
        for (int i = 0; i < TupleReader.columnCount(page, base); i++) {
            int offset = TupleReader.attributeOffset(descriptor, page, base, i);
            if (offset < 0) {
                if (descriptor.column(i).notNull()) {
                    return "column \"" + descriptor.column(i).name() + "\" is NOT NULL but NULL";
                }
                continue;
            }
            int width = fixedWidth(descriptor.kind(i));
            boolean big = width == 0 && TupleReader.isBig(page, offset);
            if (width == 0) {
                width = TupleLayout.INLINE_LENGTH_BYTES
                        + (big ? TupleLayout.POINTER_BYTES : TupleReader.inlineLength(page, offset));
            }
            end = offset + width;
            if (end > base + length) {
                return "column \"" + descriptor.column(i).name() + "\" ends at " + (end - base) + ", length=" + length;
            }
            if (big) {
                readBig(page, offset);
            }
        }
        return end == base + length ? null : "attributes end at " + (end - base) + ", length=" + length;
    }

    /** The stream itself checks that the chain has the length that the tuple says. */
    private void readBig(byte[] page, int offset) {
        byte[] chunk = new byte[PageLayout.SIZE];
        try (InputStream value = table.heap()
                .bigValues()
                .open(TupleReader.bigFirstBlock(page, offset), TupleReader.bigLength(page, offset))) {
            while (value.read(chunk) >= 0) {
                // reading is the check
            }
        } catch (IOException e) {
            throw new IllegalStateException(e); // it reads pages, not a stream of somebody's
        }
    }

    private static int fixedWidth(ColumnType.Kind kind) {
        return switch (kind) {
            case BOOLEAN -> 1;
            case SMALLINT -> Short.BYTES;
            case INTEGER -> Integer.BYTES;
            case BIGINT, DOUBLE, TIMESTAMPTZ -> Long.BYTES;
            case NUMERIC, TEXT, VARCHAR, BYTEA -> 0;
        };
    }
}
