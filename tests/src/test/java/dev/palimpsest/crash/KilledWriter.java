package dev.palimpsest.crash;

import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.DatabaseOptions;
import dev.palimpsest.api.IndexSchema;
import dev.palimpsest.api.Table;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.Transaction;
import java.nio.file.Path;
import java.util.SplittableRandom;

/**
 * The child of {@link KillTest}: writers that move money between accounts and write each transfer down, and print a transfer's number once
 * its commit has returned.
 */
final class KilledWriter {
    static final int WRITERS = 2;
    static final int ACCOUNTS = 20;
    static final long MONEY = 1_000;

    /** Small, so that checkpoints, evictions and new segments fall into every life. */
    static final DatabaseOptions OPTIONS = DatabaseOptions.DEFAULT
            .withBufferPoolBytes(1 << 20)
            .withWalBufferBytes(256 << 10)
            .withWalSegmentBytes(1 << 20)
            .withCheckpointWalBytes(1 << 20);

    private KilledWriter() {}

    /** @param arguments directory, seed */
    public static void main(String[] arguments) {
        Database db = Database.open(Path.of(arguments[0]), OPTIONS);
        long seed = Long.parseLong(arguments[1]);
        create(db);
        System.out.println("open");
        for (int writer = 0; writer < WRITERS; writer++) {
            int number = writer;
            new Thread(() -> write(db, number, new SplittableRandom(seed * WRITERS + number))).start();
        }
    }

    private static void create(Database db) {
        db.transact(tx -> {
            if (tx.tableSchema("accounts") != null) {
                return null;
            }
            tx.createTable(TableSchema.named("accounts")
                    .column("id", ColumnType.BIGINT)
                    .column("balance", ColumnType.BIGINT)
                    .column("padding", ColumnType.TEXT)
                    .primaryKey("id")
                    .build());
            tx.createTable(TableSchema.named("transfers")
                    .column("id", ColumnType.BIGINT)
                    .column("name", ColumnType.TEXT)
                    .column("big", ColumnType.BYTEA)
                    .primaryKey("id")
                    .unique("name")
                    .build());
            tx.createIndex(IndexSchema.on("accounts", "balance").named("accounts_by_balance"));
            for (long id = 0; id < ACCOUNTS; id++) {
                db.table("accounts").insert(tx, id, MONEY, "");
            }
            return null;
        });
    }

    /** Numbers grow by writer: {@code WRITERS * n + writer}. */
    private static void write(Database db, int writer, SplittableRandom random) {
        Table accounts = db.table("accounts");
        Table transfers = db.table("transfers");
        long next = db.read(tx -> {
            long last = 0;
            try (var rows = transfers.scan(
                    tx, dev.palimpsest.api.Scan.index("transfers_pkey").reversed())) {
                while (rows.hasNext() && last == 0) {
                    long id = rows.next().longValue("id");
                    last = id % WRITERS == writer ? id / WRITERS : 0;
                }
            }
            return last + 1;
        });
        for (; ; next++) {
            long number = next * WRITERS + writer;
            db.transact(tx -> {
                move(tx, accounts, random);
                transfers.insert(tx, number, name(number, random), big(random));
                return null;
            });
            System.out.println(number + ";"); // a line cut off by the kill doesn't end so
        }
    }

    private static void move(Transaction tx, Table accounts, SplittableRandom random) {
        long amount = random.nextInt(50);
        long from = random.nextInt(ACCOUNTS);
        String padding = "x".repeat(random.nextInt(300));
        accounts.update(
                tx,
                from,
                change -> change.setLong("balance", change.row().longValue("balance") - amount)
                        .set("padding", padding));
        accounts.update(
                tx,
                random.nextInt(ACCOUNTS),
                change -> change.setLong("balance", change.row().longValue("balance") + amount));
    }

    private static String name(long number, SplittableRandom random) {
        return Long.toHexString(number * 0x9E3779B97F4A7C15L) + "y".repeat(random.nextInt(500));
    }

    private static byte[] big(SplittableRandom random) {
        return random.nextInt(20) == 0 ? new byte[random.nextInt(60_000)] : null;
    }
}
