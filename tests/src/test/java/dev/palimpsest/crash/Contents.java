package dev.palimpsest.crash;

import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.IndexSchema;
import dev.palimpsest.api.Row;
import dev.palimpsest.api.RowStream;
import dev.palimpsest.api.Scan;
import dev.palimpsest.api.Table;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.Transaction;
import java.util.Map;
import java.util.TreeMap;
import java.util.zip.CRC32;

/** A database as a {@link Ledger} sees it: all tables, indexes, constraints, sequences and rows by name, with their contents as strings. Stateless. */
final class Contents {
    private Contents() {}

    static Map<String, String> read(Database db) {
        return db.read(tx -> {
            Map<String, String> contents = new TreeMap<>();
            for (String name : tx.tableNames()) {
                contents.put("table/" + name, "");
                Table table = db.table(name);
                for (IndexSchema index : table.indexes(tx)) {
                    if (!index.name().endsWith("_pkey") && !index.name().endsWith("_key")) {
                        contents.put("index/" + index.name(), "");
                    }
                }
                TableSchema schema = table.schema(tx);
                schema.checks().forEach(check -> contents.put("constraint/" + check.name(), ""));
                schema.foreignKeys().forEach(key -> contents.put("constraint/" + key.name(), ""));
                readRows(tx, table, contents);
            }
            tx.sequenceNames().forEach(name -> contents.put("sequence/" + name, ""));
            return contents;
        });
    }

    private static void readRows(Transaction tx, Table table, Map<String, String> contents) {
        try (RowStream rows = table.scan(tx, Scan.all())) {
            while (rows.hasNext()) {
                Row row = rows.next();
                String before = contents.put(thing(table.name(), row.longValue(0)), content(row));
                if (before != null) {
                    throw new AssertionError("twice: " + table.name() + " " + content(row) + " and " + before);
                }
            }
        }
    }

    static String thing(String table, long key) {
        return table + "/" + key;
    }

    /** Long values by length and CRC. */
    static String content(Row row) {
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < row.schema().columns().size(); i++) {
            text.append(i == 0 ? "" : "|");
            if (row.isNull(i)) {
                text.append("null");
            } else if (row.schema().columns().get(i).type().kind() == ColumnType.Kind.BYTEA) {
                text.append(digest(row.bytesValue(i)));
            } else {
                String value = String.valueOf(row.value(i));
                text.append(
                        value.length() < 40 ? value : digest(value.getBytes(java.nio.charset.StandardCharsets.UTF_8)));
            }
        }
        return text.toString();
    }

    private static String digest(byte[] bytes) {
        CRC32 crc = new CRC32();
        crc.update(bytes);
        return bytes.length + ":" + Long.toHexString(crc.getValue());
    }
}
