package dev.palimpsest.catalog;

import dev.palimpsest.api.ConditionCompiler;
import dev.palimpsest.api.Row;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.api.UsageException;
import java.util.ServiceLoader;

/** A CHECK constraint, compiled when the first row is checked. Thread-safe. */
public final class CheckConstraint {
    private final String name;
    private final String condition;

    /** Two threads may compile it: to the same. */
    private volatile ConditionCompiler.Condition compiled;

    CheckConstraint(String name, String condition) {
        this.name = name;
        this.condition = condition;
    }

    public String name() {
        return name;
    }

    /**
     * Is the condition true or NULL for a row of the table?
     *
     * @throws UsageException 0A000 without a compiler on the class path
     */
    public boolean holds(TableSchema table, Row row) {
        ConditionCompiler.Condition known = compiled;
        if (known == null) {
            known = compile(table, condition);
            compiled = known;
        }
        return known.test().test(row);
    }

    /** @throws UsageException 0A000 without a compiler on the class path, others for a bad condition */
    static ConditionCompiler.Condition compile(TableSchema table, String condition) {
        return compiler().compile(table, condition);
    }

    private static ConditionCompiler compiler() {
        return ServiceLoader.load(ConditionCompiler.class, ConditionCompiler.class.getClassLoader())
                .findFirst()
                .orElseThrow(() -> new UsageException(
                        SqlState.FEATURE_NOT_SUPPORTED,
                        "CHECK constraints need a compiler for SQL conditions",
                        "No service " + ConditionCompiler.class.getName() + " was found on the class path.",
                        "Put the sql-lite-shell module there.",
                        null));
    }
}
