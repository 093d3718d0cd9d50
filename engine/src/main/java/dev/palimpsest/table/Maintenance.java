package dev.palimpsest.table;

import dev.palimpsest.api.VacuumOptions;
import dev.palimpsest.api.VacuumReport;
import java.util.List;

/** What sessions ask of vacuum, which lies above this room. */
@FunctionalInterface
public interface Maintenance {
    /** @param tables names; none for all */
    List<VacuumReport> vacuum(VacuumOptions options, List<String> tables, UserSession session);
}
