package dev.palimpsest.table;

import dev.palimpsest.api.AdvisoryKey;
import dev.palimpsest.api.LockInfo;
import dev.palimpsest.catalog.TableInfo;
import dev.palimpsest.id.Tid;
import dev.palimpsest.lock.LockEntry;
import dev.palimpsest.lock.LockMode;
import dev.palimpsest.lock.LockTag;
import dev.palimpsest.tx.TransactionManager;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * pg_locks: what the lock table holds, and, as in PostgreSQL, each transaction's lock on itself (which the table has only once somebody waits for
 * it). One use.
 */
public final class LockView {
    private final TableEngine engine;
    private final Map<Long, String> names = new HashMap<>();
    private final List<LockInfo> rows = new ArrayList<>();

    public LockView(TableEngine engine) {
        this.engine = engine;
    }

    public List<LockInfo> list() {
        for (TableInfo table : engine.currentCatalog().tables()) {
            names.put((long) table.oid(), table.name());
        }
        for (TransactionManager.Running running : engine.transactions().running()) {
            String exclusive = LockMode.EXCLUSIVE.pgName();
            rows.add(new LockInfo("virtualxid", null, null, 0, null, running.processId(), exclusive, true, true));
            for (long xid : running.xids()) {
                rows.add(new LockInfo(
                        "transactionid", null, null, xid, null, running.processId(), exclusive, true, false));
            }
        }
        engine.locks().entries().forEach(this::add);
        return rows;
    }

    private void add(LockEntry entry) {
        LockTag tag = entry.tag();
        switch (tag.kind()) {
            case RELATION -> add(entry, "relation", names.get(tag.first()), null, 0, null);
            case CATALOG -> add(entry, "relation", "pg_class", null, 0, null);
            case TUPLE -> add(entry, "tuple", names.get(tag.first()), Tid.toString(tag.second()), 0, null);
            case SPECULATION -> add(entry, "spectoken", null, null, 0, null);
            case ADVISORY -> add(entry, "advisory", null, null, 0, new AdvisoryKey(tag.first(), tag.second() != 0));
            case TRANSACTION, VIRTUAL_TRANSACTION, SUBTRANSACTION -> {
                if (!entry.granted()) { // the holders' are there already
                    boolean hasXid = tag.kind() == LockTag.Kind.TRANSACTION;
                    add(entry, hasXid ? "transactionid" : "virtualxid", null, null, hasXid ? tag.first() : 0, null);
                }
            }
        }
    }

    private void add(LockEntry entry, String type, String relation, String row, long xid, AdvisoryKey key) {
        rows.add(new LockInfo(
                type,
                relation,
                row,
                xid,
                key,
                entry.processId(),
                entry.mode().pgName(),
                entry.granted(),
                entry.fastPath()));
    }
}
