package dev.palimpsest.model;

import dev.palimpsest.api.CanceledException;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.IsolationLevel;
import dev.palimpsest.api.Row;
import dev.palimpsest.api.RowStream;
import dev.palimpsest.api.Scan;
import dev.palimpsest.api.Session;
import dev.palimpsest.api.Table;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.TransactionOptions;
import dev.palimpsest.api.VacuumOptions;
import dev.palimpsest.api.VacuumReport;
import dev.palimpsest.sim.SeededScheduler;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.TreeMap;

/** Writers, readers and vacuums of {@link VacuumSimulationTest}. The number of rows and the sum of their amounts never change. */
final class VacuumSessions {
    static final String TABLE = "rows";
    static final int ROWS = 120;
    static final long EACH = 100;

    /** What all runs did. Simulated sessions run one at a time. */
    static final class Counts {
        long commits;
        long snapshots;
        long vacuums;
        long automatic;
        long cancels;
        long freed;
        long archived;
        long entries;

        @Override
        public String toString() {
            return "commits=" + commits + " snapshots=" + snapshots + " vacuums=" + vacuums + " automatic=" + automatic
                    + " cancelled=" + cancels + " freed=" + freed + " archived=" + archived + " index entries="
                    + entries;
        }
    }

    private final Database db;
    private final SeededScheduler scheduler;
    private final Counts counts;
    private final Table rows;

    /** Keys of new rows: never used again. */
    private long nextId = 1_000;

    VacuumSessions(Database db, SeededScheduler scheduler, Counts counts) {
        this.db = db;
        this.scheduler = scheduler;
        this.counts = counts;
        rows = db.table(TABLE);
    }

    static int countRows(Database db) {
        return db.read(tx -> (int) db.table(TABLE).scan(tx, Scan.all()).stream().count());
    }

    // ---- writers

    void write(SplittableRandom random, int transactions) {
        for (int i = 0; i < transactions; i++) {
            boolean repeatable = random.nextInt(3) == 0;
            TransactionOptions options = TransactionOptions.DEFAULT
                    .withIsolation(repeatable ? IsolationLevel.REPEATABLE_READ : IsolationLevel.READ_COMMITTED)
                    .withMaxAttempts(100);
            SplittableRandom own = random.split();
            db.transact(options, tx -> {
                change(tx, own.split());
                return null;
            });
            counts.commits++;
        }
    }

    private void change(Transaction tx, SplittableRandom random) {
        List<Long> ids = new ArrayList<>();
        try (RowStream stream = rows.scan(tx, Scan.all())) {
            stream.forEachRemaining(row -> ids.add(row.longValue("id")));
        }
        int steps = 1 + random.nextInt(4);
        for (int i = 0; i < steps; i++) {
            long from = ids.get(random.nextInt(ids.size()));
            long to = ids.get(random.nextInt(ids.size()));
            boolean back = random.nextInt(6) == 0;
            if (back) {
                tx.savepoint("s");
            }
            switch (random.nextInt(5)) {
                case 0, 1 -> move(tx, Math.min(from, to), Math.max(from, to), random.nextInt(20));
                case 2 -> rows.update(tx, from, change -> change.set("k", (long) random.nextInt(10)));
                case 3 -> replace(tx, from, random);
                default -> rows.update(tx, from, change -> change.set("p", "y".repeat(1 + random.nextInt(600))));
            }
            if (back) {
                tx.rollbackTo("s");
            }
        }
    }

    private void move(Transaction tx, long from, long to, long amount) {
        if (from == to || !add(tx, from, -amount)) {
            return;
        }
        if (!add(tx, to, amount)) {
            add(tx, from, amount);
        }
    }

    private boolean add(Transaction tx, long id, long amount) {
        return rows.update(tx, id, change -> change.setLong("v", change.row().longValue("v") + amount));
    }

