package dev.palimpsest.catalog;

import dev.palimpsest.api.SequenceSchema;

/**
 * A sequence as one reading of the catalog shows it. Immutable but for the handle, which all readings share.
 *
 * @param oid also its file number
 * @param ownerTable the table of the identity or serial column that it belongs to, and goes with; 0 for none
 * @param ownerColumn that column's position
 */
public record SequenceInfo(int oid, int ownerTable, int ownerColumn, Sequence handle) {
    public SequenceSchema schema() {
        return handle.schema();
    }

    public String name() {
        return schema().name();
    }
}
