/**
 * Tuples as bytes: {@link dev.palimpsest.tuple.TupleLayout header}, {@link dev.palimpsest.tuple.TupleFormer form} and
 * {@link dev.palimpsest.tuple.TupleReader deform}, by a {@link dev.palimpsest.tuple.TupleDescriptor}.
 *
 * <p>Knows no pages, transactions or visibility. Imports {@code api} and {@code id}.
 */
package dev.palimpsest.tuple;