    /** The row goes, another one with its amount comes. */
    private void replace(Transaction tx, long id, SplittableRandom random) {
        long[] amount = {Long.MIN_VALUE};
        boolean found = rows.update(tx, id, change -> amount[0] = change.row().longValue("v"));
        if (found && rows.delete(tx, id)) {
            rows.insert(tx, nextId++, (long) random.nextInt(10), amount[0], "z".repeat(random.nextInt(500)));
        }
    }

    // ---- readers

    void read(SplittableRandom random, int snapshots) {
        for (int i = 0; i < snapshots; i++) {
            try (Transaction tx = db.begin(TransactionOptions.DEFAULT.withIsolation(IsolationLevel.REPEATABLE_READ))) {
                TreeMap<Long, String> first = contents(tx);
                long sum = 0;
                for (String row : first.values()) {
                    sum += Long.parseLong(row.substring(row.indexOf(':') + 1, row.indexOf(';')));
                }
                require(first.size() == ROWS && sum == ROWS * EACH, "rows=" + first.size() + " sum=" + sum);
                for (int look = random.nextInt(4); look >= 0; look--) {
                    scheduler.park(this, 1_000_000L * random.nextInt(200));
                    long id = new ArrayList<>(first.keySet()).get(random.nextInt(first.size()));
                    Row row = rows.get(tx, id);
                    require(row != null && text(row).equals(first.get(id)), "id=" + id + " row=" + row);
                    require(contents(tx).equals(first), "a second look differs");
                    byIndex(tx, first);
                }
            }
            counts.snapshots++;
        }
    }

    private TreeMap<Long, String> contents(Transaction tx) {
        TreeMap<Long, String> contents = new TreeMap<>();
        try (RowStream stream = rows.scan(tx, Scan.all())) {
            stream.forEachRemaining(row ->
                    require(contents.put(row.longValue("id"), text(row)) == null, "twice: id=" + row.longValue("id")));
        }
        return contents;
    }

    private void byIndex(Transaction tx, TreeMap<Long, String> expected) {
        TreeMap<Long, String> contents = new TreeMap<>();
        try (RowStream stream = rows.scan(tx, Scan.index("k_index"))) {
            stream.forEachRemaining(row -> require(
                    contents.put(row.longValue("id"), text(row)) == null, "twice by index: id=" + row.longValue("id")));
        }
        require(contents.equals(expected), "by index: missing=" + missing(expected, contents));
    }

    private static List<Long> missing(TreeMap<Long, String> expected, TreeMap<Long, String> found) {
        return expected.keySet().stream()
                .filter(id -> !expected.get(id).equals(found.get(id)))
                .toList();
    }

    private static String text(Row row) {
        return row.longValue("k") + ":" + row.longValue("v") + ";" + row.stringValue("p");
    }

    // ---- vacuum

    void vacuum(SplittableRandom random, int times) {
        try (Session session = db.openSession()) {
            for (int i = 0; i < times; i++) {
                scheduler.park(this, 1_000_000L * random.nextInt(100));
                Thread canceller = null;
                if (random.nextInt(3) == 0) {
                    long after = 1_000_000L * random.nextInt(50);
                    canceller = scheduler.spawnSession("canceller", () -> {
                        scheduler.park(this, after);
                        session.cancel();
                    });
                }
                VacuumOptions options = VacuumOptions.DEFAULT
                        .withCost(random.nextInt(3), 1 + random.nextInt(100))
                        .withDisablePageSkipping(random.nextInt(5) == 0)
                        .withWorkMemBytes(64 << 10);
                try {
                    session.vacuum(options, TABLE).forEach(this::count);
                    counts.vacuums++;
                } catch (CanceledException e) {
                    counts.cancels++;
                }
                if (canceller != null) {
                    scheduler.join(canceller);
                }
            }
        }
    }

    private void count(VacuumReport report) {
        counts.freed += report.linePointersFreed();
        counts.archived += report.versionsArchived();
        report.indexes().forEach(index -> counts.entries += index.entriesRemoved());
    }

    private static void require(boolean holds, String what) {
        if (!holds) {
            throw new AssertionError(what);
        }
    }
}
