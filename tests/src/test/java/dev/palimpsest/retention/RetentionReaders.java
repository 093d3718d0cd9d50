package dev.palimpsest.retention;

import dev.palimpsest.api.IsolationLevel;
import dev.palimpsest.api.Row;
import dev.palimpsest.api.RowLockMode;
import dev.palimpsest.api.RowStream;
import dev.palimpsest.api.Scan;
import dev.palimpsest.api.SessionInfo;
import dev.palimpsest.api.Table;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.TransactionOptions;
import dev.palimpsest.api.WaitPolicy;
import dev.palimpsest.engine.EngineDatabase;
import dev.palimpsest.retention.VersionModel.Version;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.TreeMap;

/** Readers of every kind; each compares what it finds with the model as of its snapshot's number. */
final class RetentionReaders {
    private final VersionModel model;
    private final RetentionOracle oracle;
    private final EngineDatabase db;
    private final Table table;
    private final FreezingScheduler scheduler;
    private final SplittableRandom random;
    private final int keys;

    /** Rows compared. */
    long compared;

    RetentionReaders(
            VersionModel model,
            RetentionOracle oracle,
            EngineDatabase db,
            FreezingScheduler scheduler,
            SplittableRandom random,
            int keys) {
        this.model = model;
        this.oracle = oracle;
        this.db = db;
        this.scheduler = scheduler;
        this.random = random;
        this.keys = keys;
        table = db.table(RetentionTable.NAME);
    }

    /** One snapshot for a long time, read again and again in every way. */
    void repeatedReader(int times) {
        try (Transaction tx = db.begin(TransactionOptions.READ_ONLY.withIsolation(IsolationLevel.REPEATABLE_READ))) {
            table.get(tx, 0L);
            long csn = db.sessions().stream()
                    .filter(info -> info.id() == tx.sessionId())
                    .mapToLong(SessionInfo::snapshotCsn)
                    .findFirst()
                    .orElseThrow();
            for (int i = 0; i < times; i++) {
                rest(20_000_000);
                Map<Long, Version> expected = oracle.asOf(csn);
                switch (random.nextInt(5)) {
                    case 0 -> all(tx, expected, csn);
                    case 1 -> byGroup(tx, expected, csn);
                    case 2 -> byKeys(tx, expected, csn, random.nextBoolean());
                    default -> byKey(tx, expected, csn);
                }
            }
            tx.commit();
        }
    }

    private void all(Transaction tx, Map<Long, Version> expected, long csn) {
        compare("scan", expected, read(tx, Scan.all()), csn);
    }

    private void byGroup(Transaction tx, Map<Long, Version> expected, long csn) {
        long group = random.nextInt(4);
        Map<Long, Version> of = new TreeMap<>(expected);
        of.values().removeIf(version -> version.group != group);
        compare(
                "group " + group,
                of,
                read(tx, Scan.index(RetentionTable.BY_GROUP).equalTo(group)),
                csn);
    }

    private void byKeys(Transaction tx, Map<Long, Version> expected, long csn, boolean reverse) {
        long from = random.nextInt(keys);
        long to = from + random.nextInt(keys * 2);
        Map<Long, Version> of = new TreeMap<>(expected);
        of.keySet().removeIf(key -> key < from || key > to);
        Scan scan = Scan.index(RetentionTable.BY_KEY).from(from).to(to);
        compare("keys " + from + " to " + to, of, read(tx, reverse ? scan.reversed() : scan), csn);
    }

    private void byKey(Transaction tx, Map<Long, Version> expected, long csn) {
        for (int i = 0; i < 6; i++) {
            long key = random.nextInt(keys + 4);
            Row row = table.get(tx, key);
            Version version = expected.get(key);
            Long found = row == null ? null : row.longValue(StoredVersions.ID_COLUMN);
            compared++;
            if (version == null ? found != null : found == null || found != version.id) {
                throw new AssertionError("key " + key + " as of " + csn + ": expected " + version + ", found " + found);
            }
        }
    }

    private Map<Long, Long> read(Transaction tx, Scan scan) {
        Map<Long, Long> found = new TreeMap<>();
        try (RowStream stream = table.scan(tx, scan)) {
            while (stream.hasNext()) {
                add(found, stream.next());
            }
        }
        return found;
    }

    private void add(Map<Long, Long> found, Row row) {
        Long other = found.put(row.longValue(0), row.longValue(StoredVersions.ID_COLUMN));
        if (other != null) {
            throw new AssertionError("key " + row.longValue(0) + " twice: versions " + other + " and "
                    + row.longValue(StoredVersions.ID_COLUMN));
        }
        String padding = row.stringValue("pad"); // a big value is read as well
        if (padding.chars().anyMatch(c -> c != 'p')) {
            throw new AssertionError("key " + row.longValue(0) + " has another value's text: " + padding);
        }
    }

    private void compare(String what, Map<Long, Version> expected, Map<Long, Long> found, long csn) {
        compared += expected.size();
        expected.forEach((key, version) -> {
            if (!Long.valueOf(version.id).equals(found.get(key))) {
                throw new AssertionError(
                        what + " as of " + csn + ": expected " + version + ", found " + found.get(key));
            }
        });
        if (expected.size() != found.size()) {
            found.keySet().removeAll(expected.keySet());
            List<Version> tooMany = found.values().stream().map(model::version).toList();
            throw new AssertionError(what + " as of " + csn + ": too many: " + tooMany);
        }
    }

    /** A stream at READ COMMITTED whose snapshot outlives its statement, read row by row over a long time. */
    void cursor() {
        try (Transaction tx = db.begin()) {
            Scan scan = switch (random.nextInt(3)) {
                case 0 -> Scan.all();
                case 1 -> Scan.index(RetentionTable.BY_KEY);
                default -> Scan.index(RetentionTable.BY_KEY).reversed();
            };
            long before = oracle.published();
            try (RowStream stream = table.scan(tx, scan)) {
                boolean known = before == oracle.published(); // else its snapshot may be either, or one between
                Map<Long, Version> expected = oracle.asOf(before);
                Map<Long, Long> found = new TreeMap<>();
                while (stream.hasNext()) {
                    add(found, stream.next());
                    if (random.nextInt(4) == 0) {
                        rest(10_000_000);
                    }
                }
                if (known) {
                    compare("cursor", expected, found, before);
                }
            }
            tx.commit();
        }
    }

    /** A cursor that locks what it returns: an open snapshot for a long time. */
    void lockingCursor() {
        try (Transaction tx = db.begin()) {
            Scan scan = Scan.index(RetentionTable.BY_KEY)
                    .lock(random.nextBoolean() ? RowLockMode.KEY_SHARE : RowLockMode.SHARE, WaitPolicy.SKIP_LOCKED);
            try (RowStream stream = table.scan(tx, scan)) {
                for (int i = random.nextInt(6); i > 0 && stream.hasNext(); i--) {
                    stream.next();
                    rest(10_000_000);
                }
            }
            tx.rollback();
        }
    }

    private void rest(int mostNanos) {
        scheduler.park(this, 1 + random.nextInt(mostNanos));
    }
}
