package dev.palimpsest.bench.peers;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A PostgreSQL server of our own from Debian's package: its directory and port are new, it listens on loopback only, and it is ended by its process
 * id. It refuses to run as root, so then it runs as the package's user.
 */
final class PostgresServer implements AutoCloseable {
    private static final Path HOME = Path.of("/usr/lib/postgresql/15/bin");
    private static final long START_SECONDS = 60;

    final int port;
    private final Process server;
    private final boolean root;

    /** @param directory empty or a former server's */
    PostgresServer(Path directory, List<String> settings) throws IOException {
        if (!Files.isExecutable(HOME.resolve("postgres"))) {
            throw new IOException("not installed: " + HOME.resolve("postgres") + " (Debian: apt-get install postgresql-15)");
        }
        root = "root".equals(System.getProperty("user.name"));
        Path data = directory.resolve("data");
        if (!Files.exists(data)) {
            initialise(directory, data);
        }
        port = freePort();
        List<String> command = asOwner(HOME.resolve("postgres").toString(), "-D", data.toString());
        command.addAll(List.of("-c", "listen_addresses=127.0.0.1", "-c", "port=" + port, "-c", "unix_socket_directories="));
        for (String setting : settings) {
            command.addAll(List.of("-c", setting));
        }
        server = new ProcessBuilder(command)
                .redirectErrorStream(true)
                .redirectOutput(directory.resolve("server.log").toFile())
                .start();
        awaitReady(data.resolve("postmaster.pid"));
    }

    private void initialise(Path directory, Path data) throws IOException {
        Files.createDirectory(data);
        if (root) {
            // The server's user has to get through; nobody can list them.
            for (Path path : List.of(directory, directory.getParent(), directory.getParent().getParent())) {
                Files.setPosixFilePermissions(path, PosixFilePermissions.fromString("rwx--x--x"));
            }
            run(List.of("chown", "postgres", data.toString()));
        }
        run(asOwner(
                HOME.resolve("initdb").toString(),
                "--pgdata=" + data,
                "--username=postgres",
                "--auth=trust",
                "--encoding=UTF8",
                "--locale=C",
                "--no-sync"));
    }

    private List<String> asOwner(String... command) {
        List<String> all = new ArrayList<>();
        if (root) {
            all.addAll(List.of("setpriv", "--reuid=postgres", "--regid=postgres", "--init-groups", "--"));
        }
        all.addAll(List.of(command));
        return all;
    }

    private static void run(List<String> command) throws IOException {
        Process process = new ProcessBuilder(command)
                .directory(Path.of("/").toFile())
                .redirectErrorStream(true)
                .start();
        String output = new String(process.getInputStream().readAllBytes());
        if (await(process) != 0) {
            throw new IOException(command + " failed: " + output);
        }
    }

    private static int await(Process process) throws IOException {
        try {
            return process.waitFor();
        } catch (InterruptedException e) {
            throw new InterruptedIOException("waiting for a process");
        }
    }

    private static int freePort() throws IOException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            return socket.getLocalPort();
        }
    }

    /** The eighth line of its file says so. */
    private void awaitReady(Path pidFile) throws IOException {
        long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(START_SECONDS);
        while (System.nanoTime() < deadline && server.isAlive()) {
            if (Files.isReadable(pidFile)) {
                List<String> lines = Files.readAllLines(pidFile);
                if (lines.size() >= 8 && lines.get(7).trim().equals("ready")) {
                    return;
                }
            }
            try {
                TimeUnit.MILLISECONDS.sleep(50);
            } catch (InterruptedException e) {
                throw new InterruptedIOException("waiting for PostgreSQL");
            }
        }
        close();
        throw new IOException("PostgreSQL did not start");
    }

    /** The fast shutdown: a checkpoint, without waiting for sessions. */
    @Override
    public void close() throws IOException {
        if (server.isAlive()) {
            run(List.of("kill", "-INT", Long.toString(server.pid())));
            await(server);
        }
    }
}
