package dev.palimpsest.bench.pinned;

import dev.palimpsest.bench.pinned.Timeline.Phase;
import dev.palimpsest.bench.pinned.Timeline.Sample;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;

/**
 * Two panels over time as SVG: each store's rate as a share of its own before the pin, and the size of its files on a logarithmic scale. The time of
 * the pin is shaded.
 */
final class SvgPlot {
    private static final List<String> COLOURS =
            List.of("#d62728", "#1f77b4", "#2ca02c", "#9467bd", "#ff7f0e", "#8c564b");
    private static final int WIDTH = 900;
    private static final int LEFT = 70;
    private static final int RIGHT = 150;
    private static final int PANEL = 260;
    private static final int GAP = 60;
    private static final int TOP = 50;
    private static final double MAX_SHARE = 1.4;

    private final List<Timeline> timelines;
    private final StringBuilder svg = new StringBuilder();
    private final double maxSeconds;

    SvgPlot(List<Timeline> timelines, String title) {
        this.timelines = timelines;
        this.maxSeconds = timelines.stream()
                .flatMap(timeline -> timeline.samples().stream())
                .mapToDouble(Sample::seconds)
                .max()
                .orElse(1);
        int height = TOP + 2 * PANEL + GAP + 50;
        line(
                "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"%d\" height=\"%d\" font-family=\"sans-serif\" font-size=\"12\">",
                WIDTH, height);
        line("<rect width=\"100%%\" height=\"100%%\" fill=\"white\"/>");
        text(LEFT, 24, "start", 14, title);
        sharePanel(TOP);
        sizePanel(TOP + PANEL + GAP);
        text((LEFT + WIDTH - RIGHT) / 2.0, height - 12, "middle", 12, "seconds");
        legend();
        line("</svg>");
    }

    private void sharePanel(int top) {
        frame(top, "updates/s, share of the rate before the pin");
        for (double share = 0; share <= MAX_SHARE + 1e-9; share += 0.2) {
            gridLine(top, y(top, share / MAX_SHARE), String.format(Locale.ROOT, "%.1f", share));
        }
        for (int i = 0; i < timelines.size(); i++) {
            Timeline timeline = timelines.get(i);
            double before = timeline.medianRate(Phase.BEFORE);
            curve(top, i, sample -> Math.min(MAX_SHARE, sample.rate() / before) / MAX_SHARE);
        }
    }

    private void sizePanel(int top) {
        frame(top, "size on disk, MB");
        double low = Math.floor(Math.log10(Math.max(1, extreme(true))));
        double high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(10, extreme(false)))));
        for (double exponent = low; exponent <= high; exponent++) {
            gridLine(
                    top,
                    y(top, (exponent - low) / (high - low)),
                    String.format(Locale.ROOT, "%,.0f", Math.pow(10, exponent)));
        }
        for (int i = 0; i < timelines.size(); i++) {
            curve(top, i, sample -> (Math.log10(Math.max(1, sample.megabytes())) - low) / (high - low));
        }
    }

    private double extreme(boolean least) {
        var sizes = timelines.stream().flatMap(t -> t.samples().stream()).mapToDouble(Sample::megabytes);
        return (least ? sizes.min() : sizes.max()).orElse(1);
    }

    private void frame(int top, String title) {
        Timeline any =
                timelines.stream().filter(t -> t.problem() == null).findFirst().orElse(null);
        if (any != null) {
            double from = x(any.secondsAtEnd(Phase.BEFORE));
            line(
                    "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"#f2f2f2\"/>",
                    from, top, x(any.secondsAtEnd(Phase.PINNED)) - from, PANEL);
        }
        line(
                "<rect x=\"%d\" y=\"%d\" width=\"%d\" height=\"%d\" fill=\"none\" stroke=\"#444\"/>",
                LEFT, top, WIDTH - LEFT - RIGHT, PANEL);
        text(LEFT, top - 8, "start", 12, title);
        double step = maxSeconds > 40 ? 10 : maxSeconds > 8 ? 2 : 0.5;
        for (double second = 0; second <= maxSeconds; second += step) {
            text(
                    x(second),
                    top + PANEL + 16,
                    "middle",
                    11,
                    String.format(Locale.ROOT, step < 1 ? "%.1f" : "%.0f", second));
        }
    }

    private void gridLine(int top, double y, String label) {
        line("<line x1=\"%d\" y1=\"%.1f\" x2=\"%d\" y2=\"%.1f\" stroke=\"#ddd\"/>", LEFT, y, WIDTH - RIGHT, y);
        text(LEFT - 6, y + 4, "end", 11, label);
    }

    private void curve(int top, int number, ToDoubleFunction<Sample> height) {
        StringBuilder points = new StringBuilder();
        for (Sample sample : timelines.get(number).samples()) {
            points.append(String.format(
                    Locale.ROOT, "%.1f,%.1f ", x(sample.seconds()), y(top, height.applyAsDouble(sample))));
        }
        line("<polyline points=\"%s\" fill=\"none\" stroke=\"%s\" stroke-width=\"2\"/>", points, colour(number));
    }

    private void legend() {
        for (int i = 0; i < timelines.size(); i++) {
            int y = TOP + 14 + 20 * i;
            int x = WIDTH - RIGHT + 14;
            line(
                    "<line x1=\"%d\" y1=\"%d\" x2=\"%d\" y2=\"%d\" stroke=\"%s\" stroke-width=\"3\"/>",
                    x, y, x + 22, y, colour(i));
            text(x + 28, y + 4, "start", 12, timelines.get(i).store());
        }
        text(WIDTH - RIGHT + 14, TOP + 24 + 20 * timelines.size(), "start", 11, "shaded: the pin");
    }

    private static String colour(int number) {
        return COLOURS.get(number % COLOURS.size());
    }

    private double x(double seconds) {
        return LEFT + (WIDTH - LEFT - RIGHT) * seconds / maxSeconds;
    }

    private static double y(int top, double share) {
        return top + PANEL * (1 - share);
    }

    private void text(double x, double y, String anchor, int size, String text) {
        line("<text x=\"%.1f\" y=\"%.1f\" text-anchor=\"%s\" font-size=\"%d\">%s</text>", x, y, anchor, size, text);
    }

    private void line(String format, Object... values) {
        svg.append(String.format(Locale.ROOT, format, values)).append('\n');
    }

    /** The whole document. */
    @Override
    public String toString() {
        return svg.toString();
    }
}
