package dev.palimpsest.sql.exec;

import dev.palimpsest.sql.plan.SqlError;

/** What a statement may keep in memory for sorting, grouping and DISTINCT together: {@code work_mem}. Not thread-safe. */
final class MemoryBudget {
    private final long limitBytes;
    private long usedBytes;

    MemoryBudget(long limitBytes) {
        this.limitBytes = limitBytes;
    }

    /** @throws SqlError 53400 beyond the limit */
    void add(long bytes) {
        usedBytes += bytes;
        if (usedBytes > limitBytes) {
            throw SqlError.of("53400", "sorting and grouping need more memory than work_mem allows")
                    .withDetail("work_mem=" + limitBytes / 1024 + "kB")
                    .withHint("SET work_mem to more, read by an index, or limit the rows.");
        }
    }

    void release(long bytes) {
        usedBytes -= bytes;
    }
}
