package dev.palimpsest.bench;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;

/** One option of a command line with its value, and how values are read: what is wrong is said by an {@link IllegalArgumentException}. */
public record Argument(String option, String value) {

    /** All of a command line in which every option has a value. */
    public static List<Argument> parse(String[] args) {
        List<Argument> arguments = new ArrayList<>();
        for (int i = 0; i < args.length; i += 2) {
            if (i + 1 == args.length) {
                throw new IllegalArgumentException("an option without its value, or no option: " + args[i]);
            }
            arguments.add(new Argument(args[i], args[i + 1]));
        }
        return arguments;
    }

    /** A positive whole number. */
    public int positive() {
        return positive(value);
    }

    /** Positive whole numbers, separated by commas. */
    public List<Integer> positives() {
        return words().stream().map(this::positive).toList();
    }

    private int positive(String text) {
        try {
            int number = Integer.parseInt(text);
            if (number > 0) {
                return number;
            }
        } catch (NumberFormatException e) {
            // said below, as for a number that isn't positive
        }
        throw new IllegalArgumentException(option + " wants a positive whole number, not '" + text + "'");
    }

    /** A positive number of seconds. */
    public double seconds() {
        try {
            double number = Double.parseDouble(value);
            if (number > 0 && number < 1e6) {
                return number;
            }
        } catch (NumberFormatException e) {
            // said below
        }
        throw new IllegalArgumentException(option + " wants a positive number of seconds, not '" + value + "'");
    }

    /** What is between the commas. */
    public List<String> words() {
        return List.of(value.split(","));
    }

    /**
     * Words that are all known.
     *
     * @param what what they are, for the message
     */
    public List<String> wordsOf(Collection<String> known, String what) {
        for (String word : words()) {
            if (!known.contains(word)) {
                throw new IllegalArgumentException("unknown " + what + ": " + word);
            }
        }
        return words();
    }

    /** What to throw where nobody knows this option. */
    public IllegalArgumentException unknown() {
        return new IllegalArgumentException("unknown option: " + option);
    }
}
