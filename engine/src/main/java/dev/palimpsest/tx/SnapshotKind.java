package dev.palimpsest.tx;

/** What a snapshot at s needs of a version that began at b and ended at e. */
public enum SnapshotKind {
    /** It only ever reads as of s: what has b ≤ s &lt; e. */
    POINT,
    /** It follows update chains: all with s &lt; e, in one relation or in all. */
    OPEN
}
