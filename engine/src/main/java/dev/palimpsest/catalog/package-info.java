/**
 * What exists: tables, columns, indexes and sequences, as rows in the same heap as everything else; and the transactional changes to it.
 *
 * <p>Start with {@link dev.palimpsest.catalog.Catalog} (look-ups and the cache) and {@link dev.palimpsest.catalog.DdlTransaction}
 * (changes). Rules and why they are safe: {@code README.md} beside this file. Imports {@code heap}, {@code btree}, {@code tx},
 * {@code tuple}, {@code lock} and what is below.
 */
package dev.palimpsest.catalog;
