package dev.palimpsest.crash;

import dev.palimpsest.heap.MapArchive;
import dev.palimpsest.reclaim.ArchiveFactory;
import dev.palimpsest.scheduler.Scheduler;
import dev.palimpsest.scheduler.Step;
import java.nio.file.Path;

/**
 * Archives of pinned versions in the Java heap, for databases on a simulated disk: every other one takes time to be made, and others may run before
 * and after each access.
 */
public final class SimulatedArchives implements ArchiveFactory {
    private static final long LONGEST_MAKING_NANOS = 20_000_000;

    private final Scheduler scheduler;
    private final long maxBytes;

    public SimulatedArchives(Scheduler scheduler, long maxBytes) {
        this.scheduler = scheduler;
        this.maxBytes = maxBytes;
    }

    @Override
    public OpenArchive open(Path directory) {
        if (scheduler.random().nextBoolean()) {
            scheduler.park(this, 1 + scheduler.random().nextLong(LONGEST_MAKING_NANOS));
        }
        return new Archive();
    }

    private final class Archive extends MapArchive implements OpenArchive {
        Archive() {
            super(maxBytes);
        }

        @Override
        public byte[] get(int relation, int block) {
            scheduler.step(Step.PAGE_READ_OPTIMISTIC);
            byte[] blob = super.get(relation, block);
            scheduler.step(Step.PAGE_READ_OPTIMISTIC);
            return blob;
        }

        @Override
        public boolean put(int relation, int block, byte[] blob) {
            scheduler.step(Step.PAGE_READ_OPTIMISTIC);
            boolean kept = super.put(relation, block, blob.clone()); // not to see later changes of the caller's array
            scheduler.step(Step.PAGE_READ_OPTIMISTIC);
            return kept;
        }

        @Override
        public void remove(int relation, int block) {
            scheduler.step(Step.PAGE_READ_OPTIMISTIC);
            super.remove(relation, block);
            scheduler.step(Step.PAGE_READ_OPTIMISTIC);
        }

        @Override
        public void close() {}
    }
}
