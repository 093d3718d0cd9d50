package dev.palimpsest.sim;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.EngineException;
import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.scheduler.ThreadScheduler;
import dev.palimpsest.sim.SimulatedDisk.Call;
import dev.palimpsest.storage.Disk;
import dev.palimpsest.storage.DiskFile;
import dev.palimpsest.storage.MemoryDisk;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import java.util.function.Consumer;
import java.util.function.Function;
import org.junit.jupiter.api.Test;

/** Each fault that the simulated disk promises occurs over seeds, and nothing forced is ever lost. */
class SimulatedDiskTest {
    private static final int SEEDS = 300;
    private static final int PAGE_BYTES = 8192;
    private static final int SECTOR_BYTES = SimulatedFile.SECTOR_BYTES;

    @Test
    void shouldAnswerLikeAnyDiskWithoutFaults() {
        SplittableRandom random = new SplittableRandom(7);
        MemoryDisk model = new MemoryDisk();
        SimulatedDisk disk = new SimulatedDisk(7);
        for (int i = 0; i < 20_000; i++) {
            String name = "f" + random.nextInt(4);
            String other = "f" + random.nextInt(4);
            byte[] data = new byte[random.nextInt(1, 2_000)];
            Arrays.fill(data, (byte) i);
            int at = random.nextInt(20_000);
            switch (random.nextInt(8)) {
                case 0 -> both(model, disk, d -> outcome(() -> d.rename(name, other)));
                case 1 -> both(model, disk, d -> outcome(() -> d.delete(name)));
                case 2 ->
                    both(model, disk, d -> outcome(() -> d.open(name, false).truncate(at)));
                case 3 -> both(model, disk, d -> d.exists(name) + " " + d.list("") + " " + d.list("nowhere"));
                case 4 ->
                    both(model, disk, d -> outcome(() -> d.open(name, false).force()));
                case 5 -> both(model, disk, d -> outcome(() -> d.forceDirectory("")));
                case 6 -> both(model, disk, d -> d.exists(name) ? read(d.open(name, false), at) : "");
                default ->
                    both(model, disk, d -> {
                        DiskFile file = d.open(name, true);
                        file.write(ByteBuffer.wrap(data), at);
                        return file.size();
                    });
            }
        }
    }

    @Test
    void shouldKeepWhatWasForced() {
        for (int seed = 0; seed < SEEDS; seed++) {
            SimulatedDisk disk = baseline('a');
            disk.open("f", false).write(page('b'), PAGE_BYTES); // unforced, elsewhere
            disk.powerCut(seed);
            disk.reopenAfterCut();
            assertArrayEquals(page('a').array(), Arrays.copyOf(disk.contents("f"), PAGE_BYTES), "seed=" + seed);
        }
    }

    @Test
    void shouldLeaveInEachSectorWhatWasForcedLastOrOneOfTheLaterWrites() {
        int sectors = 40;
        for (int seed = 0; seed < SEEDS; seed++) {
            SplittableRandom random = new SplittableRandom(seed);
            SimulatedDisk disk = new SimulatedDisk(seed);
            DiskFile file = disk.open("f", true);
            disk.forceDirectory("");
            List<Set<Byte>> possible = new ArrayList<>();
            for (int i = 0; i < sectors; i++) {
                possible.add(new HashSet<>(Set.of((byte) 0)));
            }
            file.write(filled(sectors * SECTOR_BYTES, (char) 0), 0);
            file.force();
            for (int i = 1; i < 100; i++) {
                int from = random.nextInt(sectors);
                int count = random.nextInt(1, sectors - from + 1);
                file.write(filled(count * SECTOR_BYTES, (char) i), (long) from * SECTOR_BYTES);
                for (int sector = from; sector < from + count; sector++) {
                    possible.get(sector).add((byte) i);
                }
                if (random.nextInt(8) == 0) {
                    file.force();
                    byte[] forced = disk.contents("f");
                    for (int sector = 0; sector < sectors; sector++) {
                        possible.get(sector).retainAll(Set.of(forced[sector * SECTOR_BYTES]));
                    }
                }
            }
            disk.powerCut(seed);
            byte[] found = disk.contents("f");
            assertEquals(sectors * SECTOR_BYTES, found.length);
            for (int i = 0; i < found.length; i++) {
                assertTrue(possible.get(i / SECTOR_BYTES).contains(found[i]), "seed=" + seed + " byte=" + i);
            }
        }
    }

