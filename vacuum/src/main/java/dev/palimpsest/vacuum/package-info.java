/**
 * One vacuum of one table, phase by phase: dead versions, their index entries, their places, empty pages, the status log.
 *
 * <p>Rules, why they are safe and what a crash between any two steps leaves: {@code README.md} beside this file. Imports the engine's rooms
 * up to {@code reclaim}; the engine never imports this module.
 */
package dev.palimpsest.vacuum;
