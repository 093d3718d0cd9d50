package dev.palimpsest.reclaim;

import java.util.Optional;
import java.util.ServiceLoader;

/** How the engine finds vacuum. With its module on the class path it runs; without it only pruning on write reclaims anything. */
public interface VacuumProvider {
    /** For one open database. Nothing is started. */
    VacuumService create(VacuumContext context);

    /** The one on the class path, if there is one. */
    static Optional<VacuumProvider> find() {
        return ServiceLoader.load(VacuumProvider.class, VacuumProvider.class.getClassLoader())
                .findFirst();
    }
}
