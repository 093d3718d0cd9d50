package dev.palimpsest.retention;

import dev.palimpsest.api.CanceledException;
import dev.palimpsest.api.EngineException;
import dev.palimpsest.api.IsolationLevel;
import dev.palimpsest.api.OnConflict;
import dev.palimpsest.api.RetryException;
import dev.palimpsest.api.Row;
import dev.palimpsest.api.RowChange;
import dev.palimpsest.api.Scan;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.Table;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.TransactionOptions;
import dev.palimpsest.api.UsageException;
import dev.palimpsest.engine.EngineDatabase;
import dev.palimpsest.retention.VersionModel.Version;
import dev.palimpsest.retention.VersionModel.Writer;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SplittableRandom;
import java.util.function.Consumer;

/** What one writing session does: random transactions, each write told to the model. */
final class RetentionWork {
    /**
     * @param keys of so many keys rows come and go
     * @param padding at most so many bytes are in a row
     * @param bulk now and then so many rows with other keys are inserted, or all of them deleted; 0 for never
     */
    record Settings(int keys, int padding, int bulk) {}

    private static final int GROUPS = 4;
    private static final int BIG = 3_000;

    private final Settings settings;
    private final VersionModel model;
    private final RetentionOracle oracle;
    private final EngineDatabase db;
    private final Table table;
    private final Table marks;
    private final FreezingScheduler scheduler;
    private final SplittableRandom random;
    private final String name;

    private Transaction tx;
    private Writer writer;

    /** Where in the model's record each savepoint was set; its name is its depth. */
    private final List<Integer> savepoints = new ArrayList<>();

    RetentionWork(
            Settings settings,
            VersionModel model,
            RetentionOracle oracle,
            EngineDatabase db,
            FreezingScheduler scheduler,
            SplittableRandom random,
            String name) {
        this.settings = settings;
        this.model = model;
        this.oracle = oracle;
        this.db = db;
        this.scheduler = scheduler;
        this.random = random;
        this.name = name;
        table = db.table(RetentionTable.NAME);
        marks = db.table(RetentionTable.MARKS);
    }

    void transaction() {
        boolean repeatable = random.nextInt(3) == 0;
        boolean synchronous = random.nextInt(3) == 0;
        tx = db.begin(TransactionOptions.DEFAULT
                .withIsolation(repeatable ? IsolationLevel.REPEATABLE_READ : IsolationLevel.READ_COMMITTED)
                .withSynchronousCommit(synchronous));
        writer = model.begin(name);
        savepoints.clear();
        try {
            if (repeatable && random.nextInt(3) == 0) {
                changeWhatIsOld();
            }
            for (int i = 1 + random.nextInt(5); i > 0; i--) {
                oneOrBack();
            }
            if (random.nextInt(6) == 0) {
                tx.rollback();
                writer.aborted();
            } else {
                if (writer.hasWrites()) {
                    marks.insert(tx, writer.number);
                }
                writer.commits(tx.xidIfAssigned());
                tx.commit();
                writer.committed(synchronous);
            }
        } catch (RetryException | UsageException | CanceledException e) {
            tx.rollback();
            writer.aborted();
            requireExpected(e);
        }
    }

    private static void requireExpected(EngineException e) {
        if (!(e instanceof RetryException) && e.sqlState() != SqlState.UNIQUE_VIOLATION) {
            throw e;
        }
    }

    /** One statement; if it fails within a savepoint, the transaction may go on from one. */
    private void oneOrBack() {
        try {
            one();
            writer.statementEnded();
        } catch (RetryException | UsageException | CanceledException e) {
            requireExpected(e);
            if (savepoints.isEmpty() || random.nextInt(4) == 0) {
                throw e;
            }
            rollbackTo();
        }
    }

    private void one() {
        long key = random.nextInt(settings.keys());
        switch (random.nextInt(24)) {
            case 0, 1, 2, 3, 4, 5, 6 -> update(Scan.index(RetentionTable.BY_KEY).equalTo(key), false, false);
            case 7, 8, 9 -> update(Scan.index(RetentionTable.BY_KEY).equalTo(key), true, false);
            case 10 -> update(Scan.index(RetentionTable.BY_KEY).equalTo(key), random.nextBoolean(), true);
            case 11 -> update(Scan.index(RetentionTable.BY_GROUP).equalTo((long) random.nextInt(GROUPS)), true, false);
            case 12 -> update(Scan.index(RetentionTable.BY_KEY).from(key).to(key + 2), false, false);
            case 13, 14 -> delete(Scan.index(RetentionTable.BY_KEY).equalTo(key));
            case 15, 16, 17 -> insert(key);
            case 18, 19 -> upsert(key);
            case 20 -> bulk();
            case 21 -> {
                tx.savepoint("s" + savepoints.size());
                savepoints.add(writer.mark());
            }
            case 22 -> {
                if (!savepoints.isEmpty()) {
                    rollbackTo();
                }
            }
            default -> scheduler.park(this, random.nextInt(3_000_000));
        }
    }

    private void rollbackTo() {
        int place = random.nextInt(savepoints.size());
        tx.rollbackTo("s" + place);
        writer.undoneSince(savepoints.get(place));
        savepoints.subList(place + 1, savepoints.size()).clear();
    }

