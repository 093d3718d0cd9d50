package dev.palimpsest.table;

import dev.palimpsest.api.Scan;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.UsageException;
import dev.palimpsest.btree.KeyEncoder;
import dev.palimpsest.catalog.IndexInfo;
import dev.palimpsest.catalog.TableInfo;
import java.util.List;

/** Checks what a caller asks of a scan. Stateless. */
final class ScanChecks {
    private ScanChecks() {}

    /** Every row of the scan is changed, and changing it locks it: a limit or a lock of the scan's own would be ignored. */
    static void checkChanges(Scan scan, String command) {
        UsageException.required(scan, "the scan");
        if (scan.lock() != null || scan.limit() >= 0) {
            throw new UsageException(
                    SqlState.INVALID_PARAMETER_VALUE,
                    "the scan of " + command + " can have neither a limit nor a lock",
                    "limit=" + scan.limit() + " lock=" + scan.lock(),
                    "Scan with the limit or the lock, and change the rows found by their key.",
                    null);
        }
    }

    static void checkNoBounds(Scan scan) {
        boolean bounded = scan.lower() != null && !scan.lower().isEmpty()
                || scan.upper() != null && !scan.upper().isEmpty();
        if (bounded || scan.reverse()) {
            throw new UsageException(
                    SqlState.INVALID_PARAMETER_VALUE,
                    "bounds and order need an index",
                    null,
                    "Start with Scan.index(name).",
                    null);
        }
    }

    static IndexInfo index(TableInfo table, Scan scan) {
        IndexInfo index = table.index(scan.index());
        if (index == null) {
            throw new UsageException(
                    SqlState.UNDEFINED_OBJECT,
                    "index \"" + scan.index() + "\" for table \"" + table.name() + "\" does not exist");
        }
        return index;
    }

    /** Encodes a bound; null for none. */
    static byte[] bound(KeyEncoder encoder, TableInfo table, IndexInfo index, List<Object> values) {
        if (values == null || values.isEmpty()) {
            return null;
        }
        if (values.size() > index.columns().size()) {
            throw new UsageException(
                    SqlState.INVALID_PARAMETER_VALUE,
                    "index \"" + index.name() + "\" has " + index.columns().size() + " columns but the bound has "
                            + values.size() + " values");
        }
        Keys.ofValues(encoder, table, index, values);
        return encoder.toBytes();
    }
}
