/**
 * Crashes: power cuts on the simulated disk, killed processes, failing and damaged disks.
 *
 * <p>Start with {@link dev.palimpsest.crash.EnginePowerCutTest}; which test notices which missing force: {@code tests/README.md}.
 */
package dev.palimpsest.crash;
