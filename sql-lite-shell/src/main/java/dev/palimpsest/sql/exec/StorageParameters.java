package dev.palimpsest.sql.exec;

import dev.palimpsest.sql.parser.Definition;
import dev.palimpsest.sql.plan.SqlError;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Storage parameters as the engine takes them, which checks their names and values. Stateless. Source of the rules: PG reloptions.c. */
final class StorageParameters {
    /** About statistics, freezing and parallel plans, which there aren't here: taken, without effect. */
    private static final Set<String> IGNORED = Set.of(
            "autovacuum_analyze_scale_factor",
            "autovacuum_analyze_threshold",
            "autovacuum_freeze_max_age",
            "autovacuum_freeze_min_age",
            "autovacuum_freeze_table_age",
            "autovacuum_multixact_freeze_max_age",
            "autovacuum_multixact_freeze_min_age",
            "autovacuum_multixact_freeze_table_age",
            "log_autovacuum_min_duration",
            "parallel_workers",
            "toast_tuple_target",
            "user_catalog_table");

    private StorageParameters() {}

    /**
     * Of WITH or SET. Those of {@code toast} are left out: a table's big values have no settings of their own.
     *
     * @throws SqlError 22023
     */
    static Map<String, String> values(List<Definition.StorageParameter> parameters) {
        Map<String, String> values = new HashMap<>();
        Set<String> names = new HashSet<>();
        for (Definition.StorageParameter parameter : parameters) {
            boolean toast = "toast".equals(parameter.namespace());
            if (parameter.namespace() != null && !toast) {
                throw SqlError.of("22023", "unrecognized parameter namespace \"" + parameter.namespace() + "\"");
            }
            if (!names.add(parameter.namespace() + "." + parameter.name())) {
                throw SqlError.of("22023", "parameter \"" + parameter.name() + "\" specified more than once");
            }
            if (!toast && !IGNORED.contains(parameter.name())) {
                values.put(parameter.name(), parameter.value() == null ? "true" : parameter.value());
            }
        }
        return values;
    }

    /**
     * All that SET and RESET say, one after the other; null where RESET is last.
     *
     * @throws SqlError 22023, 42601
     */
    static Map<String, String> changes(List<Definition.ParameterChange> changes) {
        Map<String, String> values = new HashMap<>();
        for (Definition.ParameterChange change : changes) {
            if (!change.reset()) {
                values.putAll(values(change.parameters()));
                continue;
            }
            for (Definition.StorageParameter parameter : change.parameters()) {
                if (parameter.value() != null) {
                    throw SqlError.of("42601", "RESET must not include values for parameters");
                }
                if (parameter.namespace() == null && !IGNORED.contains(parameter.name())) {
                    values.put(parameter.name(), null);
                }
            }
        }
        return values;
    }
}
