package dev.palimpsest.bench.pinned;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import dev.palimpsest.bench.pinned.Timeline.Phase;
import dev.palimpsest.bench.pinned.Timeline.Sample;
import java.io.StringReader;
import java.util.ArrayList;
import java.util.List;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;
import org.xml.sax.InputSource;

class TimelineTest {
    @Test
    void shouldTellTheTenthsOfThePin() {
        Timeline timeline = timeline("a", 1000);
        assertEquals(1000, timeline.medianRate(Phase.BEFORE));
        assertEquals(900.5, timeline.tenth(false));
        assertEquals(882.5, timeline.tenth(true));
        assertEquals(25, timeline.secondsAtEnd(Phase.PINNED));
        assertEquals(125, timeline.megabytesAtEnd(Phase.PINNED));
        assertTrue(Double.isNaN(timeline.medianRate(Phase.AFTER)));
    }

    @Test
    void shouldPlotEachStoreInBothPanels() throws Exception {
        String svg = new SvgPlot(List.of(timeline("a", 1000), timeline("b", 10)), "a title").toString();
        Element root = DocumentBuilderFactory.newInstance()
                .newDocumentBuilder()
                .parse(new InputSource(new StringReader(svg)))
                .getDocumentElement();
        assertEquals("svg", root.getTagName());
        assertEquals(4, root.getElementsByTagName("polyline").getLength());
    }

    @Test
    void shouldPlotNothingAtAll() {
        assertTrue(new SvgPlot(List.of(), "empty").toString().endsWith("</svg>\n"));
    }

    /** Five seconds before the pin, twenty with it: 901, 900, 899, … */
    private static Timeline timeline(String name, double before) {
        List<Sample> samples = new ArrayList<>();
        for (int second = 1; second <= 25; second++) {
            samples.add(
                    second <= 5
                            ? new Sample(Phase.BEFORE, second, before, 100)
                            : new Sample(Phase.PINNED, second, 907 - second, 100 + second));
        }
        return new Timeline(name, samples, null);
    }
}
