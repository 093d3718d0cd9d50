package dev.palimpsest.reclaim;

import dev.palimpsest.table.TableEngine;
import java.nio.file.Path;

/**
 * What the engine gives to vacuum.
 *
 * @param directory where the database is, for the archive's file; null for one in memory
 */
public record VacuumContext(TableEngine tables, Path directory, VacuumSettings settings) {}
