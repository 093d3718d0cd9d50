/**
 * Numbers that name things, packed into primitives for the hot paths: {@link dev.palimpsest.id.Lsn log positions},
 * {@link dev.palimpsest.id.Xid transaction ids}, {@link dev.palimpsest.id.PageId pages} and {@link dev.palimpsest.id.Tid tuples}.
 *
 * <p>Imports nothing.
 */
package dev.palimpsest.id;
