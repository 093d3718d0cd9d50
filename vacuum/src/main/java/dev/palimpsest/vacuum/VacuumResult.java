package dev.palimpsest.vacuum;

import dev.palimpsest.api.VacuumReport;
import dev.palimpsest.tx.TransactionManager.EndedBoundary;

/**
 * One vacuum of one table, done.
 *
 * @param ended as far as everything had ended when it began
 * @param statusPoint of xids below it, nothing in the table needs to be known any more
 * @param allRows how many rows it has, if every page was looked at; else -1
 * @param kept what snapshots still need
 */
public record VacuumResult(
        VacuumReport report, EndedBoundary ended, long statusPoint, long allRows, KeptVersions kept) {}
