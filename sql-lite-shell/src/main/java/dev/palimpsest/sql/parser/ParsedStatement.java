package dev.palimpsest.sql.parser;

/**
 * A statement and the part of the text that it was parsed from: {@code sql.substring(start, end)}, without the
 * semicolon. Immutable.
 */
public record ParsedStatement(Statement statement, int start, int end) {}