    @Test
    void shouldDropKeepAndTearAWriteAtSectors() {
        Set<Integer> newSectors = new TreeSet<>();
        boolean scattered = false;
        for (int seed = 0; seed < SEEDS; seed++) {
            SimulatedDisk disk = baseline('a');
            disk.open("f", false).write(page('b'), 0);
            disk.powerCut(seed);
            byte[] found = disk.contents("f");
            int count = 0;
            int changes = 0;
            for (int sector = 0; sector < PAGE_BYTES / SECTOR_BYTES; sector++) {
                byte first = found[sector * SECTOR_BYTES];
                for (int i = 0; i < SECTOR_BYTES; i++) {
                    assertEquals(first, found[sector * SECTOR_BYTES + i], "a sector is whole, seed=" + seed);
                }
                count += first == 'b' ? 1 : 0;
                changes += sector > 0 && first != found[sector * SECTOR_BYTES - 1] ? 1 : 0;
            }
            newSectors.add(count);
            scattered |= changes > 2;
        }
        assertTrue(newSectors.contains(0), "dropped");
        assertTrue(newSectors.contains(PAGE_BYTES / SECTOR_BYTES), "kept");
        assertTrue(newSectors.size() > 10, () -> "torn: " + newSectors);
        assertTrue(scattered, "any sectors survive, not only the first ones");
    }

    @Test
    void shouldReorderWritesWithinAndAcrossFiles() {
        Set<String> found = outcomes(
                disk -> {
                    DiskFile f = disk.open("f", false);
                    DiskFile g = disk.open("g", true);
                    g.write(page('a'), 0);
                    g.force();
                    disk.forceDirectory("");
                    f.write(sector('1'), 0);
                    g.write(sector('2'), 0);
                    f.write(sector('3'), SECTOR_BYTES);
                },
                disk -> "" + (char) disk.contents("f")[0] + (char) disk.contents("g")[0]
                        + (char) disk.contents("f")[SECTOR_BYTES]);
        assertEquals(Set.of("aaa", "1aa", "a2a", "aa3", "12a", "1a3", "a23", "123"), found);
    }

    @Test
    void shouldKeepAnyOfSeveralWritesToOneSector() {
        Set<String> found = outcomes(
                disk -> {
                    DiskFile f = disk.open("f", false);
                    f.write(sector('1'), 0);
                    f.write(sector('2'), 0);
                    f.write(sector('3'), 0);
                },
                disk -> "" + (char) disk.contents("f")[0]);
        assertEquals(Set.of("a", "1", "2", "3"), found);
    }

    @Test
    void shouldLoseOrKeepAFilesLength() {
        Set<String> grown = outcomes(
                disk -> {
                    DiskFile f = disk.open("f", false);
                    f.write(page('b'), PAGE_BYTES);
                    f.write(page('c'), 2 * PAGE_BYTES);
                },
                disk -> disk.contents("f").length / PAGE_BYTES + "");
        assertEquals(Set.of("1", "2", "3"), grown);
        Set<String> cut = outcomes(disk -> disk.open("f", false).truncate(100), disk -> disk.contents("f").length + "");
        assertEquals(Set.of("100", "" + PAGE_BYTES), cut);
    }

    @Test
    void shouldShowZeroesWhereALengthOutlivedItsBytes() {
        Set<String> found = outcomes(
                disk -> disk.open("f", false).write(sector('b'), PAGE_BYTES),
                disk -> disk.contents("f").length > PAGE_BYTES ? "" + (int) disk.contents("f")[PAGE_BYTES] : "short");
        assertEquals(Set.of("short", "0", "" + (int) 'b'), found);
    }

