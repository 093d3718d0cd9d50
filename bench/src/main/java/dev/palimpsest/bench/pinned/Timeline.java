package dev.palimpsest.bench.pinned;

import dev.palimpsest.bench.Stats;
import java.util.List;
import java.util.stream.DoubleStream;
import java.util.stream.Stream;

/**
 * How one store did over time: without a pin, with it, and after its end.
 *
 * @param store its name
 * @param samples about one a second, in order
 * @param problem why it ended early or what was wrong, null for nothing
 */
record Timeline(String store, List<Sample> samples, String problem) {

    /** What the store is going through. */
    enum Phase {
        BEFORE,
        PINNED,
        AFTER
    }

    /**
     * One stretch of time.
     *
     * @param phase never two in one sample
     * @param seconds the end of it, since the beginning of the first
     * @param rate updates a second in it
     * @param megabytes what the files take on disk at about its end
     */
    record Sample(Phase phase, double seconds, double rate, double megabytes) {}

    double medianRate(Phase phase) {
        return Stats.median(of(phase).mapToDouble(Sample::rate).toArray());
    }

    /** The median rate of the first or last tenth of the time with the pin. */
    double tenth(boolean last) {
        double[] rates = of(Phase.PINNED).mapToDouble(Sample::rate).toArray();
        int count = Math.max(1, rates.length / 10);
        return Stats.median(DoubleStream.of(rates)
                .skip(last ? Math.max(0, rates.length - count) : 0)
                .limit(count)
                .toArray());
    }

    double megabytesAtEnd(Phase phase) {
        return of(phase)
                .reduce((first, second) -> second)
                .map(Sample::megabytes)
                .orElse(Double.NaN);
    }

    double secondsAtEnd(Phase phase) {
        return of(phase).reduce((first, second) -> second).map(Sample::seconds).orElse(0.0);
    }

    private Stream<Sample> of(Phase phase) {
        return samples.stream().filter(sample -> sample.phase == phase);
    }
}
