/**
 * What the engine finds by {@code ServiceLoader}: vacuum of one open database, by hand and by itself, from its start to its end.
 *
 * <p>Start with {@link dev.palimpsest.vacuum.service.EngineVacuum}. Imports the other packages of this module.
 */
package dev.palimpsest.vacuum.service;
