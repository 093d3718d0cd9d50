package dev.palimpsest.history;

import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.IndexSchema;
import dev.palimpsest.api.Row;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.history.Read.Seen;

/**
 * The table of a window: a row a key, with the number of the version, the group that predicates ask for, and in the list-append workload
 * the numbers of all versions since the list began.
 */
final class HistoryTable {
    static final int VERSION = 1;
    static final int GROUP = 2;
    static final int LIST = 3;

    private HistoryTable() {}

    static void create(Transaction tx, String name) {
        tx.createTable(TableSchema.named(name)
                .column("id", ColumnType.BIGINT)
                .column("version", ColumnType.BIGINT)
                .column("grp", ColumnType.BIGINT)
                .column("list", ColumnType.TEXT)
                .column("padding", ColumnType.TEXT)
                .primaryKey("id")
                .build());
        tx.createIndex(IndexSchema.on(name, "grp").named(name + "_by_group"));
    }

    static boolean exists(Database db, String name) {
        return db.read(tx -> tx.tableSchema(name) != null);
    }

    static Seen seen(Row row) {
        return new Seen(
                (int) row.longValue(0), row.longValue(VERSION), row.isNull(LIST) ? null : parse(row.stringValue(LIST)));
    }

    static int group(Row row) {
        return (int) row.longValue(GROUP);
    }

    static String format(long[] list) {
        StringBuilder text = new StringBuilder(list.length * 8);
        for (long element : list) {
            text.append(element).append(',');
        }
        return text.toString();
    }

    static int length(String text) {
        int count = 0;
        for (int i = 0; i < text.length(); i++) {
            count += text.charAt(i) == ',' ? 1 : 0;
        }
        return count;
    }

    static long[] parse(String text) {
        long[] list = new long[length(text)];
        int at = 0;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c == ',') {
                at++;
            } else {
                list[at] = list[at] * 10 + (c - '0');
            }
        }
        return list;
    }
}
