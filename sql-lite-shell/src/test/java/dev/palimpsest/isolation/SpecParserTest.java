package dev.palimpsest.isolation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import dev.palimpsest.isolation.IsolationSpec.Notices;
import dev.palimpsest.isolation.IsolationSpec.Once;
import dev.palimpsest.isolation.IsolationSpec.OtherStep;
import dev.palimpsest.isolation.IsolationSpec.PlannedStep;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The format of spec files. The messages were taken from PostgreSQL's tester. */
class SpecParserTest {
    private static IsolationSpec parse(String text) {
        return SpecParser.parse(text, line -> {});
    }

    private static String complaint(String text) {
        return assertThrows(SpecException.class, () -> parse(text)).getMessage();
    }

    private static List<String> orders(IsolationSpec spec) {
        List<String> orders = new ArrayList<>();
        for (List<PlannedStep> permutation : Permutations.of(spec)) {
            orders.add(String.join(
                    " ", permutation.stream().map(step -> step.step().name()).toList()));
        }
        return orders;
    }

    @Test
    void shouldReadEveryPart() {
        IsolationSpec spec = parse("""
                # a comment { with a brace
                setup { CREATE TABLE t (); }
                setup{ INSERT;	}
                teardown
                {
                  DROP TABLE t;
                }
                session s1
                setup { BEGIN; }
                step a { SELECT 1;
                  SELECT 2; }
                step "b ""c"" #" {}
                teardown { COMMIT; }
                session "s 2" step d$1 { x } # and one more
                permutation a "b ""c"" #"(*) d$1 ( a , "b ""c"" #" notices 3 )
                permutation d$1
                """);
        assertEquals(List.of("CREATE TABLE t ();", "INSERT;"), spec.setups());
        assertEquals("\n  DROP TABLE t;\n", spec.teardown());
        assertEquals("BEGIN;", spec.sessions().get(0).setup());
        assertEquals("COMMIT;", spec.sessions().get(0).teardown());
        assertEquals(
                "SELECT 1;\n  SELECT 2;", spec.sessions().get(0).steps().get(0).sql());
        assertEquals("b \"c\" #", spec.sessions().get(0).steps().get(1).name());
        assertEquals("", spec.sessions().get(0).steps().get(1).sql());
        assertEquals("s 2", spec.sessions().get(1).name());
        assertNull(spec.sessions().get(1).setup());
        assertNull(spec.sessions().get(1).teardown());
        List<PlannedStep> first = spec.permutations().get(0);
        IsolationSpec.Step a = spec.sessions().get(0).steps().get(0);
        IsolationSpec.Step b = spec.sessions().get(0).steps().get(1);
        assertEquals(List.of(), first.get(0).blockers());
        assertEquals(List.of(new Once()), first.get(1).blockers());
        assertEquals(List.of(new OtherStep(a), new Notices(b, 3)), first.get(2).blockers());
        assertEquals(List.of("a b \"c\" # d$1", "d$1"), orders(spec));
    }

    @Test
    void shouldMakeAllPermutationsInOrder() {
        assertEquals(
                List.of("a b c d", "a c b d", "a c d b", "c a b d", "c a d b", "c d a b"),
                orders(parse("session s1 step a {} step b {} session s2 step c {} step d {}")));
        assertEquals(
                List.of("a b c", "a c b", "b a c", "b c a", "c a b", "c b a"),
                orders(parse("session s1 step a {} session s2 step b {} session s3 step c {}")));
    }

    @Test
    void shouldNameUnusedStepsInByteOrder() {
        List<String> warnings = new ArrayList<>();
        SpecParser.parse(
                "session s1 step a {x} step É {y} step Z {z} step \"a \"\"c\" {z} permutation a", warnings::add);
        assertEquals(List.of("unused step name: Z", "unused step name: a \"c", "unused step name: É"), warnings);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "session s1 step a { x } permutation b | undefined step \"b\" specified in permutation",
                "session s1 step a { x };; permutation a (b; | syntax error at line 4",
                "session \"s1;\" | unexpected newline in quoted identifier at line 1",
                "session \"s1 | unterminated quoted identifier at line 1",
                "session s1 step a {;; | unterminated sql block at line 3",
                "session s1;;step;;{x} | syntax error at line 5",
                "session s1 step a {x} step a {y} | duplicate step name: a",
                "session s1 step a {x} permutation a(*) a(c)"
                        + " | undefined blocking step \"c\" referenced in permutation step \"a\"",
                "session s1 step a {x} permutation a(a) | permutation step \"a\" cannot block on its own session",
                "session s1 step a {x} permutation a session s2 step b {y} | syntax error at line 1",
                "session s1 step a {x} ? | syntax error at line 1: unexpected character \"?\"",
                "'' | syntax error at line 1",
                "setup {a} teardown {c} setup {d} | syntax error at line 1",
                "session s1 setup {a} setup {b} step x {a} | syntax error at line 1",
                "session step step a {x} | syntax error at line 1",
                "session s1;step a {x};session s2 step b {y};permutation a(b 3) b | syntax error at line 4",
                "session s1 step a {x} 3x | syntax error at line 1",
                "session s1 step a {x} permutation a() | syntax error at line 1",
                "session s1 setup {a} | syntax error at line 1",
            })
    void shouldRefuse(String text, String message) {
        assertEquals(message, complaint(text.replace(';', '\n')));
    }
}
