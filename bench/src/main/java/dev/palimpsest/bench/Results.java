package dev.palimpsest.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** All slices of one run, by work and store, and the tables that they make. */
final class Results {
    private final Map<Work, Map<String, List<Double>>> rates = new LinkedHashMap<>();

    void add(Work work, String store, Slice slice) {
        rates.computeIfAbsent(work, w -> new LinkedHashMap<>())
                .computeIfAbsent(store, s -> new ArrayList<>())
                .add(slice.perSecond());
    }

    /** A store that failed or lost data in a work has no figure in it at all. */
    void drop(Work work, String store) {
        if (rates.containsKey(work)) {
            rates.get(work).remove(store);
        }
    }

    /** Markdown: a table for each work, the fastest first, with the ratios of ours to each peer. */
    String tables() {
        StringBuilder text = new StringBuilder();
        rates.forEach((work, byStore) -> text.append(table(work, byStore)));
        return text.toString();
    }

    private static String table(Work work, Map<String, List<Double>> byStore) {
        Double ours = byStore.containsKey(StoreProcess.OURS) ? Stats.median(byStore.get(StoreProcess.OURS)) : null;
        List<String> fastestFirst = new ArrayList<>(byStore.keySet());
        fastestFirst.sort((a, b) -> Double.compare(Stats.median(byStore.get(b)), Stats.median(byStore.get(a))));
        StringBuilder text = new StringBuilder("\n### " + work + ": " + work.title() + "\n\n");
        text.append(String.format(
                "| store | %ss/s, median | min..max | ns per %s | palimpsest is |%n",
                work.kind().unit, work.kind().unit));
        text.append("| --- | ---: | ---: | ---: | ---: |\n");
        for (String store : fastestFirst) {
            text.append(row(store, byStore.get(store), ours));
        }
        return text.append(verdict(byStore, fastestFirst, ours)).toString();
    }

    private static String row(String store, List<Double> rates, Double ours) {
        double median = Stats.median(rates);
        String ratio = ours == null || store.equals(StoreProcess.OURS)
                ? ""
                : String.format(Locale.ROOT, "%.2f ×", ours / median);
        return String.format(
                Locale.ROOT,
                "| %s | %,.0f | %,.0f..%,.0f | %,.0f | %s |%n",
                store,
                median,
                Stats.min(rates),
                Stats.max(rates),
                1e9 / median,
                ratio);
    }

    private static String verdict(Map<String, List<Double>> byStore, List<String> fastestFirst, Double ours) {
        String fastestPeer = fastestFirst.stream()
                .filter(store -> !store.equals(StoreProcess.OURS))
                .findFirst()
                .orElse(null);
        if (ours == null || fastestPeer == null) {
            return "";
        }
        return String.format(
                Locale.ROOT,
                "%nPalimpsest is %.2f × the fastest peer (%s).%n",
                ours / Stats.median(byStore.get(fastestPeer)),
                fastestPeer);
    }
}
