package dev.palimpsest.shell;

import java.io.IOException;
import java.nio.file.Path;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;

/** Lines typed on a terminal, with history; Ctrl-C clears what was typed, or cancels what runs. */
final class TerminalSource implements LineSource {
    private final Terminal terminal;
    private final LineReader reader;
    private Runnable onClear = () -> {};

    TerminalSource(Runnable onInterrupt) throws IOException {
        terminal = TerminalBuilder.builder().system(true).build();
        terminal.handle(Terminal.Signal.INT, signal -> onInterrupt.run());
        LineReaderBuilder builder = LineReaderBuilder.builder()
                .terminal(terminal)
                .appName("palimpsest")
                .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)
                .option(LineReader.Option.BRACKETED_PASTE, true);
        String home = System.getProperty("user.home");
        if (home != null) {
            builder.variable(LineReader.HISTORY_FILE, Path.of(home, ".palimpsest_history"));
        }
        reader = builder.build();
    }

    /** What to forget when a line is cleared. */
    void onClear(Runnable action) {
        onClear = action;
    }

    @Override
    public String next(String prompt) throws IOException {
        try {
            return reader.readLine(prompt);
        } catch (UserInterruptException e) {
            onClear.run();
            return "";
        } catch (EndOfFileException e) {
            return null;
        }
    }

    @Override
    public String name() {
        return "";
    }

    @Override
    public Path directory() {
        return null;
    }

    @Override
    public boolean isInteractive() {
        return true;
    }

    @Override
    public void close() throws IOException {
        terminal.close();
    }
}
