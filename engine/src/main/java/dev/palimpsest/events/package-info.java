/**
 * Events of the flight recorder (JFR), under {@code Palimpsest} in its viewers: what an engine does in the background, and what users wait for.
 *
 * <p>Each has a static method that its room calls; while nobody records, that costs the look whether somebody does. Imports nothing.
 */
package dev.palimpsest.events;
