package dev.palimpsest.retention;

import static org.junit.jupiter.api.Assertions.assertEquals;

import dev.palimpsest.api.AutovacuumOptions;
import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.DatabaseOptions;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.VacuumOptions;
import dev.palimpsest.catalog.StorageParameters;
import dev.palimpsest.engine.EngineDatabase;
import dev.palimpsest.engine.EngineParts;
import dev.palimpsest.reclaim.ArchiveFactory;
import dev.palimpsest.table.TableEngine;
import dev.palimpsest.vacuum.ArchiveOpener;
import dev.palimpsest.vacuum.Pace;
import dev.palimpsest.vacuum.RelationVacuum;
import dev.palimpsest.vacuum.VacuumGoal;
import dev.palimpsest.vacuum.VacuumResult;
import dev.palimpsest.vacuum.VacuumState;
import org.junit.jupiter.api.Test;

/** Pages that a table gets while a vacuum of it begins. */
class NewPagesTest {
    private static final int ROWS = 500;

    /** The status log may be cut off below what a vacuum found to have ended, so it has to have looked at all that these wrote. */
    @Test
    void shouldLookAtPagesOfTransactionsThatEndedBeforeItsBoundary() {
        try (EngineDatabase db =
                (EngineDatabase) Database.openInMemory(DatabaseOptions.DEFAULT.withAutovacuum(AutovacuumOptions.OFF))) {
            db.transact(tx -> {
                tx.createTable(TableSchema.named("t")
                        .column("id", ColumnType.BIGINT)
                        .primaryKey("id")
                        .build());
                return null;
            });
            TableEngine tables = EngineParts.tables(db);
            VacuumGoal goal = VacuumGoal.byHand(VacuumOptions.DEFAULT, StorageParameters.NONE);
            boolean[] done = new boolean[1];
            VacuumResult result = tables.inTransaction(tx -> {
                Pace pace = new Pace(
                        tables.heapContext().scheduler(),
                        tables.transactions().locks(),
                        tx,
                        goal,
                        () -> {
                            if (!done[0]) {
                                done[0] = true;
                                insertAndRollBack(db);
                            }
                            return false;
                        },
                        () -> {});
                return new RelationVacuum(
                                tables.heapContext(),
                                EngineParts.table(db, "t"),
                                goal,
                                new VacuumState(1, "t", 1, false),
                                pace,
                                new ArchiveOpener(
                                        ArchiveFactory.NONE,
                                        null,
                                        tables.heapContext().archive(),
                                        tables.heapContext().scheduler()))
                        .run();
            });
            assertEquals(ROWS, result.report().versionsRemoved(), "up to xid " + result.statusPoint());
        }
    }

    private static void insertAndRollBack(Database db) {
        try (Transaction tx = db.begin()) {
            for (long id = 0; id < ROWS; id++) {
                db.table("t").insert(tx, id);
            }
            tx.rollback();
        }
    }
}
