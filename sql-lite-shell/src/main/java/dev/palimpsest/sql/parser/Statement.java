package dev.palimpsest.sql.parser;

import java.util.List;

/**
 * A statement, as parsed. Immutable. {@link #location} is the char index of its first word; components that may be null
 * say so. Tables and indexes: {@link Definition}; transactions, settings, EXPLAIN: {@link Utility}.
 */
public sealed interface Statement
        permits Query, Statement.Insert, Statement.Update, Statement.Delete, Definition, Utility {
    int location();

    /**
     * @param alias null unless written
     * @param columns empty if none are listed
     * @param source null for DEFAULT VALUES; a {@link Query.Values} here may hold {@link Expression.Default}
     */
    record Insert(
            QualifiedName table,
            String alias,
            List<ColumnName> columns,
            Overriding overriding,
            Query source,
            int location)
            implements Statement {
        public Insert {
            columns = List.copyOf(columns);
        }
    }

    /** OVERRIDING {SYSTEM | USER} VALUE. */
    enum Overriding {
        NONE,
        SYSTEM,
        USER
    }

    /** A column named where only a name may stand. */
    record ColumnName(String name, int location) {}

    /** {@code alias} and {@code where} may be null. */
    record Update(QualifiedName table, String alias, List<Assignment> assignments, Expression where, int location)
            implements Statement {
        public Update {
            assignments = List.copyOf(assignments);
        }
    }

    /** {@code column = value}; the value may be {@link Expression.Default}. */
    record Assignment(String column, Expression value, int location) {}

    /** {@code alias} and {@code where} may be null. */
    record Delete(QualifiedName table, String alias, Expression where, int location) implements Statement {}
}
