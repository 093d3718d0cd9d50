package dev.palimpsest.crash;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.buffer.BufferPool;
import dev.palimpsest.buffer.LogFlusher;
import dev.palimpsest.buffer.PageFile;
import dev.palimpsest.buffer.PageGuard;
import dev.palimpsest.buffer.WritePacer;
import dev.palimpsest.id.Xid;
import dev.palimpsest.page.PageLayout;
import dev.palimpsest.recovery.CheckpointOptions;
import dev.palimpsest.recovery.CheckpointParticipants;
import dev.palimpsest.recovery.Checkpointer;
import dev.palimpsest.recovery.ControlFile;
import dev.palimpsest.recovery.ControlRecord;
import dev.palimpsest.recovery.Recovery;
import dev.palimpsest.recovery.RedoProgress;
import dev.palimpsest.recovery.RedoResult;
import dev.palimpsest.recovery.ResourceManagers;
import dev.palimpsest.scheduler.Scheduler;
import dev.palimpsest.sim.SimulatedDisk;
import dev.palimpsest.wal.EnginePoison;
import dev.palimpsest.wal.ResourceManager;
import dev.palimpsest.wal.Wal;
import dev.palimpsest.wal.WalOptions;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * One opening of an engine's lower half on a simulated disk: log, pool, redo (twice) and checkpoints around one relation file, in the order in which
 * the engine opens them. A subclass says what the pages hold, what it expects of them, and what it keeps beside them.
 */
public abstract class LowerHalf implements CheckpointParticipants {
    public static final int FILE = 17;
    protected static final WalOptions SMALL_WAL = new WalOptions(64 << 10, 128 << 10, 5_000_000L);

    /**
     * @param frames pages in memory
     * @param checkpointBytes of log between two checkpoints
     */
    public record Settings(long databaseId, WalOptions wal, int frames, long checkpointBytes) {}

    public final Scheduler scheduler;
    protected final SimulatedDisk disk;
    protected Wal wal;
    protected BufferPool pool;
    protected Checkpointer checkpointer;
    private final Settings settings;

    protected LowerHalf(SimulatedDisk disk, Scheduler scheduler, Settings settings) {
        this.disk = disk;
        this.scheduler = scheduler;
        this.settings = settings;
    }

    /** Opens or creates. Call within a run. */
    protected final void start() {
        scheduler.join(scheduler.spawn("startup", this::startUp));
    }

    protected final void shutDown() {
        scheduler.join(scheduler.spawn("shutdown", () -> {
            checkpointer.close(true);
            wal.close();
            pool.close();
        }));
    }

    private void startUp() {
        ControlFile controlFile = new ControlFile(disk);
        boolean existed = controlFile.exists();
        ControlRecord control = existed
                ? controlFile.read()
                : new ControlRecord(
                        0,
                        settings.databaseId(),
                        false,
                        0,
                        0,
                        Xid.FIRST_NORMAL,
                        FILE,
                        100,
                        settings.wal().segmentBytes(),
                        0);
        if (existed) {
            beforeOpening();
        } else {
            create(controlFile);
        }
        wal = new Wal(disk, scheduler, new EnginePoison(), settings.wal(), control.databaseId());
        pool = new BufferPool(disk, scheduler, LogFlusher.of(wal), settings.frames());
        pool.start();
        openFiles(existed ? control : null);
        RedoResult redone = existed ? redoTwice(control) : null;
        wal.start(existed ? redone.endLsn() : wal.create());
        opened(redone);
        CheckpointOptions options = new CheckpointOptions(settings.checkpointBytes(), 50_000_000L, 0.5);
        checkpointer = new Checkpointer(wal, controlFile, control, this, scheduler, options);
        checkpointer.start(redone == null || redone.changes());
    }

    private RedoResult redoTwice(ControlRecord control) {
        ResourceManagers managers = new ResourceManagers(managers().toArray(ResourceManager[]::new));
        Recovery recovery = new Recovery(disk, directories(), wal, pool, managers);
        RedoResult result = recovery.redo(control, RedoProgress.NONE);
        byte[][] once = contents();
        check(result);
        assertEquals(result, recovery.redo(control, RedoProgress.NONE));
        assertTrue(Arrays.deepEquals(once, contents()), "redoing the log twice makes other pages");
        return result;
    }

    /** Every page as it is now, but for the checksum, which only writing sets. */
    protected byte[][] contents() {
        List<byte[]> contents = new ArrayList<>();
        for (PageFile file : files()) {
            for (int block = 0; block < file.blockCount(); block++) {
                byte[] bytes = new byte[PageLayout.SIZE];
                try (PageGuard guard = file.latchShared(block)) {
                    guard.page().get(0, bytes);
                }
                Arrays.fill(bytes, PageLayout.CHECKSUM_OFFSET, PageLayout.MAGIC_OFFSET, (byte) 0);
                contents.add(bytes);
            }
        }
        return contents.toArray(byte[][]::new);
    }

    // ---- what a subclass says, in the order in which it is asked

    /** There is a control record. */
    protected void beforeOpening() {}

    /** There is no control record. */
    protected void create(ControlFile controlFile) {
        controlFile.beginCreation();
    }

    /** @param control null in a new database */
    protected abstract void openFiles(ControlRecord control);

    protected List<String> directories() {
        return List.of("base");
    }

    protected abstract List<? extends ResourceManager> managers();

    /** The log has been redone once: do the pages hold what it says? */
    protected void check(RedoResult redone) {}

    protected abstract List<PageFile> files();

    /** The log is open for records. @param redone null in a new database */
    protected void opened(RedoResult redone) {}

    // ---- checkpoints, as long as pages are all there is

    @Override
    public void awaitEffects(long redoLsn) {
        // pages are the only effects here
    }

    @Override
    public void writeStatus() {
        // no transactions here
    }

    @Override
    public long statusPoint() {
        return 0;
    }

    @Override
    public void removeStatus(long point) {
        // nothing is ever cut off
    }

    @Override
    public void writePages(WritePacer pacer) {
        pool.writeDirty(pacer);
        pool.forceFiles();
    }

    @Override
    public int nextFileNumber() {
        return FILE + 1;
    }

    @Override
    public long nextOid() {
        return 100;
    }
}
