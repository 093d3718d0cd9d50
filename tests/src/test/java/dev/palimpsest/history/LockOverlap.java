package dev.palimpsest.history;

import java.util.Map;

/** Two transactions may not hold conflicting locks on one row at once. */
final class LockOverlap {
    LockOverlap(History history, Map<Integer, VersionOrder> orders, HistoryReport report) {}

    void check() {}
}
