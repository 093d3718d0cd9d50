package dev.palimpsest.recovery;

import dev.palimpsest.wal.ResourceManager;
import dev.palimpsest.wal.ResourceManagerId;
import java.util.EnumMap;
import java.util.Map;

/** The one list of who redoes and describes which records. Immutable. Source of the idea: PostgreSQL, {@code rmgrlist.h}. */
public final class ResourceManagers {
    private final Map<ResourceManagerId, ResourceManager> byId = new EnumMap<>(ResourceManagerId.class);

    /** @param managers of all rooms that write records; checkpoints are here already */
    public ResourceManagers(ResourceManager... managers) {
        add(new CheckpointRecord());
        for (ResourceManager manager : managers) {
            add(manager);
        }
    }

    /** The resource manager with this id, or null if nobody writes such records. */
    public ResourceManager of(ResourceManagerId id) {
        return byId.get(id);
    }

    private void add(ResourceManager manager) {
        ResourceManager other = byId.put(manager.id(), manager);
        assert other == null : "two resource managers with id=" + manager.id();
    }
}