    @Test
    void shouldLoseOrKeepCreationRenameAndDeletionUntilTheDirectoryIsForced() {
        Consumer<SimulatedDisk> create = disk -> {
            DiskFile file = disk.open("new", true);
            file.write(page('n'), 0);
            file.force();
        };
        assertEquals(
                Set.of("[f]", "[f, new]"),
                outcomes(create, disk -> disk.list("").toString()));
        assertEquals(
                Set.of("[f, new]"),
                outcomes(
                        create.andThen(d -> d.forceDirectory("")),
                        d -> d.list("").toString()));
        Consumer<SimulatedDisk> rename = disk -> disk.rename("f", "g");
        assertEquals(
                Set.of("[f]", "[g]"), outcomes(rename, disk -> disk.list("").toString()));
        assertEquals(
                Set.of("[g]"),
                outcomes(
                        rename.andThen(d -> d.forceDirectory("")),
                        d -> d.list("").toString()));
        Consumer<SimulatedDisk> delete = disk -> disk.delete("f");
        assertEquals(Set.of("[]", "[f]"), outcomes(delete, disk -> disk.list("").toString()));
        assertEquals(
                Set.of("[]"),
                outcomes(
                        delete.andThen(d -> d.forceDirectory("")),
                        d -> d.list("").toString()));
    }

    @Test
    void shouldReplaceAFileByRenameWholeOrNotAtAll() {
        Set<String> found = outcomes(
                disk -> {
                    DiskFile next = disk.open("f.tmp", true);
                    next.write(page('b'), 0);
                    next.force();
                    disk.rename("f.tmp", "f");
                },
                disk -> (char) disk.contents("f")[0] + disk.list("").toString());
        assertEquals(Set.of("a[f]", "a[f, f.tmp]", "b[f]"), found);
    }

    @Test
    void shouldLoseEverythingBelowALostDirectory() {
        Set<String> found = outcomes(
                disk -> {
                    disk.createDirectory("wal");
                    disk.open("wal/1", true).force();
                    disk.forceDirectory("wal");
                },
                disk -> disk.list("") + "" + disk.list("wal"));
        assertEquals(Set.of("[f][]", "[f, wal][1]"), found);
    }

    @Test
    void shouldFreezeAtTheNthCallUntilItIsSwitchedOnAgain() {
        Set<String> found = new HashSet<>();
        for (int n = 1; n <= 4; n++) {
            SimulatedDisk disk = baseline('a');
            DiskFile file = disk.open("f", false);
            disk.crashAt(n);
            int done = 0;
            try {
                for (; done < 10; done++) {
                    file.write(sector((char) ('1' + done)), 0);
                    file.force();
                }
            } catch (PowerCutException e) {
                assertTrue(disk.isOff());
            }
            assertEquals((n - 1) / 2, done, "calls before the cut worked");
            assertThrows(PowerCutException.class, () -> file.read(ByteBuffer.allocate(1), 0));
            assertThrows(PowerCutException.class, () -> disk.open("f", false));
            byte[] frozen = disk.contents("f");
            disk.reopenAfterCut();
            assertThrows(PowerCutException.class, file::force, "handles of before stay dead");
            assertArrayEquals(frozen, disk.contents("f"));
            assertNotNull(disk.open("f", false));
            found.add(n + "" + (char) frozen[0]);
        }
        // the call in which the power went may or may not have had its effect; a force that returned has
        assertTrue(found.contains("31") || found.contains("32"), found.toString());
    }

    @Test
    void shouldReplayACutFromItsSeed() {
        for (int seed = 0; seed < 50; seed++) {
            byte[][] found = new byte[2][];
            for (int run = 0; run < 2; run++) {
                SimulatedDisk disk = new SimulatedDisk(seed);
                DiskFile file = disk.open("f", true);
                disk.forceDirectory("");
                file.write(page('a'), 0);
                file.force();
                file.write(page('b'), 0);
                file.write(page('c'), 4096);
                disk.crashAt(1);
                assertThrows(PowerCutException.class, file::force);
                found[run] = disk.contents("f");
            }
            assertArrayEquals(found[0], found[1], "seed=" + seed);
        }
    }

