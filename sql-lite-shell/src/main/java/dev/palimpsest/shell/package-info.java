/**
 * The command line: the interactive shell, scripts with several sessions, printing of results and errors, {@code check} and {@code
 * isolation}.
 *
 * <p>Start with {@link dev.palimpsest.shell.Main}. Imports {@code isolation}, {@code sql.exec} and what is below it, the engine's
 * {@code api} and {@code inspect}; the only room that uses libraries (picocli, JLine).
 */
package dev.palimpsest.shell;
