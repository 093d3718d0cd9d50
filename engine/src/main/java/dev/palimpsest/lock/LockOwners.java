package dev.palimpsest.lock;

import java.util.function.Consumer;

/**
 * All owners that may hold a fast-path lock now. An owner is listed before its first lock and until after its last release. Every
 * listing that starts after an owner entered itself, in the order of volatile accesses, meets it.
 */
@FunctionalInterface
public interface LockOwners {
    void forEachOwner(Consumer<LockOwner> action);
}