    /**
     * At REPEATABLE READ, a row that somebody changed after the snapshot must be refused, wherever the version that the snapshot sees is by now.
     */
    private void changeWhatIsOld() {
        long key = random.nextInt(settings.keys());
        Row row = table.get(tx, key);
        scheduler.park(this, random.nextInt(40_000_000));
        oracle.resolve();
        Version seen = row == null ? null : model.version(row.longValue(StoredVersions.ID_COLUMN));
        boolean ended = seen != null && seen.end != VersionModel.NEVER;
        if (seen == null) {
            return;
        }
        if (random.nextInt(3) == 0) {
            List<Version> gone = new ArrayList<>();
            long count = table.deleteAll(
                    tx, Scan.index(RetentionTable.BY_KEY).equalTo(key), deleted -> gone.add(version(deleted)));
            requireChanged(ended, count, seen);
            gone.forEach(version -> writer.wrote(null, version));
        } else {
            Map<Version, Version> changes = new HashMap<>();
            boolean found =
                    table.update(tx, key, change -> changes.put(change(change, false, false), version(change.row())));
            requireChanged(ended, found ? 1 : 0, seen);
            changes.forEach(writer::wrote);
        }
        writer.statementEnded();
    }

    private static void requireChanged(boolean ended, long count, Version seen) {
        if (ended || count != 1) {
            throw new AssertionError("changed " + count + " rows, " + (ended ? "though others ended " : "not ") + seen);
        }
    }

    private Version version(Row row) {
        Version version = model.version(row.longValue(StoredVersions.ID_COLUMN));
        if (version == null) {
            throw new AssertionError("a row that nobody wrote: " + row);
        }
        return version;
    }

    // ---- statements

    private void update(Scan scan, boolean group, boolean key) {
        Map<Long, Version> changes = new HashMap<>(); // by the version that each takes the place of, as shown last
        Map<Version, Version> happened = new HashMap<>();
        Map<Long, Version> before = new HashMap<>();
        Consumer<RowChange> change = c -> {
            Version old = version(c.row());
            Version made = changes.get(old.id);
            if (made == null) {
                made = change(c, group, key);
                changes.put(old.id, made);
            } else {
                set(c, made, group, key);
            }
            before.put(made.id, old);
        };
        table.updateAll(tx, scan, change, row -> {
            Version made = version(row);
            happened.put(made, before.get(made.id));
        });
        happened.forEach(writer::wrote);
    }

    private Version change(RowChange change, boolean group, boolean key) {
        Version made = writer.newVersion();
        made.key = key ? random.nextInt(settings.keys()) : change.row().longValue("id");
        made.group = group ? random.nextInt(GROUPS) : change.row().longValue("grp");
        set(change, made, group, key);
        return made;
    }

    private void set(RowChange change, Version made, boolean group, boolean key) {
        change.setLong("v", made.id);
        if (group) {
            change.setLong("grp", made.group);
        } else {
            made.group = change.row().longValue("grp"); // it may be a newer row than when it was asked first
        }
        if (key) {
            change.setLong("id", made.key);
        }
        if (random.nextInt(3) == 0) {
            change.set("pad", padding());
        }
    }

    private void delete(Scan scan) {
        List<Version> gone = new ArrayList<>();
        table.deleteAll(tx, scan, row -> gone.add(version(row)));
        gone.forEach(version -> writer.wrote(null, version));
    }

    private Object[] row(Version version, long key) {
        version.key = key;
        version.group = random.nextInt(GROUPS);
        return new Object[] {key, version.id, version.group, padding()};
    }

    private String padding() {
        return "p".repeat(random.nextInt(40) == 0 ? BIG : random.nextInt(settings.padding() + 1));
    }

    private void insert(long key) {
        Version made = writer.newVersion();
        table.insert(tx, row(made, key));
        writer.wrote(made, null);
    }

    /** Where there is a row, the version that was to be inserted may be stored for a moment and is taken back. */
    private void upsert(long key) {
        Version proposed = writer.newVersion();
        Version[] changed = new Version[2];
        Object[] values = row(proposed, key);
        OnConflict conflict = random.nextInt(3) == 0
                ? OnConflict.doNothing("id")
                : OnConflict.doUpdate(List.of("id"), (change, excluded) -> {
                    changed[1] = version(change.row());
                    if (changed[0] == null) {
                        changed[0] = change(change, false, false);
                    } else {
                        set(change, changed[0], false, false);
                    }
                });
        table.insertAll(tx, Collections.singletonList(values).iterator(), conflict, row -> {
            Version made = version(row);
            writer.wrote(made, made == proposed ? null : changed[1]);
        });
    }

    /** Many rows at the end of the table come, or all of them go. */
    private void bulk() {
        if (settings.bulk() == 0) {
            return;
        }
        long first = settings.keys();
        if (random.nextInt(3) == 0) {
            List<Object[]> rows = new ArrayList<>();
            List<Version> made = new ArrayList<>();
            for (long key = first; key < first + settings.bulk(); key++) {
                Version version = writer.newVersion();
                made.add(version);
                rows.add(row(version, key));
            }
            table.insertAll(tx, rows.iterator());
            made.forEach(version -> writer.wrote(version, null));
        } else {
            delete(Scan.index(RetentionTable.BY_KEY).from(first));
        }
    }
}
