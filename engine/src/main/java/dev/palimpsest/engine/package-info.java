/**
 * Opening and closing a database: wiring only.
 *
 * <p>Start with {@link dev.palimpsest.engine.EngineDatabase}; {@link dev.palimpsest.engine.EngineConfig} is how tests open it on a disk and
 * a scheduler of their own. Imports everything; nothing imports it.
 */
package dev.palimpsest.engine;
