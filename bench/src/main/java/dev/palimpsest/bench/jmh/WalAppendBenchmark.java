package dev.palimpsest.bench.jmh;

import dev.palimpsest.scheduler.ThreadScheduler;
import dev.palimpsest.storage.MemoryDisk;
import dev.palimpsest.wal.EnginePoison;
import dev.palimpsest.wal.ResourceManagerId;
import dev.palimpsest.wal.Wal;
import dev.palimpsest.wal.WalOptions;
import dev.palimpsest.wal.WalRecordBuilder;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;

/** A record of 200 bytes into the log's buffer: what every change costs besides its page. */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
public class WalAppendBenchmark {
    /** A log on a disk of memory whose old segments are thrown away. */
    @State(Scope.Benchmark)
    public static class Log {
        private final ThreadScheduler scheduler = new ThreadScheduler();
        final Wal wal = new Wal(new MemoryDisk(), scheduler, new EnginePoison(), WalOptions.DEFAULT, 1);

        @Setup(Level.Trial)
        public void start() {
            onEngineTask(() -> wal.start(wal.create()));
        }

        @TearDown(Level.Iteration)
        public void cut() {
            wal.flush(wal.insertLsn());
            onEngineTask(() -> wal.removeBefore(wal.durableLsn()));
        }

        @TearDown(Level.Trial)
        public void close() {
            onEngineTask(wal::close);
        }

        private void onEngineTask(Runnable body) {
            scheduler.join(scheduler.spawn("bench", body));
        }
    }

    /** One builder a thread, as the engine has. */
    @State(Scope.Thread)
    public static class Builder {
        final WalRecordBuilder record = new WalRecordBuilder();
        final byte[] payload = new byte[150];
    }

    @Benchmark
    public long append(Log log, Builder builder) {
        builder.record.begin(ResourceManagerId.HEAP, 0, 7).putBytes(builder.payload, 0, builder.payload.length);
        return log.wal.append(builder.record);
    }
}
