package dev.palimpsest.sql.exec;

import dev.palimpsest.api.Database;
import dev.palimpsest.api.Session;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.Transaction;
import dev.palimpsest.api.TransactionOptions;
import dev.palimpsest.api.VacuumOptions;
import dev.palimpsest.api.VacuumReport;
import dev.palimpsest.sql.parser.QualifiedName;
import dev.palimpsest.sql.parser.Utility;
import dev.palimpsest.sql.plan.SqlError;
import java.util.ArrayList;
import java.util.List;

/** VACUUM and ANALYZE. One for each statement; used by its thread. Source of the rules: PG vacuum.c, expand_vacuum_rel and vacuum_open_relation. */
final class VacuumExecutor {
    private final Database database;
    private final Session session;
    private final Settings settings;
    private final Interrupts interrupts;
    private final ResultHandler handler;

    VacuumExecutor(
            Database database, Session session, Settings settings, Interrupts interrupts, ResultHandler handler) {
        this.database = database;
        this.session = session;
        this.settings = settings;
        this.interrupts = interrupts;
        this.handler = handler;
    }

    /**
     * VACUUM, outside of any transaction.
     *
     * @return the command tag
     */
    String run(VacuumCommand command, List<Utility.VacuumTarget> targets) {
        List<String> tables = resolve(targets);
        if (command.analyze()) {
            noticeAnalyze();
        }
        VacuumOptions options = options(command);
        if (targets.isEmpty()) {
            vacuum(command, options);
        }
        for (String table : tables) {
            interrupts.check();
            vacuum(command, options, table);
        }
        return "VACUUM";
    }

    /**
     * ANALYZE alone: looks whether the tables are there.
     *
     * @return the command tag
     */
    String analyze(Transaction tx, List<Utility.VacuumTarget> targets) {
        resolve(tx, targets, "analyze");
        noticeAnalyze();
        return "ANALYZE";
    }

    private void noticeAnalyze() {
        handler.notice("NOTICE", "00000", "ANALYZE has no effect: plans don't depend on statistics");
    }

    private VacuumOptions options(VacuumCommand command) {
        return VacuumOptions.DEFAULT
                .withSkipLocked(command.skipLocked())
                .withDisablePageSkipping(command.disablePageSkipping())
                .withIndexCleanup(command.indexCleanup() != VacuumCommand.IndexCleanup.OFF)
                .withTruncate(command.truncate())
                .withAwaitArchive(command.awaitArchive())
                .withCost(settings.vacuumCostDelayMillis(), settings.vacuumCostLimit())
                .withWorkMemBytes(settings.maintenanceWorkMemoryBytes());
    }

    private List<String> resolve(List<Utility.VacuumTarget> targets) {
        if (targets.isEmpty()) {
            return List.of();
        }
        try (Transaction tx = session.begin(TransactionOptions.READ_ONLY)) {
            return resolve(tx, targets, "vacuum");
        }
    }

    /** Names of the tables; nothing is done if one isn't there. */
    private List<String> resolve(Transaction tx, List<Utility.VacuumTarget> targets, String verb) {
        SystemRelations relations = new SystemRelations(database, tx, settings);
        List<String> tables = new ArrayList<>();
        for (Utility.VacuumTarget target : targets) {
            QualifiedName name = target.table();
            TableSchema schema = relations.table(name);
            if (schema != null) {
                checkColumns(schema, target.columns());
                tables.add(schema.name());
            } else if (relations.view(name) != null || relations.isIndex(name) || relations.isSequence(name)) {
                handler.notice(
                        "WARNING",
                        "01000",
                        "skipping \"" + name.name() + "\" --- cannot " + verb + " non-tables or special system tables");
            } else {
                throw missing(name);
            }
        }
        return tables;
    }

    /** PostgreSQL gives no position here. */
    private static SqlError missing(QualifiedName name) {
        try {
            if (!"pg_catalog".equals(name.schema())) {
                DefinitionExecutor.checkSchema(name);
            }
            return SqlError.of("42P01", "relation \"" + name.text() + "\" does not exist");
        } catch (SqlError e) {
            return e.withLocation(-1);
        }
    }

    private static void checkColumns(TableSchema schema, List<String> columns) {
        for (String column : columns) {
            if (schema.indexOf(column) < 0) {
                throw SqlError.of(
                        "42703", "column \"" + column + "\" of relation \"" + schema.name() + "\" does not exist");
            }
        }
    }

    private void vacuum(VacuumCommand command, VacuumOptions options, String... tables) {
        for (VacuumReport report : session.vacuum(options, tables)) {
            if (!report.isDone()) {
                handler.notice(
                        "WARNING", "55P03", "skipping vacuum of \"" + report.table() + "\" --- " + report.skipped());
            } else if (command.verbose()) {
                handler.notice("INFO", "00000", VacuumText.of(report));
            }
        }
    }
}
