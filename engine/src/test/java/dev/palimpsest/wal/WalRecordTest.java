package dev.palimpsest.wal;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.api.SqlState;
import dev.palimpsest.api.UsageException;
import dev.palimpsest.page.PageLayout;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class WalRecordTest {
    private final WalFixture log = new WalFixture(new TestDisk(), WalFixture.SMALL).create();

    @AfterEach
    void close() {
        log.wal.close();
    }

    @Test
    void shouldRoundTripEveryKindOfField() {
        ByteBuffer source = ByteBuffer.allocate(10).put(3, (byte) 33);
        WalRecordBuilder record = new WalRecordBuilder()
                .begin(ResourceManagerId.BTREE, 200, 1L << 40)
                .putByte(-1)
                .putShort(-2)
                .putInt(-3)
                .putLong(-4)
                .putBytes(new byte[] {1, 2, 3}, 1, 2)
                .putBytes(source, 3, 1);
        long end = log.wal.append(record);
        log.wal.flush(end);
        try (WalReader reader = log.wal.read(log.first())) {
            assertTrue(reader.next());
            WalRecord read = reader.record();
            assertEquals(ResourceManagerId.BTREE, read.rmgr());
            assertEquals(200, read.info());
            assertEquals(1L << 40, read.xid());
            assertEquals(end, read.lsn());
            assertEquals(18, read.payloadLength());
            assertEquals(-1, read.payloadByte(0));
            assertEquals(-2, read.payloadShort(1));
            assertEquals(-3, read.payloadInt(3));
            assertEquals(-4, read.payloadLong(7));
            assertEquals(
                    List.of((byte) 2, (byte) 3, (byte) 33),
                    List.of(read.payloadByte(15), read.payloadByte(16), read.payloadByte(17)));
            assertEquals(-3, read.payload().getInt(3));
            assertThrows(IndexOutOfBoundsException.class, () -> read.payloadLong(11));
            assertThrows(IndexOutOfBoundsException.class, () -> read.payloadByte(-1));
            assertFalse(reader.next());
            assertEquals(end, reader.endLsn());
        }
    }

    @Test
    void shouldRoundTripRandomRecordsOfOneBuilder() {
        Random random = new Random(1);
        WalRecordBuilder builder = new WalRecordBuilder();
        byte[][] payloads = new byte[300][];
        long end = 0;
        for (int i = 0; i < payloads.length; i++) {
            payloads[i] = new byte[random.nextInt(3) == 0 ? random.nextInt(20_000) : random.nextInt(100)];
            random.nextBytes(payloads[i]);
            builder.begin(ResourceManagerId.HEAP, i & 255, i);
            for (int b = 0; b < i % 5; b++) {
                builder.block(WalFixture.pageId(b), WalFixture.page(i), true);
            }
            builder.putBytes(payloads[i], 0, payloads[i].length);
            end = log.wal.append(builder);
        }
        log.wal.flush(end);
        try (WalReader reader = log.wal.read(log.first())) {
            for (int i = 0; i < payloads.length; i++) {
                assertTrue(reader.next());
                assertEquals(i, reader.record().xid());
                assertEquals(i % 5, reader.record().blockCount());
                assertEquals(ByteBuffer.wrap(payloads[i]), reader.record().payload());
            }
            assertFalse(reader.next());
            assertEquals(end, reader.endLsn());
        }
    }

    @Test
    void shouldCarryAnImageWithoutItsHoleAtTheFirstChangeOnly() {
        ByteBuffer page = WalFixture.page(3);
        ByteBuffer asLogged = copy(page);
        WalRecordBuilder builder = new WalRecordBuilder();
        long first =
                log.wal.append(builder.begin(ResourceManagerId.HEAP, 1, 5).block(WalFixture.pageId(9), page, false));
        assertEquals(first, PageLayout.lsn(page));
        long second =
                log.wal.append(builder.begin(ResourceManagerId.HEAP, 2, 5).block(WalFixture.pageId(9), page, false));
        assertEquals(second, PageLayout.lsn(page));
        log.wal.flush(second);
        try (WalReader reader = log.wal.read(log.first())) {
            assertTrue(reader.next());
            WalRecord record = reader.record();
            assertTrue(record.hasImage(0));
            assertFalse(record.isInit(0));
            assertEquals(WalFixture.pageId(9), record.pageId(0));
            assertEquals(40 + 16 + 100 + 192, record.length(), 8);
            ByteBuffer restored = WalFixture.page(77);
            for (int i = 100; i < 8000; i++) {
                restored.put(i, (byte) 1);
            }
            record.restoreImage(0, restored);
            assertEquals(asLogged, restored);
            assertTrue(reader.next());
            assertFalse(reader.record().hasImage(0));
        }
    }

    @Test
    void shouldCarryNoImageOfAnInitialisedPage() {
        ByteBuffer page = WalFixture.page(3);
        log.wal.flush(log.wal.append(new WalRecordBuilder()
                .begin(ResourceManagerId.HEAP, 1, 5)
                .block(WalFixture.pageId(0), page, true)
                .putInt(1)));
        try (WalReader reader = log.wal.read(log.first())) {
            assertTrue(reader.next());
            assertTrue(reader.record().isInit(0));
            assertFalse(reader.record().hasImage(0));
            assertEquals(1, reader.record().payloadInt(0));
        }
    }

    @Test
    void shouldRefuseARecordThatIsTooLargeAndTakeTheLargest() {
        int fits = log.options.maxRecordBytes() - WalRecordLayout.HEADER_BYTES;
        UsageException tooBig = assertThrows(UsageException.class, () -> log.append("x".repeat(fits + 1)));
        assertEquals(SqlState.PROGRAM_LIMIT_EXCEEDED, tooBig.sqlState());
        log.append("small");
        for (int i = 0; i < 5; i++) {
            log.wal.flush(log.append("x".repeat(fits)));
        }
        assertEquals(6, log.texts().size());
    }

    @Test
    void shouldNoticeDamageInEveryByte() {
        log.append("one");
        long second = log.append("two, a record with a few bytes more");
        long third = log.append("three");
        log.wal.flush(third);
        log.wal.close();
        byte[] sound = log.contents(1);
        long start = second - 64; // its length is 80 or less: find it
        try (WalReader reader = log.wal.read(log.first())) {
            reader.next();
            start = reader.record().lsn();
        }
        for (long at = start % log.first(); at < second % log.first(); at++) {
            for (int mask : new int[] {1, 0x80, 0xFF}) {
                log.overwrite(1, at, (byte) (sound[(int) at] ^ mask));
                assertEquals(List.of("one"), log.texts(), "offset=" + at + " mask=" + mask);
                log.overwrite(1, at, sound[(int) at]);
            }
        }
        assertEquals(3, log.texts().size());
    }

    private static ByteBuffer copy(ByteBuffer page) {
        ByteBuffer copy = ByteBuffer.allocate(page.capacity()).order(ByteOrder.LITTLE_ENDIAN);
        copy.put(0, page, 0, page.capacity());
        return copy;
    }
}
