package dev.palimpsest.tx;

/** One transaction's own action at its end: after it is visible, before its locks are released. On the transaction's thread. */
@FunctionalInterface
public interface EndAction {
    void ended(boolean committed);
}
