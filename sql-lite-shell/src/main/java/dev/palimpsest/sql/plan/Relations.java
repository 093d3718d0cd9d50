package dev.palimpsest.sql.plan;

import dev.palimpsest.api.IndexSchema;
import dev.palimpsest.api.TableSchema;
import dev.palimpsest.sql.parser.Expression;
import dev.palimpsest.sql.parser.QualifiedName;
import java.util.Iterator;
import java.util.List;
import java.util.function.Supplier;

/** What a query can read from, as the transaction sees it. */
public interface Relations {
    /** @return null if there is no such table */
    TableSchema table(QualifiedName name);

    List<IndexSchema> indexes(String table);

    /** Is it the name of an index? */
    boolean isIndex(QualifiedName name);

    /** Is it the name of a sequence? */
    boolean isSequence(QualifiedName name);

    /** A system view, or null. */
    Computed view(QualifiedName name);

    /** A function in FROM; its arguments are bound without columns. @throws SqlError 42883 if there is none */
    Computed function(Expression.FunctionCall call, List<Bound> arguments);

    /** Rows that are made when asked for; values as {@link SqlType} says. */
    record Computed(String name, List<Scope.ScopeColumn> columns, Supplier<Iterator<Object[]>> rows) {}
}
