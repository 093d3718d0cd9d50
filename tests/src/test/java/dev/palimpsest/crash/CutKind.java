package dev.palimpsest.crash;

/** Where a power cut hits, and so what recovery has to put right. */
enum CutKind {
    /** A write, force, creation or removal of a log segment. */
    WAL,
    /** Between a checkpoint's choice of its redo position and its control record. */
    CHECKPOINT,
    /** Between a page split's first record and the separator's insertion into the parent. */
    SPLIT,
    /** While a statement stores a big value. */
    BIG_VALUE,
    /** A call on the control file. */
    CONTROL_RECORD,
    /** A write or force of a status file. */
    STATUS_LOG,
    /** While some commit's record is in the log and its status isn't stored. */
    COMMIT,
    /** While the database is being opened: creation, redo and the checkpoint after it. */
    RECOVERY,
    /** At a step or call of the task that vacuums. Only where there is one. */
    VACUUM,
    /** Any call of the disk. */
    ANY
}
