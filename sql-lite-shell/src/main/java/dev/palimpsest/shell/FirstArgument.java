package dev.palimpsest.shell;

import java.io.File;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Collection;

/**
 * What a first word means that is no subcommand: a directory for the shell, if it is one or is written like a path. Anything else may
 * as well be a subcommand misspelt, and must not leave a database behind. Stateless.
 */
final class FirstArgument {
    private static final int LIKELY_SLIP = 2;

    private FirstArgument() {}

    /** What to tell the user instead of opening a shell on it, or null. */
    static String problem(String word, Collection<String> commands) {
        if (word.startsWith("-") || isDirectory(word)) {
            return null;
        }
        String closest = null;
        for (String command : commands) {
            int distance = distance(word, command);
            if (distance <= LIKELY_SLIP && (closest == null || distance < distance(word, closest))) {
                closest = command;
            }
        }
        return "palimpsest: '" + word + "' is neither a command nor a directory.\n"
                + (closest == null ? "" : "Did you mean 'palimpsest " + closest + "'?\n")
                + "To make a database in a new directory of this name: palimpsest shell " + word;
    }

    private static boolean isDirectory(String word) {
        if (word.indexOf('/') >= 0 || word.indexOf(File.separatorChar) >= 0) {
            return true;
        }
        try {
            return Files.isDirectory(Path.of(word));
        } catch (InvalidPathException e) {
            return false;
        }
    }

    /** How many letters to change, add, drop or swap with their neighbour. */
    private static int distance(String a, String b) {
        int[][] d = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) {
            for (int j = 0; j <= b.length(); j++) {
                if (i == 0 || j == 0) {
                    d[i][j] = i + j;
                    continue;
                }
                int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
                d[i][j] = Math.min(d[i - 1][j - 1] + change, 1 + Math.min(d[i - 1][j], d[i][j - 1]));
                boolean swapped =
                        i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1);
                if (swapped) {
                    d[i][j] = Math.min(d[i][j], d[i - 2][j - 2] + 1);
                }
            }
        }
        return d[a.length()][b.length()];
    }
}