    @Test
    void shouldFailTheNthCallOnce() {
        SimulatedDisk disk = baseline('a');
        DiskFile file = disk.open("f", false);
        disk.failCall(2);
        file.force();
        expect(SqlState.IO_ERROR, file::size);
        assertEquals(PAGE_BYTES, file.size());
        for (Call call : Call.values()) {
            disk.failCall(call, 1);
        }
        expect(SqlState.IO_ERROR, () -> disk.open("f", false));
        expect(SqlState.IO_ERROR, () -> file.read(ByteBuffer.allocate(1), 0));
        expect(SqlState.IO_ERROR, () -> file.write(page('b'), 0));
        expect(SqlState.IO_ERROR, file::force);
        expect(SqlState.IO_ERROR, () -> file.truncate(0));
        expect(SqlState.IO_ERROR, file::size);
        expect(SqlState.IO_ERROR, () -> disk.exists("f"));
        expect(SqlState.IO_ERROR, () -> disk.rename("f", "g"));
        expect(SqlState.IO_ERROR, () -> disk.delete("f"));
        expect(SqlState.IO_ERROR, () -> disk.list(""));
        expect(SqlState.IO_ERROR, () -> disk.createDirectory("d"));
        expect(SqlState.IO_ERROR, () -> disk.forceDirectory(""));
        expect(SqlState.IO_ERROR, () -> disk.lock("lock"));
        assertEquals(List.of("f"), disk.list(""), "a failed call has no effect on names");
    }

    @Test
    void shouldLeaveSomeFirstPartOfAFailedWrite() {
        Set<Integer> written = new HashSet<>();
        for (int seed = 0; seed < SEEDS; seed++) {
            SimulatedDisk disk = new SimulatedDisk(seed);
            DiskFile file = disk.open("f", true);
            disk.failCall(Call.WRITE, 1);
            expect(SqlState.IO_ERROR, () -> file.write(page('b'), 0));
            written.add((int) file.size());
        }
        assertTrue(written.size() > 50, written.toString());
    }

    @Test
    void shouldReportAFullDiskAfterAPartOfTheWrite() {
        SimulatedDisk disk = baseline('a');
        DiskFile file = disk.open("f", false);
        disk.limitCapacity(PAGE_BYTES + 1000);
        file.write(page('b'), 0); // in place: needs no room
        StoppedException error = expect(SqlState.DISK_FULL, () -> file.write(page('c'), PAGE_BYTES));
        assertTrue(error.getMessage().contains("\"f\""), error.getMessage());
        assertEquals(PAGE_BYTES + 1000, file.size());
        expect(SqlState.DISK_FULL, () -> disk.open("g", true).write(page('c'), 0));
        file.truncate(0);
        disk.open("g", true).write(page('c'), 0);
    }

    @Test
    void shouldLoseUnforcedBytesAfterAFailedForceThoughTheyLookClean() {
        Set<String> found = new TreeSet<>();
        for (int seed = 0; seed < SEEDS; seed++) {
            SimulatedDisk disk = baseline('a', seed);
            DiskFile file = disk.open("f", false);
            file.write(page('b'), 0);
            disk.failCall(Call.FORCE, 1);
            expect(SqlState.IO_ERROR, file::force);
            assertEquals('b', disk.contents("f")[0], "it still looks written");
            file.force(); // succeeds, and means nothing
            disk.powerCut(seed);
            found.add("" + (char) disk.contents("f")[0]);
        }
        assertEquals(Set.of("a", "b"), found);
    }

    @Test
    void shouldLeaveOutForcesWithoutTelling() {
        Set<String> found = outcomes(
                disk -> {
                    disk.ignoreForces(path -> path.equals("f"));
                    disk.ignoreDirectoryForces();
                    DiskFile f = disk.open("f", false);
                    f.write(page('b'), 0);
                    f.force();
                    disk.open("new", true);
                    disk.forceDirectory("");
                },
                disk -> (char) disk.contents("f")[0] + disk.list("").toString());
        assertEquals(Set.of("a[f]", "b[f]", "a[f, new]", "b[f, new]"), found);
    }

    @Test
    void shouldCountCallsByKind() {
        SimulatedDisk disk = baseline('a');
        long before = disk.count();
        DiskFile file = disk.open("f", false);
        file.write(page('b'), 0);
        file.write(page('b'), 0);
        file.force();
        assertEquals(3, disk.count(Call.WRITE));
        assertEquals(2, disk.count(Call.FORCE));
        assertEquals(before + 4, disk.count());
    }

