package dev.palimpsest.sim;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.StoppedException;
import dev.palimpsest.api.UsageException;
import dev.palimpsest.scheduler.Scheduler;
import dev.palimpsest.storage.Disk;
import dev.palimpsest.storage.DiskFile;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * A disk that keeps what was written but not forced apart from what is durable, and loses, reorders and tears it by
 * seed when the power is cut. It can also fail a call, be full, fail a force, or leave out forces without telling. See
 * README.md.
 *
 * <p>{@link #close} closes the open files only: the same disk is opened again by the next engine, as a directory would
 * be.
 *
 * <p>Thread-safe: all state is guarded by this object's monitor, held only inside its methods.
 */
public final class SimulatedDisk implements Disk {
    /** The kinds of calls, for counting them and for failing one. */
    public enum Call {
        OPEN,
        READ,
        WRITE,
        FORCE,
        TRUNCATE,
        SIZE,
        EXISTS,
        RENAME,
        DELETE,
        LIST,
        CREATE_DIRECTORY,
        FORCE_DIRECTORY,
        LOCK
    }

    private enum Outcome {
        WORKS,
        FAILS,
        POWER_CUT
    }

    /**
     * A name that appeared, went, or both (a rename, in one step). Durable once {@code directory} was forced.
     *
     * @param file null for a directory
     */
    private record NameChange(String directory, String removed, String added, SimulatedFile file) {
        void apply(Map<String, SimulatedFile> names) {
            if (removed != null && names.containsKey(removed) && names.get(removed) == file) {
                names.remove(removed);
            }
            if (added != null) {
                names.put(added, file);
            }
        }
    }

    private final long seed;
    private final Map<Call, Long> counts = new EnumMap<>(Call.class);
    private final Map<Call, Long> failAt = new EnumMap<>(Call.class);
    private final Map<String, Object> locks = new HashMap<>();

    /** All paths that can be seen; a directory's value is null. */
    private final NavigableMap<String, SimulatedFile> names = new TreeMap<>();

    private final NavigableMap<String, SimulatedFile> durableNames = new TreeMap<>();
    private final List<NameChange> unforcedNames = new ArrayList<>();
    private long total;
    private long failAnyAt = -1;
    private long crashAt = -1;
    private long capacityBytes = Long.MAX_VALUE;
    private Predicate<String> ignoredForces = path -> false;
    private boolean ignoresDirectoryForces;
    private boolean off;
    private long cuts;

    /** Handles of an earlier one are dead: closed, or cut off. */
    private int epoch;

    /** The last epoch that ended by a power cut. */
    private int cutEpoch = -1;

    private Scheduler scheduler;

    /** @param seed decides what a cut by {@link #crashAt} and a failing call leave behind */
    public SimulatedDisk(long seed) {
        this.seed = seed;
        names.put("", null);
        durableNames.put("", null);
    }

    /** From now on asserts that writes, forces and truncations come from this scheduler's engine tasks. */
    public synchronized void requireEngineTasksOf(Scheduler scheduler) {
        this.scheduler = scheduler;
    }

    /** Cuts the power now; what wasn't forced survives by {@code cutSeed}. */
    public synchronized void powerCut(long cutSeed) {
        off = true;
        cuts++;
        Survival survival = new Survival(cutSeed);
        for (NameChange change : unforcedNames) {
            if (survival.keepsName()) {
                change.apply(durableNames);
            }
        }
        unforcedNames.clear();
        durableNames.keySet().removeIf(path -> !path.isEmpty() && !durableNames.containsKey(parent(path)));
        names.clear();
        names.putAll(durableNames);
        for (SimulatedFile file : names.values()) {
            if (file != null) {
                file.powerCut(survival);
            }
        }
        locks.clear();
        cutEpoch = epoch++;
        crashAt = -1;
    }

    /**
     * Cuts the power at the {@code nth} call from now (1 is the next): that call and all later ones throw {@link
     * PowerCutException}.
     */
    public synchronized void crashAt(long nth) {
        crashAt = total + nth;
    }

    /** Switches the disk on again, with what was durable and what survived. */
    public synchronized void reopenAfterCut() {
        off = false;
    }

    /** The process ends without a word: its handles and locks are gone, the system still has what was written. */
    public synchronized void processDied() {
        locks.clear();
        close();
    }

    public synchronized boolean isOff() {
        return off;
    }

    /** The {@code nth} call from now, of whatever kind, fails (58030) once. */
    public synchronized void failCall(long nth) {
        failAnyAt = total + nth;
    }

    /**
     * The {@code nth} call of this kind from now fails (58030) once. A failed force may lose unforced bytes that still
     * look written.
     */
    public synchronized void failCall(Call call, long nth) {
        failAt.put(call, count(call) + nth);
    }

    /** The files' lengths together can't grow beyond this (53100); {@link Long#MAX_VALUE} to lift it. */
    public synchronized void limitCapacity(long bytes) {
        capacityBytes = bytes;
    }

    /** Forces of these paths do nothing from now on: to prove that a test notices a force that is missing. */
    public synchronized void ignoreForces(Predicate<String> paths) {
        ignoredForces = paths;
    }

    public synchronized void ignoreDirectoryForces() {
        ignoresDirectoryForces = true;
    }

    public synchronized long count(Call call) {
        return counts.getOrDefault(call, 0L);
    }

    /** Calls of all kinds. */
    public synchronized long count() {
        return total;
    }

    public synchronized long usedBytes() {
        return names.values().stream()
                .mapToLong(file -> file == null ? 0 : file.length())
                .sum();
    }

    /** A file's bytes as a reader sees them; works while the power is off too, and isn't counted. */
    public synchronized byte[] contents(String path) {
        SimulatedFile file = names.get(path);
        ByteBuffer bytes = ByteBuffer.allocate(Math.toIntExact(file.length()));
        file.read(bytes, 0);
        return bytes.array();
    }

    /** Flips bits of one byte, as a bad disk does. */
    public synchronized void damage(String path, long position, int mask) {
        names.get(path).damage(position, mask);
    }

    /**
     * The same names, bytes and unforced changes, without open files, locks or planned faults: to try several ways from
     * one state.
     */
    public synchronized SimulatedDisk copy(long copySeed) {
        SimulatedDisk copy = new SimulatedDisk(copySeed);
        Map<SimulatedFile, SimulatedFile> files = new IdentityHashMap<>();
        names.forEach((path, file) -> copy.names.put(path, copyOnce(files, file)));
        durableNames.forEach((path, file) -> copy.durableNames.put(path, copyOnce(files, file)));
        for (NameChange change : unforcedNames) {
            copy.unforcedNames.add(
                    new NameChange(change.directory, change.removed, change.added, copyOnce(files, change.file)));
        }
        return copy;
    }

    @Override
    public synchronized DiskFile open(String path, boolean create) {
        perform(Call.OPEN, "open file", path, () -> {
            if (!names.containsKey(path)) {
                if (!create || !isDirectory(parent(path))) {
                    throw failed(SqlState.UNDEFINED_FILE, "open file", path, "No such file or directory");
                }
                change(new NameChange(parent(path), null, path, new SimulatedFile()));
            } else if (isDirectory(path)) {
                throw failed(SqlState.IO_ERROR, "open file", path, "Is a directory");
            }
        });
        return new OpenFile(path, names.get(path), epoch);
    }

    @Override
    public synchronized boolean exists(String path) {
        perform(Call.EXISTS, "look up file", path, () -> {});
        return names.containsKey(path);
    }

    @Override
    public synchronized void rename(String from, String to) {
        perform(Call.RENAME, "rename file", from, () -> {
            if (!names.containsKey(from) || !isDirectory(parent(to))) {
                throw failed(SqlState.UNDEFINED_FILE, "rename file", from, "No such file or directory");
            }
            if (isDirectory(from) || isDirectory(to)) {
                throw failed(SqlState.IO_ERROR, "rename file", from, "Is a directory");
            }
            change(new NameChange(parent(to), from, to, names.get(from)));
        });
    }

    @Override
    public synchronized void delete(String path) {
        perform(Call.DELETE, "remove file", path, () -> {
            if (isDirectory(path) && !children(path).isEmpty()) {
                throw failed(SqlState.IO_ERROR, "remove file", path, "Directory not empty");
            }
            if (names.containsKey(path)) {
                change(new NameChange(parent(path), path, null, names.get(path)));
            }
        });
    }

    @Override
    public synchronized List<String> list(String directory) {
        perform(Call.LIST, "read directory", directory, () -> {});
        return children(directory);
    }

    @Override
    public synchronized void createDirectory(String directory) {
        perform(Call.CREATE_DIRECTORY, "create directory", directory, () -> {
            if (!isDirectory(directory)) {
                if (names.containsKey(directory)) {
                    throw failed(SqlState.IO_ERROR, "create directory", directory, "File exists");
                }
                if (!isDirectory(parent(directory))) {
                    throw failed(SqlState.UNDEFINED_FILE, "create directory", directory, "No such file or directory");
                }
                change(new NameChange(parent(directory), null, directory, null));
            }
        });
    }

    @Override
    public synchronized void forceDirectory(String directory) {
        assertEngineTask("force", directory);
        if (!off && !isDirectory(directory)) {
            throw failed(SqlState.UNDEFINED_FILE, "fsync directory", directory, "No such file or directory");
        }
        Outcome outcome = begin(Call.FORCE_DIRECTORY, directory);
        Survival survival = new Survival(mix(total));
        for (Iterator<NameChange> i = unforcedNames.iterator(); outcome != Outcome.POWER_CUT && i.hasNext(); ) {
            NameChange change = i.next();
            if (change.directory.equals(directory) && !(ignoresDirectoryForces && outcome == Outcome.WORKS)) {
                if (outcome == Outcome.WORKS || survival.keepsName()) {
                    change.apply(durableNames);
                }
                i.remove(); // after a failure those left out are lost although they look clean
            }
        }
        finish(outcome, "fsync directory", directory);
    }

    @Override
    public synchronized AutoCloseable lock(String path) {
        perform(Call.LOCK, "lock file", path, () -> {});
        Object token = new Object();
        if (locks.putIfAbsent(path, token) != null) {
            throw new UsageException(
                    SqlState.OBJECT_IN_USE,
                    "database directory \"" + describe() + "\" is already open in this process",
                    "lockFile=" + path + " pid=" + ProcessHandle.current().pid());
        }
        return () -> unlock(path, token);
    }

    @Override
    public String describe() {
        return "simulated disk";
    }

    @Override
    public synchronized void close() {
        epoch++;
    }

    private synchronized void unlock(String path, Object token) {
        locks.remove(path, token);
    }

    /** A call that leaves a trace when the power goes during it: the effect is then one more unforced change. */
    private void perform(Call call, String operation, String path, Runnable effect) {
        Outcome outcome = begin(call, path);
        if (outcome != Outcome.FAILS) {
            effect.run();
        }
        finish(outcome, operation, path);
    }

    /** Counts the call and decides what becomes of it. */
    private Outcome begin(Call call, String path) {
        if (off) {
            throw new PowerCutException("the power is off: " + call + " " + path);
        }
        total++;
        long nth = counts.merge(call, 1L, Long::sum);
        if (total == crashAt) {
            return Outcome.POWER_CUT;
        }
        boolean fails = total == failAnyAt || nth == failAt.getOrDefault(call, -1L);
        return fails ? Outcome.FAILS : Outcome.WORKS;
    }

    private void finish(Outcome outcome, String operation, String path) {
        if (outcome == Outcome.FAILS) {
            throw failed(SqlState.IO_ERROR, operation, path, "Input/output error");
        }
        if (outcome == Outcome.POWER_CUT) {
            powerCut(mix(cuts));
            throw new PowerCutException("the power went: could not " + operation + " \"" + path + "\"");
        }
    }

    private void change(NameChange change) {
        change.apply(names);
        unforcedNames.add(change);
    }

    private long mix(long number) {
        return (seed ^ number * 0x9E3779B97F4A7C15L) * 0xBF58476D1CE4E5B9L;
    }

    private boolean isDirectory(String path) {
        return names.containsKey(path) && names.get(path) == null;
    }

    private List<String> children(String directory) {
        String prefix = directory.isEmpty() ? "" : directory + "/";
        List<String> children = new ArrayList<>();
        for (String path : names.tailMap(prefix, false).keySet()) {
            if (path.startsWith(prefix) && path.indexOf('/', prefix.length()) < 0) {
                children.add(path.substring(prefix.length()));
            }
        }
        return children;
    }

    private void assertEngineTask(String what, String path) {
        assert off || scheduler == null || scheduler.onEngineTask()
                : "a " + what + " outside an engine task, path=" + path;
    }

    private static SimulatedFile copyOnce(Map<SimulatedFile, SimulatedFile> copies, SimulatedFile file) {
        return file == null ? null : copies.computeIfAbsent(file, SimulatedFile::copy);
    }

    private static String parent(String path) {
        int slash = path.lastIndexOf('/');
        return slash < 0 ? "" : path.substring(0, slash);
    }

    private static StoppedException failed(SqlState state, String operation, String path, String reason) {
        return new StoppedException(state, "could not " + operation + " \"" + path + "\": " + reason);
    }

    /** A handle; guarded by the disk. */
    private final class OpenFile implements DiskFile {
        private final String path;
        private final SimulatedFile file;
        private final int openedIn;
        private boolean closed;

        OpenFile(String path, SimulatedFile file, int openedIn) {
            this.path = path;
            this.file = file;
            this.openedIn = openedIn;
        }

        @Override
        public int read(ByteBuffer dst, long position) {
            synchronized (SimulatedDisk.this) {
                requireOpen("read file");
                perform(Call.READ, "read file", path, () -> {});
                return file.read(dst, position);
            }
        }

        @Override
        public void write(ByteBuffer src, long position) {
            synchronized (SimulatedDisk.this) {
                requireOpen("write to file");
                assertEngineTask("write", path);
                int wanted = src.remaining();
                Outcome outcome = begin(Call.WRITE, path);
                long room = Math.max(0, capacityBytes == Long.MAX_VALUE ? wanted : room(position));
                int fits = (int) Math.min(wanted, room);
                // a failing write has written some first part of its bytes
                int count = outcome == Outcome.FAILS ? (int) Long.remainderUnsigned(mix(total), fits + 1L) : fits;
                file.write(src, count, position);
                finish(outcome, "write to file", path);
                if (fits < wanted) {
                    throw failed(SqlState.DISK_FULL, "write to file", path, "No space left on device");
                }
            }
        }

        /** Bytes that can be written from {@code position} on. */
        private long room(long position) {
            return file.length() + Math.max(0, capacityBytes - usedBytes()) - position;
        }

        @Override
        public void force() {
            synchronized (SimulatedDisk.this) {
                requireOpen("fsync file");
                assertEngineTask("force", path);
                Outcome outcome = begin(Call.FORCE, path);
                if (outcome == Outcome.FAILS) {
                    file.failForce(new Survival(mix(total)));
                } else if (outcome == Outcome.WORKS && !ignoredForces.test(path)) {
                    file.force();
                }
                finish(outcome, "fsync file", path);
            }
        }

        @Override
        public void truncate(long sizeBytes) {
            synchronized (SimulatedDisk.this) {
                requireOpen("truncate file");
                assertEngineTask("truncation", path);
                perform(Call.TRUNCATE, "truncate file", path, () -> file.truncate(sizeBytes));
            }
        }

        @Override
        public long size() {
            synchronized (SimulatedDisk.this) {
                requireOpen("ask the size of file");
                perform(Call.SIZE, "ask the size of file", path, () -> {});
                return file.length();
            }
        }

        @Override
        public String path() {
            return path;
        }

        @Override
        public void close() {
            synchronized (SimulatedDisk.this) {
                closed = true;
            }
        }

        private void requireOpen(String operation) {
            if (openedIn <= cutEpoch) {
                throw new PowerCutException(
                        "opened before the power cut: could not " + operation + " \"" + path + "\"");
            }
            if (closed || openedIn != epoch) {
                throw failed(SqlState.ADMIN_SHUTDOWN, operation, path, "the file is closed");
            }
        }
    }
}
