/**
 * PostgreSQL's SQL dialect, text to syntax tree: tokens, recursive descent for statements, Pratt for expressions.
 *
 * <p>Start with {@link dev.palimpsest.sql.parser.SqlParser}; the trees are {@link dev.palimpsest.sql.parser.Statement}
 * and {@link dev.palimpsest.sql.parser.Expression}. {@link dev.palimpsest.sql.parser.StatementSplitter} cuts scripts,
 * {@link dev.palimpsest.sql.parser.SqlPrinter} goes back to text. Names are resolved elsewhere.
 *
 * <p>Imports nothing but the JDK.
 */
package dev.palimpsest.sql.parser;
