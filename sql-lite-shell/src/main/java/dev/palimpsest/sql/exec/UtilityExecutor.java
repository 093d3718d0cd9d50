package dev.palimpsest.sql.exec;

import dev.palimpsest.api.IsolationLevel;
import dev.palimpsest.sql.parser.Utility;
import dev.palimpsest.sql.plan.ResultColumn;
import dev.palimpsest.sql.plan.SqlError;
import dev.palimpsest.sql.plan.SqlType;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Transaction control, SET and SHOW. One for each session; used by its thread. Source of the rules: PG xact.c, guc.c. */
final class UtilityExecutor {
    private final TransactionBlock block;
    private final SessionSettings settings;

    UtilityExecutor(TransactionBlock block, SessionSettings settings) {
        this.block = block;
        this.settings = settings;
    }

    /** Whether a statement may run in a failed block. */
    static boolean endsFailure(Object statement) {
        return statement instanceof Utility.Commit
                || statement instanceof Utility.Rollback
                || statement instanceof Utility.RollbackTo;
    }

    /** @return the command tag */
    String run(Utility statement, ResultHandler handler) {
        if (statement instanceof Utility.Begin begin) {
            return begin(begin, handler);
        }
        if (statement instanceof Utility.Commit) {
            return end(true, "COMMIT", handler);
        }
        if (statement instanceof Utility.Rollback) {
            return end(false, "ROLLBACK", handler);
        }
        if (statement instanceof Utility.Savepoint savepoint) {
            checkExplicit("SAVEPOINT");
            block.savepoint(savepoint.name());
            return "SAVEPOINT";
        }
        if (statement instanceof Utility.RollbackTo rollback) {
            checkExplicit("ROLLBACK TO SAVEPOINT");
            block.rollbackTo(rollback.name());
            return "ROLLBACK";
        }
        if (statement instanceof Utility.Release release) {
            checkExplicit("RELEASE SAVEPOINT");
            block.release(release.name());
            return "RELEASE";
        }
        return setting(statement, handler);
    }

    private String setting(Utility statement, ResultHandler handler) {
        if (statement instanceof Utility.SetTransaction set) {
            return setTransaction(set, handler);
        }
        if (statement instanceof Utility.SetVariable set) {
            return set(set, handler);
        }
        if (statement instanceof Utility.Reset reset) {
            if (reset.name() == null) {
                settings.resetAll();
            } else {
                settings.reset(reset.name());
            }
            return "RESET";
        }
        return show((Utility.Show) statement, handler);
    }

    private void checkExplicit(String what) {
        if (!block.isExplicit()) {
            throw notInBlock(what);
        }
    }

    static SqlError notInBlock(String what) {
        return SqlError.of("25P01", what + " can only be used in transaction blocks");
    }

    private String begin(Utility.Begin begin, ResultHandler handler) {
        if (block.isExplicit()) {
            handler.notice("WARNING", "25001", "there is already a transaction in progress");
        } else {
            IsolationLevel level = level(begin.modes().isolation(), null); // before anything is open
            assert level == null || begin.modes().isolation() != null;
            block.open(TransactionBlock.Kind.EXPLICIT);
        }
        setModes(begin.modes());
        return "BEGIN";
    }

    private void setModes(Utility.TransactionModes modes) {
        if (modes.isolation() != null) {
            block.setIsolation(level(modes.isolation(), block.isolation()));
        }
        if (modes.readOnly() != null) {
            block.setReadOnly(modes.readOnly());
        }
    }

    private static IsolationLevel level(Utility.IsolationLevel written, IsolationLevel otherwise) {
        if (written == null) {
            return otherwise;
        }
        switch (written) {
            case REPEATABLE_READ:
                return IsolationLevel.REPEATABLE_READ;
            case SERIALIZABLE:
                throw Settings.serializable();
            default:
                return IsolationLevel.READ_COMMITTED;
        }
    }

    private String end(boolean commit, String tag, ResultHandler handler) {
        boolean failed = block.kind() == TransactionBlock.Kind.FAILED;
        if (!block.isExplicit()) {
            handler.notice("WARNING", "25P01", "there is no transaction in progress");
        }
        if (block.kind() != TransactionBlock.Kind.NONE) {
            block.end(commit && !failed);
        }
        return failed ? "ROLLBACK" : tag;
    }

    private String setTransaction(Utility.SetTransaction set, ResultHandler handler) {
        Utility.TransactionModes modes = set.modes();
        if (set.session()) {
            if (modes.isolation() != null) {
                IsolationLevel level = level(modes.isolation(), null);
                settings.set("default_transaction_isolation", List.of(level.sqlName()), false);
            }
            if (modes.readOnly() != null) {
                settings.set("default_transaction_read_only", List.of(modes.readOnly() ? "on" : "off"), false);
            }
            return "SET";
        }
        if (!block.isOpen()) {
            handler.notice("WARNING", "25P01", "SET TRANSACTION can only be used in transaction blocks");
            return "SET";
        }
        setModes(modes);
        return "SET";
    }

    private String set(Utility.SetVariable set, ResultHandler handler) {
        String name = set.name().toLowerCase(Locale.ROOT);
        if (name.equals("transaction_isolation") || name.equals("transaction_read_only")) {
            setCurrent(name, set.values());
            return "SET";
        }
        if (set.local() && !block.isOpen()) {
            settings.current().set(set.name(), set.values()); // for its errors
            handler.notice("WARNING", "25P01", "SET LOCAL can only be used in transaction blocks");
            return "SET";
        }
        settings.set(set.name(), set.values(), set.local());
        return "SET";
    }

    private void setCurrent(String name, List<String> values) {
        if (!block.isOpen() || values.isEmpty()) {
            return;
        }
        if (name.equals("transaction_isolation")) {
            block.setIsolation(Settings.isolation(name, values.get(0)));
            return;
        }
        block.setReadOnly(
                Settings.INITIAL.set("default_transaction_read_only", values).defaultReadOnly());
    }

    private String show(Utility.Show show, ResultHandler handler) {
        Settings current = settings.current();
        if (show.name() == null) {
            handler.columns(List.of(new ResultColumn("name", SqlType.TEXT), new ResultColumn("setting", SqlType.TEXT)));
            for (Map.Entry<String, String> entry : current.all().entrySet()) {
                handler.row(new Object[] {entry.getKey(), entry.getValue()});
            }
            return "SHOW";
        }
        String value = showCurrent(show.name());
        String shown = value == null ? current.show(show.name()) : value;
        handler.columns(List.of(new ResultColumn(displayName(show.name()), SqlType.TEXT)));
        handler.row(new Object[] {shown});
        return "SHOW";
    }

    private static String displayName(String name) {
        switch (name) {
            case "timezone":
                return "TimeZone";
            case "datestyle":
                return "DateStyle";
            case "intervalstyle":
                return "IntervalStyle";
            default:
                return name;
        }
    }

    private String showCurrent(String name) {
        switch (name) {
            case "transaction_isolation":
                return block.isolation().sqlName();
            case "transaction_read_only":
                return block.readOnly() ? "on" : "off";
            default:
                return null;
        }
    }
}
