package dev.palimpsest.engine;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.palimpsest.api.ColumnType;
import dev.palimpsest.api.Database;
import dev.palimpsest.api.RowChange;
import dev.palimpsest.api.Scan;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.Table;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.TransactionWork;
import dev.palimpsest.api.UsageException;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;

/** A null where none is meant is the caller's error, named, before anything happens: an update without a change must not delete. */
class NullArgumentTest {
    private final Database db = Database.openInMemory();
    private final Table table = db.table("t");

    NullArgumentTest() {
        db.transact(tx -> {
            tx.createTable(TableSchema.named("t")
                    .column("id", ColumnType.BIGINT)
                    .column("amount", ColumnType.NUMERIC)
                    .primaryKey("id")
                    .build());
            table.insert(tx, 1L, BigDecimal.ONE);
            return null;
        });
    }

    @AfterEach
    void close() {
        db.close();
    }

    private static void refused(SqlState expected, Executable call) {
        assertEquals(expected, assertThrows(UsageException.class, call).sqlState());
    }

    private static void refused(Executable call) {
        refused(SqlState.INVALID_PARAMETER_VALUE, call);
    }

    @Test
    void shouldRefuseAnUpdateWithoutAChange() {
        try (Transaction tx = db.begin()) {
            refused(() -> table.update(tx, 1L, null));
            refused(() -> table.update(tx, (Consumer<RowChange>) null, 1L));
            refused(() -> table.updateAll(tx, Scan.all(), null));
            tx.rollback();
        }
        assertEquals(BigDecimal.ONE, db.read(tx -> table.get(tx, 1L).numericValue("amount")));
    }

    @Test
    void shouldNameWhatMustNotBeNull() {
        try (Transaction tx = db.begin()) {
            refused(() -> table.scan(tx, null));
            refused(() -> table.deleteAll(tx, null));
            refused(() -> table.insertAll(tx, null));
            refused(() -> tx.createTable(null));
            refused(() -> tx.dropTable(null));
            refused(() -> tx.createIndex(null));
            refused(() -> tx.tableSchema(null));
        }
        refused(() -> db.table(null));
        refused(() -> db.begin(null));
        refused(() -> db.transact((TransactionWork<Object>) null));
        refused(() -> Scan.index("t_pkey").from((Object) null));
        refused(() -> TableSchema.named("x").primaryKey((String[]) null));
        refused(() -> new ColumnType(null, 0, 0));
        refused(() -> Database.open(null));
        refused(() -> Database.open(Path.of("nowhere"), null));
    }

    @Test
    void shouldRefuseANumberWithTooManyDigitsWithoutWritingThemOut() {
        try (Transaction tx = db.begin()) {
            refused(SqlState.NUMERIC_VALUE_OUT_OF_RANGE, () -> table.insert(tx, 2L, new BigDecimal("1e2000000000")));
        }
    }
}
