package dev.palimpsest.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** The command line of a child process in which one store is measured: the same JVM options for all. Stateless. */
public final class ChildCommand {
    /** What Palimpsest's archive of pinned versions needs of the JDK. */
    private static final List<String> ARCHIVE_FLAGS = List.of(
            "--add-exports=java.base/jdk.internal.ref=ALL-UNNAMED",
            "--add-exports=jdk.compiler/com.sun.tools.javac.file=ALL-UNNAMED",
            "--add-opens=java.base/java.lang=ALL-UNNAMED",
            "--add-opens=java.base/java.lang.reflect=ALL-UNNAMED",
            "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED");

    private ChildCommand() {}

    /** @param jvmOptions further options of the child's JVM, after ours */
    public static List<String> of(Class<?> main, List<String> jvmOptions, String... arguments) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.add("-Xms1g");
        command.add("-Xmx2g");
        command.addAll(ARCHIVE_FLAGS);
        // lmdbjava's zero-copy buffers set the address field of a direct buffer; it needs sun.nio.ch, too.
        command.add("--add-opens=java.base/java.nio=ALL-UNNAMED");
        command.add("-Dlmdbjava.disable.checks=true");
        if (Runtime.version().feature() >= 24) {
            command.add("--enable-native-access=ALL-UNNAMED");
            command.add("--sun-misc-unsafe-memory-access=allow");
        }
        command.addAll(jvmOptions);
        command.addAll(List.of("-cp", System.getProperty("java.class.path"), main.getName()));
        command.addAll(List.of(arguments));
        return command;
    }
}
