package dev.palimpsest.storage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

class MemoryFileTest {
    @Test
    void shouldUseOnlyWhatIsWrittenAndGiveItBack() {
        MemoryFile file = new MemoryFile();
        file.write(ByteBuffer.allocate(10), 1L << 30);
        assertEquals(MemoryFile.PIECE_BYTES, file.allocatedBytes(), "a gap costs nothing");
        file.write(ByteBuffer.allocate(100 * MemoryFile.PIECE_BYTES), 0);
        assertEquals(101L * MemoryFile.PIECE_BYTES, file.allocatedBytes());
        file.truncate(MemoryFile.PIECE_BYTES + 1);
        assertEquals(2L * MemoryFile.PIECE_BYTES, file.allocatedBytes());
        file.truncate(0);
        assertEquals(0, file.allocatedBytes());
    }

    @Test
    void shouldShowAWriterGrowingTheFileToReaders() throws InterruptedException {
        MemoryFile file = new MemoryFile();
        int words = 200_000;
        CountDownLatch started = new CountDownLatch(1);
        Thread writer = new Thread(() -> {
            started.countDown();
            for (int i = 0; i < words; i++) {
                file.write(ByteBuffer.allocate(8).putLong(0, i + 1), 8L * i);
            }
        });
        writer.start();
        started.await();
        long seen = 0;
        while (seen < words) {
            long count = file.size() / 8;
            if (count > seen) {
                ByteBuffer last = ByteBuffer.allocate(8);
                assertEquals(8, file.read(last, 8 * (count - 1)));
                assertEquals(count, last.getLong(0), "the size never runs ahead of the bytes");
                seen = count;
            }
        }
        writer.join();
        assertTrue(file.allocatedBytes() >= 8L * words);
    }
}
