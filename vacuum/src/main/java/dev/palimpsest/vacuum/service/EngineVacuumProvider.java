package dev.palimpsest.vacuum.service;

import dev.palimpsest.reclaim.VacuumContext;
import dev.palimpsest.reclaim.VacuumProvider;
import dev.palimpsest.reclaim.VacuumService;

/** Found by {@link java.util.ServiceLoader}. Stateless. */
public final class EngineVacuumProvider implements VacuumProvider {
    @Override
    public VacuumService create(VacuumContext context) {
        return new EngineVacuum(context);
    }
}
