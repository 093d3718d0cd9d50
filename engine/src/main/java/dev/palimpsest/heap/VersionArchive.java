package dev.palimpsest.heap;

/**
 * Where vacuum keeps the versions that only old snapshots see, outside of the heap's pages: one blob for each page, whose form is
 * {@link ArchivedVersions}. Nothing in it outlives the engine: it is empty when a database is opened.
 *
 * <p>Thread-safe. A look-up sees a blob whole, the last one put or the one before it if that put hasn't returned. May be called under page latches, so it
 * waits for nobody who could wait for one.
 */
public interface VersionArchive {
    /** Keeps nothing: versions stay in their pages. */
    VersionArchive NONE = new VersionArchive() {
        @Override
        public byte[] get(int relation, int block) {
            return null;
        }

        @Override
        public boolean put(int relation, int block, byte[] blob) {
            return false;
        }

        @Override
        public void remove(int relation, int block) {}

        @Override
        public void clear(int relation) {}
    };

    /**
     * What was put for a page last.
     *
     * @param relation the heap's file number
     * @return null if there is nothing; the caller doesn't change the array
     * @throws dev.palimpsest.api.EngineException if there is something but it can't be read: never null then
     */
    byte[] get(int relation, int block);

    /**
     * Replaces what is kept for a page.
     *
     * @return false if there is no room or no archive now: what was kept before is still there
     */
    boolean put(int relation, int block, byte[] blob);

    /** Forgets a page. */
    void remove(int relation, int block);

    /** Forgets a relation, which nobody uses any more. */
    void clear(int relation);
}
