package dev.palimpsest.isolation;

import dev.palimpsest.isolation.IsolationSpec.Blocker;
import dev.palimpsest.isolation.IsolationSpec.Notices;
import dev.palimpsest.isolation.IsolationSpec.Once;
import dev.palimpsest.isolation.IsolationSpec.OtherStep;
import dev.palimpsest.isolation.IsolationSpec.PlannedStep;
import dev.palimpsest.isolation.IsolationSpec.SpecSession;
import dev.palimpsest.isolation.IsolationSpec.Step;
import dev.palimpsest.isolation.SpecScanner.Token;
import dev.palimpsest.isolation.SpecScanner.Type;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * Reads a spec file:
 *
 * <pre>
 * setup { SQL } ...   teardown { SQL }
 * session NAME  setup { SQL }  step NAME { SQL } ...  teardown { SQL }   ...
 * permutation STEP  STEP(*)  STEP(OTHER, OTHER notices N) ...            ...
 * </pre>
 *
 * with every setup and teardown left out at will. Source of the rules: PG specparse.y and, for the checks, isolationtester.c.
 */
final class SpecParser {
    private final SpecScanner scanner;
    private Token token;

    /** A step of a permutation before its names are looked up. */
    private record Written(String name, List<WrittenBlocker> blockers) {}

    /**
     * @param name null for {@code *}
     * @param notices -1 for a step that must be done
     */
    private record WrittenBlocker(String name, int notices) {}

    private SpecParser(String text) {
        scanner = new SpecScanner(text);
        token = scanner.next();
    }

    /**
     * @param warnings takes one line for each step that no permutation uses
     * @throws SpecException for a file that isn't one
     */
    static IsolationSpec parse(String text, Consumer<String> warnings) {
        return new SpecParser(text).spec(warnings);
    }

    private IsolationSpec spec(Consumer<String> warnings) {
        List<String> setups = new ArrayList<>();
        while (token.type() == Type.SETUP) {
            setups.add(block(Type.SETUP));
        }
        String teardown = block(Type.TEARDOWN);
        List<SpecSession> sessions = new ArrayList<>();
        do {
            sessions.add(session(sessions.size()));
        } while (token.type() == Type.SESSION);
        List<List<Written>> written = new ArrayList<>();
        while (token.type() == Type.PERMUTATION) {
            written.add(permutation());
        }
        if (token.type() != Type.END) {
            throw syntaxError();
        }
        Map<String, Step> steps = stepsByName(sessions);
        List<List<PlannedStep>> permutations =
                written.stream().map(list -> resolve(list, steps)).toList();
        if (!permutations.isEmpty()) {
            TreeSet<String> unused = new TreeSet<>(steps.keySet());
            permutations.forEach(
                    list -> list.forEach(step -> unused.remove(step.step().name())));
            unused.forEach(name -> warnings.accept("unused step name: " + name));
        }
        return new IsolationSpec(List.copyOf(setups), teardown, List.copyOf(sessions), permutations);
    }

    private SpecException syntaxError() {
        return SpecException.at(scanner.line(), "syntax error");
    }

    private String take(Type type) {
        if (token.type() != type) {
            throw syntaxError();
        }
        String text = token.text();
        token = scanner.next();
        return text;
    }

    private boolean takeIf(String punctuation) {
        boolean found = token.type() == Type.PUNCTUATION && token.text().equals(punctuation);
        if (found) {
            token = scanner.next();
        }
        return found;
    }

    /** {@code setup { SQL }} or {@code teardown { SQL }}; null if it isn't there. */
    private String block(Type keyword) {
        if (token.type() != keyword) {
            return null;
        }
        take(keyword);
        return take(Type.SQL_BLOCK);
    }

    private SpecSession session(int index) {
        take(Type.SESSION);
        String name = take(Type.IDENTIFIER);
        String setup = block(Type.SETUP);
        List<Step> steps = new ArrayList<>();
        do {
            take(Type.STEP);
            steps.add(new Step(take(Type.IDENTIFIER), take(Type.SQL_BLOCK), index));
        } while (token.type() == Type.STEP);
        return new SpecSession(name, setup, List.copyOf(steps), block(Type.TEARDOWN));
    }

    private List<Written> permutation() {
        take(Type.PERMUTATION);
        List<Written> steps = new ArrayList<>();
        do {
            String name = take(Type.IDENTIFIER);
            List<WrittenBlocker> blockers = new ArrayList<>();
            if (takeIf("(")) {
                do {
                    blockers.add(blocker());
                } while (takeIf(","));
                if (!takeIf(")")) {
                    throw syntaxError();
                }
            }
            steps.add(new Written(name, blockers));
        } while (token.type() == Type.IDENTIFIER);
        return steps;
    }

    private WrittenBlocker blocker() {
        if (takeIf("*")) {
            return new WrittenBlocker(null, -1);
        }
        String name = take(Type.IDENTIFIER);
        if (token.type() != Type.NOTICES) {
            return new WrittenBlocker(name, -1);
        }
        take(Type.NOTICES);
        String count = take(Type.INTEGER);
        try {
            return new WrittenBlocker(name, Integer.parseInt(count));
        } catch (NumberFormatException e) {
            throw syntaxError();
        }
    }

    private static Map<String, Step> stepsByName(List<SpecSession> sessions) {
        Map<String, Step> steps = new TreeMap<>();
        for (SpecSession session : sessions) {
            for (Step step : session.steps()) {
                if (steps.put(step.name(), step) != null) {
                    throw new SpecException("duplicate step name: " + step.name());
                }
            }
        }
        return steps;
    }

    private static List<PlannedStep> resolve(List<Written> written, Map<String, Step> steps) {
        for (Written place : written) {
            if (!steps.containsKey(place.name())) {
                throw new SpecException("undefined step \"" + place.name() + "\" specified in permutation");
            }
        }
        List<PlannedStep> resolved = new ArrayList<>();
        for (Written place : written) {
            Step step = steps.get(place.name());
            List<Blocker> blockers = place.blockers().stream()
                    .map(blocker -> resolve(blocker, step, written, steps))
                    .toList();
            resolved.add(new PlannedStep(step, blockers));
        }
        return List.copyOf(resolved);
    }

    private static Blocker resolve(
            WrittenBlocker blocker, Step step, List<Written> permutation, Map<String, Step> steps) {
        if (blocker.name() == null) {
            return new Once();
        }
        if (permutation.stream().noneMatch(place -> place.name().equals(blocker.name()))) {
            throw new SpecException("undefined blocking step \"" + blocker.name()
                    + "\" referenced in permutation step \"" + step.name() + "\"");
        }
        Step other = steps.get(blocker.name());
        if (other.session() == step.session()) {
            throw new SpecException("permutation step \"" + step.name() + "\" cannot block on its own session");
        }
        return blocker.notices() < 0 ? new OtherStep(other) : new Notices(other, blocker.notices());
    }
}