    @Test
    void shouldReleaseLocksAtACutAndRefuseASecondOneBefore() throws Exception {
        SimulatedDisk disk = baseline('a');
        AutoCloseable dead = disk.lock("lock");
        EngineException error = assertThrows(EngineException.class, () -> disk.lock("lock"));
        assertSame(SqlState.OBJECT_IN_USE, error.sqlState());
        disk.powerCut(1);
        disk.reopenAfterCut();
        AutoCloseable lock = disk.lock("lock");
        dead.close(); // the process of before the cut can't release the new one's lock
        assertThrows(EngineException.class, () -> disk.lock("lock"));
        lock.close();
        disk.lock("lock").close();
    }

    @Test
    void shouldDamageAByteForGood() {
        SimulatedDisk disk = baseline('a');
        disk.damage("f", 100, 1);
        assertEquals('a' ^ 1, disk.contents("f")[100]);
        disk.powerCut(3);
        assertEquals('a' ^ 1, disk.contents("f")[100]);
    }

    @Test
    void shouldCopyItsWholeState() {
        SimulatedDisk disk = baseline('a');
        disk.open("f", false).write(page('b'), 0);
        disk.open("new", true);
        Set<String> found = new HashSet<>();
        for (int seed = 0; seed < SEEDS; seed++) {
            SimulatedDisk copy = disk.copy(seed);
            copy.powerCut(seed);
            copy.reopenAfterCut();
            found.add((char) copy.contents("f")[0] + copy.list("").toString());
        }
        assertEquals(Set.of("a[f]", "b[f]", "a[f, new]", "b[f, new]"), found);
        assertEquals('b', disk.contents("f")[0], "the original is untouched");
    }

    @Test
    void shouldRefuseWritesOutsideEngineTasks() {
        SimulatedDisk disk = baseline('a');
        DiskFile file = disk.open("f", false);
        disk.requireEngineTasksOf(new ThreadScheduler());
        assertThrows(AssertionError.class, () -> file.write(page('b'), 0));
        assertThrows(AssertionError.class, file::force);
        assertThrows(AssertionError.class, () -> file.truncate(0));
        assertThrows(AssertionError.class, () -> disk.forceDirectory(""));
        assertFalse(disk.isOff());
    }

    /**
     * Every outcome over the seeds of a cut after {@code work} on a disk with one forced file {@code f} of one page of
     * a's.
     */
    private static Set<String> outcomes(Consumer<SimulatedDisk> work, Function<SimulatedDisk, String> look) {
        Set<String> found = new TreeSet<>();
        for (int seed = 0; seed < SEEDS; seed++) {
            SimulatedDisk disk = baseline('a');
            work.accept(disk);
            disk.powerCut(seed);
            disk.reopenAfterCut();
            found.add(look.apply(disk));
        }
        return found;
    }

    private static SimulatedDisk baseline(char filling) {
        return baseline(filling, 1);
    }

    private static SimulatedDisk baseline(char filling, long seed) {
        SimulatedDisk disk = new SimulatedDisk(seed);
        DiskFile file = disk.open("f", true);
        file.write(page(filling), 0);
        file.force();
        disk.forceDirectory("");
        return disk;
    }

    private static void both(MemoryDisk model, SimulatedDisk disk, Function<Disk, Object> action) {
        assertEquals(action.apply(model), action.apply(disk));
    }

    private static String outcome(Runnable action) {
        try {
            action.run();
            return "done";
        } catch (StoppedException e) {
            return e.sqlState().code();
        }
    }

    private static String read(DiskFile file, long position) {
        ByteBuffer dst = ByteBuffer.allocate(3_000);
        int count = file.read(dst, position);
        return count + " " + Arrays.hashCode(dst.array()) + " " + file.size();
    }

    private static StoppedException expect(SqlState state, Runnable action) {
        StoppedException error = assertThrows(StoppedException.class, action::run);
        assertSame(state, error.sqlState(), error.toString());
        return error;
    }

    private static ByteBuffer page(char filling) {
        return filled(PAGE_BYTES, filling);
    }

    private static ByteBuffer sector(char filling) {
        return filled(SECTOR_BYTES, filling);
    }

    private static ByteBuffer filled(int length, char filling) {
        byte[] bytes = new byte[length];
        Arrays.fill(bytes, (byte) filling);
        return ByteBuffer.wrap(bytes);
    }
}
