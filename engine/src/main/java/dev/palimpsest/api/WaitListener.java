package dev.palimpsest.api;

/**
 * Told when a transaction's thread is about to wait for another transaction, and when it goes on. Called on the waiting thread, so it
 * must be quick and must not use the transaction.
 */
public interface WaitListener {
    WaitListener NONE = new WaitListener() {
        @Override
        public void waiting(String what) {}

        @Override
        public void waitOver() {}
    };

    /**
     * @param what for people: the lock waited for and who holds it
     */
    void waiting(String what);

    /** The wait has ended, with what was waited for or with an error. */
    void waitOver();
}
