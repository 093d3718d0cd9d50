package dev.palimpsest.arch;

import com.tngtech.archunit.core.domain.Dependency;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The packages of Palimpsest ("rooms", each with its sub-packages) and what each may import.
 *
 * <p>{@code id} and {@code api} import neither each other nor anything else: public types carry plain longs and their own records, so
 * that nobody who uses the engine meets its packed numbers.
 */
final class Rooms {
    /** The engine, top to bottom: imports go to a lower line only, and never along a line. */
    private static final List<List<String>> ENGINE = List.of(
            List.of("engine"),
            List.of("recovery"),
            List.of("inspect", "reclaim"),
            List.of("table"),
            List.of("catalog"),
            List.of("heap", "btree"),
            List.of("ssi"),
            List.of("tx", "tuple"),
            List.of("lock"),
            List.of("buffer"),
            List.of("wal"),
            List.of("page"),
            List.of("storage"),
            List.of("latch"),
            List.of("scheduler"),
            List.of("id", "api", "events"));

    /** The SQL front end, top to bottom; of the engine it sees {@link #SEEN_BY_FRONT} only. */
    private static final List<String> FRONT = List.of("shell", "isolation", "sql.exec", "sql.plan", "sql.parser");

    private static final Set<String> SEEN_BY_FRONT = Set.of("api", "inspect");

    /** The vacuum module, top to bottom; of the engine it sees {@link #SEEN_BY_VACUUM} only. */
    private static final List<String> VACUUM = List.of("vacuum.service", "vacuum.auto", "vacuum", "vacuum.archive");

    private static final Set<String> SEEN_BY_VACUUM = Set.of(
            "reclaim",
            "table",
            "catalog",
            "heap",
            "btree",
            "tx",
            "tuple",
            "lock",
            "buffer",
            "wal",
            "page",
            "storage",
            "scheduler",
            "events",
            "id",
            "api");

    /** Outside packages by name prefix; only these rooms may use libraries. */
    private static final Set<String> JDK_ONLY = Set.of("java.", "jdk.jfr.");

    private static final Set<String> WITH_LIBRARIES = Set.of("shell", "vacuum.archive");

    private final String base;
    private final Map<String, Integer> engineLines = new HashMap<>();

    /** Rooms are the packages under {@code base}. */
    Rooms(String base) {
        this.base = base + ".";
        for (int line = 0; line < ENGINE.size(); line++) {
            for (String room : ENGINE.get(line)) {
                engineLines.put(room, line);
            }
        }
    }

    /** The room of a class, or nothing if its package is in no listed room. */
    Optional<String> roomOf(JavaClass javaClass) {
        String name = javaClass.getPackageName();
        while (name.startsWith(base)) {
            String room = name.substring(base.length());
            if (engineLines.containsKey(room) || FRONT.contains(room) || VACUUM.contains(room)) {
                return Optional.of(room);
            }
            name = name.substring(0, name.lastIndexOf('.'));
        }
        return Optional.empty();
    }

    /** Each class is in a room and imports only what its room may. */
    ArchCondition<JavaClass> importDownwardOnly() {
        return new ArchCondition<>("be in a room and import downward only") {
            @Override
            public void check(JavaClass origin, ConditionEvents events) {
                Optional<String> room = roomOf(origin);
                if (room.isEmpty()) {
                    String message = "no room: " + origin.getName() + " is in a package that Rooms doesn't list";
                    events.add(SimpleConditionEvent.violated(origin, message));
                    return;
                }
                for (Dependency dependency : origin.getDirectDependenciesFromSelf()) {
                    JavaClass target = dependency.getTargetClass().getBaseComponentType();
                    if (!target.isPrimitive() && !mayImport(room.get(), target)) {
                        String message = room.get() + " -> " + roomOf(target).orElse(target.getPackageName()) + ": "
                                + dependency.getDescription();
                        events.add(SimpleConditionEvent.violated(dependency, message));
                    }
                }
            }
        };
    }

    private boolean mayImport(String from, JavaClass target) {
        if (!target.getPackageName().startsWith(base)) {
            return WITH_LIBRARIES.contains(from) || JDK_ONLY.stream().anyMatch(target.getName()::startsWith);
        }
        Optional<String> to = roomOf(target);
        return to.isPresent() && mayImport(from, to.get());
    }

    private boolean mayImport(String from, String to) {
        if (from.equals(to)) {
            return true;
        }
        if (FRONT.contains(from)) {
            return SEEN_BY_FRONT.contains(to) || FRONT.indexOf(from) < FRONT.indexOf(to);
        }
        if (VACUUM.contains(from)) {
            return SEEN_BY_VACUUM.contains(to) || VACUUM.indexOf(from) < VACUUM.indexOf(to);
        }
        return engineLines.containsKey(to) && engineLines.get(from) < engineLines.get(to);
    }
}
