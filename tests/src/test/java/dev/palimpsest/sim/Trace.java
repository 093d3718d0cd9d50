package dev.palimpsest.sim;

import dev.palimpsest.scheduler.Step;

/** What happened: a running hash over all events, and the last ones in full. Guarded by the turn. */
final class Trace {
    enum Event {
        SWITCH,
        STEP,
        PARK,
        PARK_WITH_PERMIT,
        SPURIOUS,
        UNPARK,
        SPAWN,
        JOIN,
        INTERRUPT,
        TIMEOUT,
        END
    }

    private static final Step[] STEPS = Step.values();
    private static final Event[] EVENTS = Event.values();
    private static final int KEPT = 64;
    private static final long FNV_OFFSET = 0xCBF29CE484222325L;
    private static final long FNV_PRIME = 0x100000001B3L;

    private final long[] last = new long[KEPT];
    private long hash = FNV_OFFSET;
    private long count;

    /** @param detail a step's ordinal, the other task's number or a time; its low 32 bits are kept */
    void add(SimulatedTask task, Event event, long detail) {
        long packed = (long) task.number << 40 | (long) event.ordinal() << 32 | detail & 0xFFFF_FFFFL;
        last[(int) (count++ % KEPT)] = packed;
        for (long rest = packed; rest != 0; rest >>>= 16) {
            hash = (hash ^ rest & 0xFFFF) * FNV_PRIME;
        }
        hash = (hash ^ count) * FNV_PRIME;
    }

    long hash() {
        return hash;
    }

    long count() {
        return count;
    }

    String lastEvents() {
        StringBuilder text = new StringBuilder();
        for (long i = Math.max(0, count - KEPT); i < count; i++) {
            long packed = last[(int) (i % KEPT)];
            Event event = EVENTS[(int) (packed >>> 32) & 0xFF];
            long detail = packed & 0xFFFF_FFFFL;
            text.append(" #")
                    .append(packed >>> 40)
                    .append(' ')
                    .append(event == Event.STEP ? STEPS[(int) detail] : event);
            if (event == Event.SWITCH || event == Event.UNPARK || event == Event.SPAWN || event == Event.INTERRUPT) {
                text.append("->#").append(detail);
            }
            text.append(i % 8 == 7 ? "\n  " : ",");
        }
        return text.toString();
    }
}
