package dev.palimpsest.crash;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.btree.BtreeResourceManager;
import dev.palimpsest.buffer.BufferPool;
import dev.palimpsest.buffer.LogFlusher;
import dev.palimpsest.catalog.Catalog;
import dev.palimpsest.heap.Heap;
import dev.palimpsest.recovery.ControlFile;
import dev.palimpsest.recovery.ControlRecord;
import dev.palimpsest.recovery.Recovery;
import dev.palimpsest.recovery.RedoResult;
import dev.palimpsest.recovery.ResourceManagers;
import dev.palimpsest.sim.SeededScheduler;
import dev.palimpsest.sim.SimulatedDisk;
import dev.palimpsest.tx.CommitLog;
import dev.palimpsest.tx.CommitWal;
import dev.palimpsest.tx.TransactionResourceManager;
import dev.palimpsest.wal.EnginePoison;
import dev.palimpsest.wal.ResourceManager;
import dev.palimpsest.wal.Wal;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/** Replaying the log a second time, onto the pages that the first time has made, gives the same files byte for byte. */
class RedoTwiceTest {
    private static final int SEEDS = 40;

    @Test
    void shouldMakeTheSameFilesAgain() {
        long[] records = {0};
        ManySeeds.forEach(0, SEEDS, seed -> {
            SimulatedDisk disk = new EngineLives(seed).liveOnce(seed % 2 == 0).disk;
            long redone = redo(disk, seed);
            Map<String, byte[]> once = files(disk);
            assertEquals(redone, redo(disk, seed + SEEDS));
            Map<String, byte[]> twice = files(disk);
            assertEquals(once.keySet(), twice.keySet());
            once.forEach((path, bytes) -> assertArrayEquals(bytes, twice.get(path), path));
            synchronized (records) {
                records[0] += redone;
            }
        });
        assertTrue(records[0] > SEEDS * 15, "records=" + records[0]);
    }

    /** Recovery up to where the log would go on, and all of it written out. @return how many records */
    private static long redo(SimulatedDisk disk, long seed) {
        long[] records = new long[1];
        SeededScheduler scheduler = new SeededScheduler(seed);
        disk.requireEngineTasksOf(scheduler);
        scheduler.run(() -> scheduler.join(scheduler.spawn("redo", () -> records[0] = redo(disk, scheduler))));
        disk.processDied();
        return records[0];
    }

    private static long redo(SimulatedDisk disk, SeededScheduler scheduler) {
        ControlRecord control = new ControlFile(disk).read();
        SimulatedEngine.Settings small = SimulatedEngine.Settings.small();
        Wal wal = new Wal(disk, scheduler, new EnginePoison(), small.wal(), control.databaseId());
        BufferPool pool = new BufferPool(disk, scheduler, LogFlusher.of(wal), small.frames());
        pool.start();
        CommitLog statuses = new CommitLog(disk, scheduler);
        List<ResourceManager> managers = new ArrayList<>(Heap.resourceManagers());
        managers.addAll(Catalog.resourceManagers());
        managers.add(new BtreeResourceManager());
        managers.add(new TransactionResourceManager(statuses, pool::drop));
        ResourceManagers all = new ResourceManagers(managers.toArray(ResourceManager[]::new));
        RedoResult result =
                new Recovery(disk, List.of("base", "status"), wal, pool, all).redo(control, (count, at, from) -> {});
        wal.start(result.endLsn());
        pool.writeDirty((done, total) -> {});
        pool.forceFiles();
        statuses.writeDirty(CommitWal.of(wal));
        wal.close();
        return result.records();
    }

    private static Map<String, byte[]> files(SimulatedDisk disk) {
        Map<String, byte[]> files = new TreeMap<>();
        for (String directory : List.of("base", "status")) {
            for (String name : disk.list(directory)) {
                files.put(directory + "/" + name, disk.contents(directory + "/" + name));
            }
        }
        return files;
    }
}
