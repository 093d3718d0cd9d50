package dev.palimpsest.api;

import java.util.List;
import java.util.function.Predicate;

/**
 * Turns SQL conditions of CHECK constraints into predicates. The engine has no parser: it finds this by {@link java.util.ServiceLoader},
 * and the SQL module brings one. Without it, a table with CHECK constraints can be read, and writing to it is refused with 0A000.
 * Implementations are thread-safe.
 */
public interface ConditionCompiler {
    /**
     * Compiles a condition over the table's columns.
     *
     * @throws EngineException for a bad condition, with PostgreSQL's SQLSTATE
     */
    Condition compile(TableSchema table, String condition);

    /**
     * A compiled condition. Thread-safe.
     *
     * @param test true for rows for which the condition is true or NULL
     * @param columns the columns that it reads, each once, in the order of the text: they choose the constraint's name
     */
    record Condition(Predicate<Row> test, List<String> columns) {
        public Condition {
            columns = List.copyOf(columns);
        }
    }
}
