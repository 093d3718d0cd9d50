package dev.palimpsest.shell;

import dev.palimpsest.sql.exec.CopyIn;
import dev.palimpsest.sql.plan.SqlError;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** {@code \copy TABLE [(columns)] FROM 'file' (format csv, header)}. Immutable. */
record CopyCommand(String table, List<String> columns, String file, boolean header) {
    private static final String NAME = "(?:\"(?:[^\"]|\"\")+\"|[A-Za-z_][A-Za-z0-9_$]*)";
    private static final Pattern SYNTAX = Pattern.compile(
            "(?:public\\.)?(" + NAME + ")\\s*(?:\\(([^)]*)\\))?\\s*from\\s+('(?:[^']|'')*'|[^\\s(]+)\\s*"
                    + "(?:(?:with\\s*)?\\(([^)]*)\\)|(?:with\\s+)?(csv(?:\\s+header)?))?\\s*;?",
            Pattern.CASE_INSENSITIVE);

    static CopyCommand parse(String text) {
        Matcher m = SYNTAX.matcher(text);
        if (!m.matches()) {
            throw SqlError.of("42601", "\\copy: can't read \"" + text + "\"")
                    .withHint("\\copy TABLE [(COLUMN, ...)] FROM 'FILE' (FORMAT csv [, HEADER])");
        }
        List<String> columns = new ArrayList<>();
        if (m.group(2) != null) {
            for (String name : m.group(2).split(",")) {
                columns.add(fold(name.strip()));
            }
        }
        String file = m.group(3);
        if (file.startsWith("'")) {
            file = file.substring(1, file.length() - 1).replace("''", "'");
        }
        String options = m.group(4) != null
                ? m.group(4)
                : m.group(5) == null ? "" : m.group(5).replaceFirst("\\s+", ",");
        return new CopyCommand(fold(m.group(1)), columns, file, header(options));
    }

    private static String fold(String name) {
        return name.startsWith("\"")
                ? name.substring(1, name.length() - 1).replace("\"\"", "\"")
                : name.toLowerCase(Locale.ROOT);
    }

    private static boolean header(String options) {
        boolean csv = false;
        boolean header = false;
        for (String option : options.strip().split("\\s*,\\s*")) {
            switch (option.toLowerCase(Locale.ROOT).replaceAll("\\s+", " ")) {
                case "csv":
                case "format csv":
                    csv = true;
                    break;
                case "header":
                case "header true":
                case "header on":
                    header = true;
                    break;
                case "header false":
                case "header off":
                    header = false;
                    break;
                case "":
                    break;
                default:
                    throw SqlError.of("0A000", "COPY option \"" + option + "\" is not supported yet");
            }
        }
        if (!csv) {
            throw SqlError.of("0A000", "COPY in text format is not supported yet")
                    .withHint("Add (format csv).");
        }
        return header;
    }

    boolean run(Shell shell) {
        Path path = shell.resolve(file);
        String place = shell.place();
        return shell.runInSession(shell.pool().current(), (session, printer) -> {
            try (InputStream raw = open(path);
                    CountingStream in = new CountingStream(raw);
                    ProgressBar bar = new ProgressBar(shell.showsProgress(), Files.size(path), in)) {
                new CopyIn(table, columns, header, file).run(session.sql(), in, bar::rows, printer);
            } catch (SqlError e) {
                shell.fail(session, place, e, null);
            } catch (IOException e) {
                shell.fail(session, place, SqlError.of("58030", "could not read file \"" + file + "\": " + e), null);
            }
        });
    }

    private InputStream open(Path path) throws IOException {
        if (Files.isDirectory(path)) {
            throw SqlError.of("42809", "\"" + file + "\" is a directory");
        }
        try {
            return Files.newInputStream(path);
        } catch (java.nio.file.NoSuchFileException e) {
            throw Shell.noFile(file);
        }
    }

    /** Counts what was read. */
    static final class CountingStream extends FilterInputStream {
        private long count;

        CountingStream(InputStream in) {
            super(in);
        }

        long count() {
            return count;
        }

        @Override
        public int read() throws IOException {
            int c = super.read();
            count += c < 0 ? 0 : 1;
            return c;
        }

        @Override
        public int read(byte[] to, int offset, int length) throws IOException {
            int read = super.read(to, offset, length);
            count += Math.max(0, read);
            return read;
        }
    }
}
