package dev.palimpsest.table;

import java.util.HashMap;
import java.util.Map;

/** The values that one session took last from sequences, also as columns' defaults. Used by the session's thread. */
final class SequenceValues {
    /** The sequence used last; 0 for none. */
    private int lastOid;

    private long lastValue;

    /** Those of the sequences used before; null while there are none. */
    private Map<Integer, Long> others;

    void taken(int oid, long value) {
        if (oid != lastOid) {
            if (lastOid != 0) {
                others().put(lastOid, lastValue);
            }
            lastOid = oid;
        }
        lastValue = value;
    }

    /** By a setval: the sequence's current value, but not the one used last. */
    void set(int oid, long value) {
        if (oid == lastOid) {
            lastValue = value;
        } else {
            others().put(oid, value);
        }
    }

    /** 0 for none. */
    int lastOid() {
        return lastOid;
    }

    /** Null for none. */
    Long current(int oid) {
        if (oid == lastOid) {
            return lastValue;
        }
        return others == null ? null : others.get(oid);
    }

    private Map<Integer, Long> others() {
        if (others == null) {
            others = new HashMap<>();
        }
        return others;
    }
}
