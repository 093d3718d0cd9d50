package dev.palimpsest.api;

import java.nio.file.Path;
import java.util.ServiceLoader;

/** How {@link Database#open} finds the engine, which is wired above this package. Found by {@link ServiceLoader}. */
public interface DatabaseProvider {
    Database open(Path directory, DatabaseOptions options);

    Database openInMemory(DatabaseOptions options);

    /** @throws StoppedException XX000 if no engine is on the class path */
    static DatabaseProvider get() {
        return ServiceLoader.load(DatabaseProvider.class, DatabaseProvider.class.getClassLoader())
                .findFirst()
                .orElseThrow(() -> new StoppedException(
                        SqlState.INTERNAL_ERROR,
                        "no engine found on the class path",
                        "META-INF/services/" + DatabaseProvider.class.getName() + " is missing; keep it when shading"));
    }
}
