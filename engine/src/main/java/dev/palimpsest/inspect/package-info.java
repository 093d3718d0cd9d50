/**
 * Looking at what is stored: checks of a whole database, stored versions, pages and log records as text. Changes nothing.
 *
 * <p>Start with {@link dev.palimpsest.inspect.DatabaseChecker}; a front end gets here through
 * {@link dev.palimpsest.inspect.InspectableDatabase}, which every open database is. Imports {@code table} and what is below.
 */
package dev.palimpsest.inspect;
