package dev.palimpsest.catalog;

import static dev.palimpsest.catalog.SystemTable.*;

import dev.palimpsest.api.EngineException;
import dev.palimpsest.tx.Snapshot;
import dev.palimpsest.tx.SnapshotHandle;
import dev.palimpsest.tx.Transaction;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Checks the system tables against each other. Read-only; one use. */
public final class CatalogVerifier {
    private final Catalog catalog;
    private final Snapshot snapshot;
    private final List<String> problems = new ArrayList<>();
    private final Map<Integer, String> kinds = new HashMap<>();
    private final Set<Integer> ownedSequences = new HashSet<>();
    private final Set<Integer> describedSequences = new HashSet<>();
    private final Set<Integer> describedIndexes = new HashSet<>();

    private CatalogVerifier(Catalog catalog, Snapshot snapshot) {
        this.catalog = catalog;
        this.snapshot = snapshot;
    }

    /** @return the problems found, empty if there are none */
    public static List<String> verify(Catalog catalog, Transaction tx) {
        try (SnapshotHandle latest = tx.latestSnapshot()) {
            CatalogVerifier verifier = new CatalogVerifier(catalog, latest.snapshot());
            verifier.run();
            return verifier.problems;
        }
    }

    private void run() {
        readClasses();
        checkAttributes();
        checkIndexes();
        checkSequences();
        checkConstraints();
        kinds.forEach((oid, kind) -> {
            boolean described = ownedSequences.contains(oid) || describedSequences.contains(oid);
            if (kind.equals(KIND_SEQUENCE) && !described) {
                problems.add("catalog: sequence oid=" + oid + " has no column and no row in pg_sequence");
            }
            if (kind.equals(KIND_INDEX) && !describedIndexes.contains(oid)) {
                problems.add("catalog: index oid=" + oid + " has no row in pg_index");
            }
            if (oid >= catalog.fileNumbers().next()) {
                problems.add("catalog: oid=" + oid + " was never handed out, next="
                        + catalog.fileNumbers().next());
            }
        });
        try {
            new CatalogReader(catalog, snapshot).read();
        } catch (EngineException e) {
            problems.add("catalog: " + e);
        }
    }

    private void readClasses() {
        CatalogRows rows = new CatalogRows(catalog, PG_CLASS, snapshot);
        while (rows.next()) {
            if (kinds.put(rows.oid(OID), rows.text(RELKIND)) != null) {
                problems.add("catalog: two rows in pg_class for oid=" + rows.oid(OID));
            }
        }
    }

    private void checkAttributes() {
        CatalogRows rows = new CatalogRows(catalog, PG_ATTRIBUTE, snapshot);
        while (rows.next()) {
            expect(rows.oid(ATTRELID), KIND_TABLE, "pg_attribute attnum=" + rows.oid(ATTNUM));
            if (rows.oid(ATTSEQUENCE) != 0) {
                expect(rows.oid(ATTSEQUENCE), KIND_SEQUENCE, "pg_attribute attrelid=" + rows.oid(ATTRELID));
                if (!ownedSequences.add(rows.oid(ATTSEQUENCE))) {
                    problems.add("catalog: two columns have sequence oid=" + rows.oid(ATTSEQUENCE));
                }
            }
        }
    }

    private void checkIndexes() {
        CatalogRows rows = new CatalogRows(catalog, PG_INDEX, snapshot);
        while (rows.next()) {
            expect(rows.oid(INDEXRELID), KIND_INDEX, "pg_index");
            expect(rows.oid(INDRELID), KIND_TABLE, "pg_index indexrelid=" + rows.oid(INDEXRELID));
            if (!describedIndexes.add(rows.oid(INDEXRELID))) {
                problems.add("catalog: two rows in pg_index for oid=" + rows.oid(INDEXRELID));
            }
        }
    }

    private void checkSequences() {
        CatalogRows rows = new CatalogRows(catalog, PG_SEQUENCE, snapshot);
        while (rows.next()) {
            expect(rows.oid(SEQRELID), KIND_SEQUENCE, "pg_sequence");
            if (!describedSequences.add(rows.oid(SEQRELID))) {
                problems.add("catalog: two rows in pg_sequence for oid=" + rows.oid(SEQRELID));
            }
        }
    }

    private void checkConstraints() {
        Set<String> names = new HashSet<>();
        CatalogRows rows = new CatalogRows(catalog, PG_CONSTRAINT, snapshot);
        while (rows.next()) {
            String where = "pg_constraint conname=" + rows.text(CONNAME);
            expect(rows.oid(CONRELID), KIND_TABLE, where);
            if (!names.add(rows.oid(CONRELID) + " " + rows.text(CONNAME))) {
                problems.add("catalog: two rows in " + where + " conrelid=" + rows.oid(CONRELID));
            }
            if (rows.text(CONTYPE).equals(TYPE_FOREIGN)) {
                expect(rows.oid(CONFRELID), KIND_TABLE, where);
                expect(rows.oid(CONINDID), KIND_INDEX, where);
            } else if (rows.text(CONSRC) == null) {
                problems.add("catalog: " + where + " has no condition");
            }
        }
    }

    private void expect(int oid, String kind, String where) {
        if (!kind.equals(kinds.get(oid))) {
            problems.add("catalog: " + where + " names oid=" + oid + " as kind " + kind + ", pg_class has "
                    + kinds.get(oid));
        }
    }
}
