package dev.palimpsest.api;

/**
 * A CHECK constraint: rows for which the condition is false are refused with 23514. Immutable.
 *
 * @param name null lets the engine choose {@code <table>_<column>_check} or {@code <table>_check}
 * @param condition SQL text over the table's columns; compiled by the {@link ConditionCompiler} on the class path
 */
public record Check(String name, String condition) {}
