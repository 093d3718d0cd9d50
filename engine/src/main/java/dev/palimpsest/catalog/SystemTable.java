package dev.palimpsest.catalog;

import dev.palimpsest.api.Column;
import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.tuple.TupleDescriptor;
import java.util.List;

/**
 * The catalog's own tables: fixed file numbers and columns, so that reading them needs no catalog. Their rows hold everything but
 * themselves. Names are PostgreSQL's. Immutable.
 */
enum SystemTable {
    /** A row for each table ({@code r}), index ({@code i}) and sequence ({@code S}). */
    PG_CLASS(
            1,
            "pg_class",
            column("oid", ColumnType.BIGINT),
            column("relname", ColumnType.TEXT),
            column("relkind", ColumnType.TEXT),
            column("relfilenode", ColumnType.BIGINT)),
    /** A row for each column of each table. */
    PG_ATTRIBUTE(
            2,
            "pg_attribute",
            column("attrelid", ColumnType.BIGINT),
            column("attnum", ColumnType.SMALLINT),
            column("attname", ColumnType.TEXT),
            column("atttype", ColumnType.TEXT),
            column("attlength", ColumnType.INTEGER),
            column("attscale", ColumnType.INTEGER),
            column("attnotnull", ColumnType.BOOLEAN),
            nullable("attdefault", ColumnType.TEXT),
            column("attidentity", ColumnType.TEXT),
            column("attsequence", ColumnType.BIGINT)),
    /** A row for each index. {@code indkey} holds column numbers from 1, {@code indoption} 1 for each descending column. */
    PG_INDEX(
            3,
            "pg_index",
            column("indexrelid", ColumnType.BIGINT),
            column("indrelid", ColumnType.BIGINT),
            column("indkey", ColumnType.TEXT),
            column("indoption", ColumnType.TEXT),
            column("indisunique", ColumnType.BOOLEAN),
            column("indisprimary", ColumnType.BOOLEAN),
            column("indisconstraint", ColumnType.BOOLEAN));

    static final String KIND_TABLE = "r";
    static final String KIND_INDEX = "i";
    static final String KIND_SEQUENCE = "S";

    // columns of pg_class
    static final int OID = 0;
    static final int RELNAME = 1;
    static final int RELKIND = 2;
    static final int RELFILENODE = 3;

    // columns of pg_attribute
    static final int ATTRELID = 0;
    static final int ATTNUM = 1;
    static final int ATTNAME = 2;
    static final int ATTTYPE = 3;
    static final int ATTLENGTH = 4;
    static final int ATTSCALE = 5;
    static final int ATTNOTNULL = 6;
    static final int ATTDEFAULT = 7;
    static final int ATTIDENTITY = 8;
    static final int ATTSEQUENCE = 9;

    // columns of pg_index
    static final int INDEXRELID = 0;
    static final int INDRELID = 1;
    static final int INDKEY = 2;
    static final int INDOPTION = 3;
    static final int INDISUNIQUE = 4;
    static final int INDISPRIMARY = 5;
    static final int INDISCONSTRAINT = 6;

    private final int fileNumber;
    private final TableSchema schema;
    private final TupleDescriptor descriptor;

    SystemTable(int fileNumber, String name, Column... columns) {
        this.fileNumber = fileNumber;
        schema = new TableSchema(name, List.of(columns), List.of(), List.of());
        descriptor = new TupleDescriptor(schema.columns());
    }

    private static Column column(String name, ColumnType type) {
        return new Column(name, type, true, null, Column.Identity.NONE);
    }

    private static Column nullable(String name, ColumnType type) {
        return new Column(name, type, false, null, Column.Identity.NONE);
    }

    /** Also its oid. */
    int fileNumber() {
        return fileNumber;
    }

    TableSchema schema() {
        return schema;
    }

    TupleDescriptor descriptor() {
        return descriptor;
    }
}
