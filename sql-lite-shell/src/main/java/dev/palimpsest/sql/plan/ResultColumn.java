package dev.palimpsest.sql.plan;

/** A column of a result. */
public record ResultColumn(String name, SqlType type) {}
