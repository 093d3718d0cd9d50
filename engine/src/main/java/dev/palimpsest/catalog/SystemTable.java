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
    /**
     * A row for each table ({@code r}), index ({@code i}) and sequence ({@code S}). {@code reloptions} holds a table's storage parameters; rows
     * written before it existed have none.
     */
    PG_CLASS(
            1,
            "pg_class",
            column("oid", ColumnType.BIGINT),
            column("relname", ColumnType.TEXT),
            column("relkind", ColumnType.TEXT),
            column("relfilenode", ColumnType.BIGINT),
            nullable("reloptions", ColumnType.TEXT)),
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
            column("indisconstraint", ColumnType.BOOLEAN)),
    /**
     * A row for each CHECK ({@code c}) and foreign key ({@code f}) of a table, numbered from 1 within it. Column numbers count from 1, separated
     * by blanks; actions are PostgreSQL's letters.
     */
    PG_CONSTRAINT(
            4,
            "pg_constraint",
            column("conrelid", ColumnType.BIGINT),
            column("connum", ColumnType.SMALLINT),
            column("conname", ColumnType.TEXT),
            column("contype", ColumnType.TEXT),
            column("conkey", ColumnType.TEXT),
            column("confrelid", ColumnType.BIGINT),
            column("confkey", ColumnType.TEXT),
            column("conindid", ColumnType.BIGINT),
            column("confupdtype", ColumnType.TEXT),
            column("confdeltype", ColumnType.TEXT),
            nullable("consrc", ColumnType.TEXT)),
    /** A row for each sequence; one made before these rows existed has none, and the default shape. */
    PG_SEQUENCE(
            5,
            "pg_sequence",
            column("seqrelid", ColumnType.BIGINT),
            column("seqstart", ColumnType.BIGINT),
            column("seqincrement", ColumnType.BIGINT),
            column("seqmin", ColumnType.BIGINT),
            column("seqmax", ColumnType.BIGINT),
            column("seqcycle", ColumnType.BOOLEAN));

    static final String KIND_TABLE = "r";
    static final String KIND_INDEX = "i";
    static final String KIND_SEQUENCE = "S";

    static final String TYPE_CHECK = "c";
    static final String TYPE_FOREIGN = "f";

    // columns of pg_class
    static final int OID = 0;
    static final int RELNAME = 1;
    static final int RELKIND = 2;
    static final int RELFILENODE = 3;
    static final int RELOPTIONS = 4;

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

    // columns of pg_constraint
    static final int CONRELID = 0;
    static final int CONNUM = 1;
    static final int CONNAME = 2;
    static final int CONTYPE = 3;
    static final int CONKEY = 4;
    static final int CONFRELID = 5;
    static final int CONFKEY = 6;
    static final int CONINDID = 7;
    static final int CONFUPDTYPE = 8;
    static final int CONFDELTYPE = 9;
    static final int CONSRC = 10;

    // columns of pg_sequence
    static final int SEQRELID = 0;
    static final int SEQSTART = 1;
    static final int SEQINCREMENT = 2;
    static final int SEQMIN = 3;
    static final int SEQMAX = 4;
    static final int SEQCYCLE = 5;

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
