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
     * @param onConflict null unless written
     * @param returning empty unless written
     */
    record Insert(
            QualifiedName table,
            String alias,
            List<ColumnName> columns,
            Overriding overriding,
            Query source,
            OnConflict onConflict,
            List<Query.SelectItem> returning,
            int location)
            implements Statement {
        public Insert {
            columns = List.copyOf(columns);
            returning = List.copyOf(returning);
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

    /**
     * ON CONFLICT.
     *
     * @param columns of the unique index meant, empty unless written
     * @param constraint its name, null unless written
     * @param assignments of DO UPDATE; empty for DO NOTHING
     * @param where of DO UPDATE, or null
     */
    record OnConflict(
            List<ColumnName> columns, String constraint, List<Assignment> assignments, Expression where, int location) {
        public OnConflict {
            columns = List.copyOf(columns);
            assignments = List.copyOf(assignments);
        }
    }

    /** {@code alias} and {@code where} may be null; {@code returning} is empty unless written. */
    record Update(
            QualifiedName table,
            String alias,
            List<Assignment> assignments,
            Expression where,
            List<Query.SelectItem> returning,
            int location)
            implements Statement {
        public Update {
            assignments = List.copyOf(assignments);
            returning = List.copyOf(returning);
        }
    }

    /** {@code column = value}; the value may be {@link Expression.Default}. */
    record Assignment(String column, Expression value, int location) {}

    /** {@code alias} and {@code where} may be null; {@code returning} is empty unless written. */
    record Delete(QualifiedName table, String alias, Expression where, List<Query.SelectItem> returning, int location)
            implements Statement {
        public Delete {
            returning = List.copyOf(returning);
        }
    }
}
