package dev.palimpsest.wal;

import dev.palimpsest.id.PageId;
import dev.palimpsest.page.PageLayout;
import dev.palimpsest.page.PageType;
import dev.palimpsest.scheduler.Scheduler;
import dev.palimpsest.scheduler.ThreadScheduler;
import dev.palimpsest.storage.Disk;
import dev.palimpsest.storage.DiskFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;

/** A log on some disk, opened as recovery does it. */
final class WalFixture {
    static final WalOptions SMALL = new WalOptions(64 << 10, 128 << 10, 20_000_000L);
    static final long DATABASE_ID = 42;

    final Scheduler scheduler = new ThreadScheduler();
    final Disk disk;
    final WalOptions options;
    EnginePoison poison;
    Wal wal;

    WalFixture(Disk disk, WalOptions options) {
        this.disk = disk;
        this.options = options;
    }

    /** A new log. */
    WalFixture create() {
        poison = new EnginePoison();
        wal = new Wal(disk, scheduler, poison, options, DATABASE_ID);
        onEngineTask(() -> wal.start(wal.create()));
        return this;
    }

    /** Opens the log again behind its last valid record. */
    WalFixture reopen() {
        poison = new EnginePoison();
        wal = new Wal(disk, scheduler, poison, options, DATABASE_ID);
        long end = endOfLog();
        onEngineTask(() -> {
            wal.forceForRecovery(first());
            wal.start(end);
        });
        return this;
    }

    long first() {
        return options.segmentBytes();
    }

    long endOfLog() {
        try (WalReader reader = wal.read(first())) {
            while (reader.next()) {
                // to the end
            }
            return reader.endLsn();
        }
    }

    /** The texts of all records from the start on. */
    List<String> texts() {
        List<String> texts = new ArrayList<>();
        try (WalReader reader = wal.read(first())) {
            while (reader.next()) {
                texts.add(text(reader.record()));
            }
        }
        return texts;
    }

    long append(String text) {
        return wal.append(record(text));
    }

    /** Overwrites bytes of a segment file. */
    void overwrite(long segment, long offset, byte... bytes) {
        onEngineTask(() -> {
            try (DiskFile file = disk.open(WalSegmentLayout.path(segment), false)) {
                file.write(ByteBuffer.wrap(bytes), offset);
            }
        });
    }

    byte[] contents(long segment) {
        try (DiskFile file = disk.open(WalSegmentLayout.path(segment), false)) {
            ByteBuffer bytes = ByteBuffer.allocate((int) file.size());
            file.read(bytes, 0);
            return bytes.array();
        }
    }

    void onEngineTask(Runnable body) {
        AtomicReference<Throwable> failure = new AtomicReference<>();
        scheduler.join(scheduler.spawn("test", () -> {
            try {
                body.run();
            } catch (Throwable e) {
                failure.set(e);
            }
        }));
        if (failure.get() instanceof RuntimeException e) {
            throw e;
        }
        if (failure.get() != null) {
            throw new AssertionError(failure.get());
        }
    }

    static WalRecordBuilder record(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        return new WalRecordBuilder().begin(ResourceManagerId.HEAP, 7, 99).putBytes(bytes, 0, bytes.length);
    }

    static String text(WalRecord record) {
        byte[] bytes = new byte[record.payloadLength()];
        record.payload().get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    static String text(int number, int length) {
        return number + ":" + "x".repeat(length);
    }

    /** An initialised heap page with recognisable bytes. */
    static ByteBuffer page(int fill) {
        ByteBuffer page = ByteBuffer.allocateDirect(PageLayout.SIZE).order(ByteOrder.LITTLE_ENDIAN);
        PageLayout.init(page, PageType.HEAP, 0);
        PageLayout.setLower(page, 100);
        PageLayout.setUpper(page, 8000);
        for (int i = PageLayout.HEADER_BYTES; i < PageLayout.SIZE; i++) {
            if (i < 100 || i >= 8000) {
                page.put(i, (byte) (fill + i));
            }
        }
        return page;
    }

    static long pageId(int block) {
        return PageId.of(17, PageId.MAIN, block);
    }
}
