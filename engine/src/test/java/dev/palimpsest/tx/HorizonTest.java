package dev.palimpsest.tx;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** The reclaim rule against one that looks at every snapshot. */
class HorizonTest {
    private static final int PENDING = 0;
    private static final int POINT = 1;

    /** Kind 2 is open; relation 0 is all. */
    record Live(int kind, long csn, int relation) {}

    @Provide
    Arbitrary<List<Live>> live() {
        return Combinators.combine(
                        Arbitraries.integers().between(0, 2),
                        Arbitraries.longs().between(0, 30),
                        Arbitraries.integers().between(0, 3))
                .as(Live::new)
                .list()
                .ofMaxSize(12);
    }

    private static Horizon horizon(long published, List<Live> live) {
        HorizonBuilder builder = new HorizonBuilder(published);
        for (Live one : live) {
            switch (one.kind) {
                case PENDING -> builder.pending(one.csn);
                case POINT -> builder.point(one.csn);
                default -> builder.open(one.csn, one.relation);
            }
        }
        return builder.build();
    }

    private static boolean neededByOne(Live one, long begin, long end, int relation) {
        return switch (one.kind) {
            case PENDING -> end > one.csn;
            case POINT -> begin <= one.csn && one.csn < end;
            default -> (one.relation == 0 || one.relation == relation) && one.csn < end;
        };
    }

    @Property(tries = 3000)
    void shouldAgreeWithBruteForce(
            @ForAll("live") List<Live> live,
            @ForAll @IntRange(max = 32) int published,
            @ForAll @IntRange(min = 1, max = 3) int relation) {
        Horizon horizon = horizon(published, live);
        for (long begin = 0; begin <= 33; begin++) {
            for (long end = begin; end <= 34; end++) {
                long b = begin;
                long e = end;
                boolean expected = e > published || live.stream().anyMatch(one -> neededByOne(one, b, e, relation));
                assertEquals(expected, horizon.needed(b, e, relation), "b=" + b + " e=" + e);
                boolean separated = live.stream().anyMatch(one -> one.kind != PENDING && b <= one.csn && one.csn < e);
                assertEquals(separated, horizon.separates(b, e), "b=" + b + " e=" + e);
            }
        }
        long oldest = live.stream().mapToLong(Live::csn).min().orElse(published);
        assertEquals(Math.min(oldest, published), horizon.oldest());
    }

    @Test
    void shouldKeepOnlyWhatOldPointSees() {
        Horizon horizon = horizon(1000, List.of(new Live(POINT, 100, 0)));
        assertTrue(horizon.needed(50, 101, 1), "seen by it");
        assertTrue(horizon.needed(100, 900, 1), "began exactly at it");
        assertFalse(horizon.needed(101, 900, 1), "PostgreSQL's horizon would keep this");
        assertFalse(horizon.needed(50, 100, 1), "ended exactly at it");
        assertTrue(horizon.needed(900, 1001, 1), "ended after the capture");
    }
}
