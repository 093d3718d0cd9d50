package dev.palimpsest.bench;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Stores by name, in order. Their classes are only named here: the peers' are on the class path in one profile alone. */
public final class StoreClasses {
    private final Map<String, String> classes = new LinkedHashMap<>();

    /** One store more; for the initialisation of constants. */
    public StoreClasses with(String name, String className) {
        classes.put(name, className);
        return this;
    }

    public Set<String> names() {
        return classes.keySet();
    }

    /** Those whose class and library are there; the others are left out with a word about it. */
    public List<String> present(List<String> names) {
        return names.stream().filter(this::isPresent).toList();
    }

    private boolean isPresent(String name) {
        try {
            Class.forName(classes.get(name), false, StoreClasses.class.getClassLoader());
            return true;
        } catch (ClassNotFoundException | LinkageError e) {
            System.err.println(name + ": left out, not on the class path (" + e + ")");
            return false;
        }
    }

    public Store create(String name) throws ReflectiveOperationException {
        return (Store) Class.forName(classes.get(name)).getConstructor().newInstance();
    }
}
