package dev.palimpsest.bench.pinned;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * What a directory takes on disk, as {@code du} says: blocks, not lengths, since some stores' files are sparse. Asked for twice a second by a thread of its
 * own.
 */
final class DiskUsage {
    private static final long INTERVAL_MILLIS = 500;

    private final Path directory;
    private final Thread thread = new Thread(this::watch, "disk-usage");
    private volatile double megabytes;

    DiskUsage(Path directory) {
        this.directory = directory;
        thread.setDaemon(true);
    }

    void start() throws IOException, InterruptedException {
        measure();
        thread.start();
    }

    double megabytes() {
        return megabytes;
    }

    private void watch() {
        try {
            while (true) {
                TimeUnit.MILLISECONDS.sleep(INTERVAL_MILLIS);
                measure();
            }
        } catch (IOException e) {
            System.err.println("disk usage: " + e);
        } catch (InterruptedException e) {
            // stopped
        }
    }

    private void measure() throws IOException, InterruptedException {
        Process du = new ProcessBuilder("du", "-sk", directory.toString())
                .redirectError(ProcessBuilder.Redirect.DISCARD) // files may go while it looks
                .start();
        String output = new String(du.getInputStream().readAllBytes());
        du.waitFor();
        if (!output.isEmpty()) {
            megabytes = Long.parseLong(output.split("\\s+")[0]) / 1024.0;
        }
    }

    void stop() {
        thread.interrupt();
    }
}
