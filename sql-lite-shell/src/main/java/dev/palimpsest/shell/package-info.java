/**
 * The command line: the interactive shell, scripts with several sessions, printing of results and errors, and {@code check}.
 *
 * <p>Start with {@link dev.palimpsest.shell.Main}. Imports {@code sql.exec} and what is below it, the engine's {@code api} and
 * {@code inspect}; the only room that uses libraries (picocli, JLine).
 */
package dev.palimpsest.shell;
