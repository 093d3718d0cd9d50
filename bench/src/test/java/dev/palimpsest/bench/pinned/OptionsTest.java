package dev.palimpsest.bench.pinned;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;

class OptionsTest {
    @Test
    void shouldTakeEachOption() {
        Options options = Options.parse(
                ("--part pin,peers --rows 5 --hot 4 --layout spread --seconds 0.5 --pairs 3 --warmup 2 --gap 7 --snapshots 1,2 --jobs 9"
                                + " --peer-seconds 8 --only lmdb --dir d --plot p.svg --jvm -Xint --jvm -ea")
                        .split(" "));
        assertEquals(List.of("pin", "peers"), options.parts());
        assertEquals(HotRows.Layout.SPREAD, options.layout());
        assertEquals(0.5, options.seconds());
        assertEquals(List.of(1, 2), options.snapshots());
        assertEquals(List.of("lmdb"), options.stores());
        assertEquals(List.of("-Xint", "-ea"), options.jvm());
    }

    @Test
    void shouldSayWhatIsWrong() {
        for (String wrong : List.of(
                "--part none",
                "--rows 0",
                "--rows x",
                "--seconds -1",
                "--only db2",
                "--layout up",
                "--rows",
                "--x 1")) {
            assertThrows(IllegalArgumentException.class, () -> Options.parse(wrong.split(" ")), wrong);
        }
    }
}
