package dev.palimpsest.sql.plan;

import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.UsageException;
import dev.palimpsest.sql.parser.TypeName;
import java.util.List;
import java.util.Set;

/**
 * The types of values in SQL. A value of any integer type (and XID) is a Long, NUMERIC a BigDecimal, DOUBLE a Double, strings and TID
 * are Strings, BYTEA a byte[], TIMESTAMPTZ an Instant.
 */
public enum SqlType {
    BOOLEAN("boolean"),
    SMALLINT("smallint"),
    INTEGER("integer"),
    BIGINT("bigint"),
    NUMERIC("numeric"),
    DOUBLE("double precision"),
    TEXT("text"),
    VARCHAR("character varying"),
    BYTEA("bytea"),
    TIMESTAMPTZ("timestamp with time zone"),
    /** A transaction id. */
    XID("xid"),
    /** A version's place, {@code (block,line pointer)}. */
    TID("tid"),
    /** What functions return that return nothing: an empty string, which isn't NULL. */
    VOID("void"),
    /** A literal whose type follows from where it stands. */
    UNKNOWN("unknown");

    /** Types that PostgreSQL has and we don't, yet. */
    private static final Set<String> KNOWN_ELSEWHERE = Set.of(
            "float4",
            "date",
            "time",
            "timetz",
            "timestamp",
            "interval",
            "bpchar",
            "char",
            "bit",
            "varbit",
            "uuid",
            "json",
            "jsonb",
            "xml",
            "inet",
            "cidr",
            "macaddr",
            "money",
            "oid",
            "regclass",
            "name",
            "xid",
            "xid8",
            "tid",
            "point");

    private final String sqlName;

    SqlType(String sqlName) {
        this.sqlName = sqlName;
    }

    public String sqlName() {
        return sqlName;
    }

    public boolean isInteger() {
        return this == SMALLINT || this == INTEGER || this == BIGINT;
    }

    public boolean isNumber() {
        return isInteger() || this == NUMERIC || this == DOUBLE;
    }

    public boolean isString() {
        return this == TEXT || this == VARCHAR;
    }

    /** Whether psql would align it to the right. */
    public boolean alignsRight() {
        return isNumber() || this == XID;
    }

    public static SqlType of(ColumnType type) {
        return of(type.kind());
    }

    public static SqlType of(ColumnType.Kind kind) {
        return valueOf(kind.name());
    }

    /**
     * The column type that a written type means.
     *
     * @throws SqlError 42704, 0A000, 22023
     */
    public static ColumnType columnType(TypeName name) {
        List<Integer> modifiers = name.modifiers();
        if (name.schema() != null && !name.schema().equals("pg_catalog")) {
            throw SqlError.at(
                    name.location(), "42704", "type \"" + name.schema() + "." + name.name() + "\" does not exist");
        }
        try {
            return columnType(name, modifiers);
        } catch (UsageException e) {
            throw SqlError.of(e).withLocation(name.location());
        }
    }

    private static ColumnType columnType(TypeName name, List<Integer> modifiers) {
        switch (name.name()) {
            case "varchar":
                return modifiers.isEmpty()
                        ? new ColumnType(ColumnType.Kind.VARCHAR, 0, 0)
                        : ColumnType.varchar(modifiers.get(0));
            case "numeric":
                if (modifiers.size() > 2) {
                    throw SqlError.at(name.location(), "22023", "invalid NUMERIC type modifier");
                }
                return modifiers.isEmpty()
                        ? ColumnType.NUMERIC
                        : ColumnType.numeric(modifiers.get(0), modifiers.size() == 2 ? modifiers.get(1) : 0);
            default:
                ColumnType plain = plainType(name);
                if (!modifiers.isEmpty()) {
                    throw plain == ColumnType.TIMESTAMPTZ
                            ? SqlError.unsupported(name.location(), "a precision of timestamptz")
                            : SqlError.at(
                                    name.location(),
                                    "42601",
                                    "type modifier is not allowed for type \"" + name.name() + "\"");
                }
                return plain;
        }
    }

    private static ColumnType plainType(TypeName name) {
        switch (name.name()) {
            case "bool":
                return ColumnType.BOOLEAN;
            case "int2":
                return ColumnType.SMALLINT;
            case "int4":
                return ColumnType.INTEGER;
            case "int8":
                return ColumnType.BIGINT;
            case "float8":
                return ColumnType.DOUBLE;
            case "text":
                return ColumnType.TEXT;
            case "bytea":
                return ColumnType.BYTEA;
            case "timestamptz":
                return ColumnType.TIMESTAMPTZ;
            default:
                if (KNOWN_ELSEWHERE.contains(name.name())) {
                    throw SqlError.unsupported(name.location(), "type " + name);
                }
                throw SqlError.at(name.location(), "42704", "type \"" + name.name() + "\" does not exist");
        }
    }
}
