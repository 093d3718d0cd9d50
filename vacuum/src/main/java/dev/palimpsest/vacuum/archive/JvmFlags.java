package dev.palimpsest.vacuum.archive;

import java.util.ArrayList;
import java.util.List;

/**
 * The doors that Chronicle Map needs open in the JDK, asked for without touching it: its classes fail half way without them, and for good.
 *
 * <p>Measured one by one on JDK 17 and 25; the library's own list is longer. The manifest of the shell's jar, the poms and the READMEs have
 * the same five.
 */
final class JvmFlags {
    private static final String COMPILER = "jdk.compiler";

    private record Door(String option, String module, String packageName) {
        boolean isOpenFor(Module user) {
            return ModuleLayer.boot()
                    .findModule(module)
                    .map(there -> option.equals("--add-opens")
                            ? there.isOpen(packageName, user)
                            : there.isExported(packageName, user))
                    .orElse(false);
        }

        String flag(Module user) {
            String target = user.isNamed() ? user.getName() : "ALL-UNNAMED";
            return option + " " + module + "/" + packageName + "=" + target;
        }
    }

    private static final List<Door> DOORS = List.of(
            new Door("--add-exports", "java.base", "jdk.internal.ref"),
            new Door("--add-exports", COMPILER, "com.sun.tools.javac.file"),
            new Door("--add-opens", "java.base", "java.lang"),
            new Door("--add-opens", "java.base", "java.lang.reflect"),
            new Door("--add-opens", "java.base", "sun.nio.ch"));

    private JvmFlags() {}

    /** The flags that this JVM was not started with; and the JDK's compiler module, if it isn't there at all. */
    static List<String> missing() {
        Module user = libraryModule();
        List<String> missing = new ArrayList<>();
        if (ModuleLayer.boot().findModule(COMPILER).isEmpty()) {
            missing.add("--add-modules " + COMPILER + " (the archive needs a JDK)");
        }
        for (Door door : DOORS) {
            if (!door.isOpenFor(user)) {
                missing.add(door.flag(user));
            }
        }
        return missing;
    }

    /** The module of the class that does the forbidden things, loaded but not initialised. */
    private static Module libraryModule() {
        try {
            return Class.forName("net.openhft.chronicle.core.Jvm", false, JvmFlags.class.getClassLoader())
                    .getModule();
        } catch (ClassNotFoundException | LinkageError e) {
            return JvmFlags.class.getClassLoader().getUnnamedModule(); // creating the archive will say what is missing
        }
    }
}
