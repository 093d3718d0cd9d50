/**
 * The order of the packages, checked on the compiled classes.
 *
 * <p>Start with {@code ArchitectureTest}; {@code Rooms} is the order itself, {@code fixture} is planted wrong code that the rules must
 * find.
 */
package dev.palimpsest.arch;
