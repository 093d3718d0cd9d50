/**
 * The one way in which rows are read and changed: heap, indexes, locks and constraints together, for every front end.
 *
 * <p>Start with {@link dev.palimpsest.table.UserTransaction} (the statement protocol) and {@link dev.palimpsest.table.NamedTable} (what
 * {@code api.Table} does); {@link dev.palimpsest.table.RowModifier} holds the rules of updates and deletes. Rules and why they are
 * safe: {@code README.md} beside this file. Imports {@code catalog} and what is below.
 */
package dev.palimpsest.table;
