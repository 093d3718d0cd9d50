package dev.palimpsest.bench.peers;

/** A row as {@link MvStore} caches it; never changed, so that versions may share the filler. */
record MvRow(long balance, byte[] filler) {}
