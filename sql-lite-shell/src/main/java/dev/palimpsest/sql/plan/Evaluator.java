package dev.palimpsest.sql.plan;

/** An expression ready to run. May be run many times; has no state of its own. */
@FunctionalInterface
public interface Evaluator {
    /** @throws SqlError for values that the expression can't take */
    Object eval(Tuple tuple);
}
