package dev.palimpsest.vacuum.archive;

import dev.palimpsest.reclaim.ArchiveFactory;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;

/**
 * The main class of {@link ArchiveJvmTest}'s child JVMs: makes an archive, fills it beyond its first shelf, reads and closes it; and makes a
 * connection if told so, to show that the test would notice.
 */
final class ArchiveProcess {
    private ArchiveProcess() {}

    /** @param args the directory, then {@code none} or what to do beside the archive's work */
    public static void main(String[] args) throws Exception {
        Thread planted = new Thread(() -> connect(args[1]), "planted");
        planted.setDaemon(true);
        planted.start();
        try (ArchiveFactory.OpenArchive archive =
                Archives.standard(64L << 20).open(args[0].isEmpty() ? null : Path.of(args[0]))) {
            if (archive == null) {
                System.out.println("no archive");
                return;
            }
            for (int block = 0; block < 3000; block++) {
                archive.put(1, block, new byte[8000]);
                archive.tend();
            }
            System.out.println("read " + archive.get(1, 2999).length + " of "
                    + archive.fill().pages());
        }
        planted.join();
    }

    private static void connect(String how) {
        if (!how.equals("none")) {
            Planted.connect(how);
        }
    }

    /** A class of its own, since the verifier loads what it names. Nobody listens on this port of the machine itself. */
    private static final class Planted {
        static void connect(String how) {
            try {
                switch (how) {
                    case "http" ->
                        URI.create("http://127.0.0.1:9/mp/collect")
                                .toURL()
                                .openStream()
                                .close();
                    case "channel" ->
                        SocketChannel.open(new InetSocketAddress("127.0.0.1", 9))
                                .close();
                    case "name" -> InetAddress.getByName("localhost");
                    default -> throw new IllegalArgumentException(how);
                }
            } catch (IOException e) {
                // as expected
            }
        }
    }
}
