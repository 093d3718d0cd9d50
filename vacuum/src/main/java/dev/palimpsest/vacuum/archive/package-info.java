/**
 * The archive of pinned versions: off the Java heap and, beyond that, in a file that lives no longer than the database is open.
 *
 * <p>Start with {@link dev.palimpsest.vacuum.archive.Archives}. The only package of this module that may use libraries.
 */
package dev.palimpsest.vacuum.archive;
