/**
 * The archive of pinned versions: off the Java heap and, beyond that, in files that live no longer than the database is open.
 *
 * <p>Start with {@link dev.palimpsest.vacuum.archive.Archives}. Rules, and why it is made like this: {@code README.md} beside this file. The
 * only package of this module that may use libraries.
 */
package dev.palimpsest.vacuum.archive;
