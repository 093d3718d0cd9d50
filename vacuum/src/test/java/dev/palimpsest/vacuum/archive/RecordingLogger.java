package dev.palimpsest.vacuum.archive;

import java.util.ArrayList;
import java.util.List;
import java.util.ResourceBundle;

/** Keeps what is logged. Thread-safe. */
final class RecordingLogger implements System.Logger {
    private final List<String> lines = new ArrayList<>();

    @Override
    public String getName() {
        return "test";
    }

    @Override
    public boolean isLoggable(Level level) {
        return true;
    }

    @Override
    public synchronized void log(Level level, ResourceBundle bundle, String message, Throwable thrown) {
        lines.add(level + " " + message + (thrown == null ? "" : " " + thrown));
    }

    @Override
    public void log(Level level, ResourceBundle bundle, String format, Object... params) {
        log(level, bundle, format, (Throwable) null);
    }

    synchronized int count(String part) {
        return (int) lines.stream().filter(line -> line.contains(part)).count();
    }

    synchronized int size() {
        return lines.size();
    }

    @Override
    public synchronized String toString() {
        return String.join("\n", lines);
    }
}
