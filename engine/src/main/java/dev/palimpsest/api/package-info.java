/**
 * What users of the embedded engine see: the database, transactions, tables, rows, options and errors.
 *
 * <p>Start with {@link dev.palimpsest.api.Database}. Imports nothing of the engine: the wiring above implements these interfaces.
 */
package dev.palimpsest.api;
