package dev.palimpsest.bench;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * Runs slices of work on one open store, keeps count of what was added, and checks the sum of all balances against it.
 *
 * <p>Workers and their threads are made once and kept, as a server would. The runner itself is used by one thread.
 */
final class SliceRunner implements AutoCloseable {
    private final Store store;
    private final int rows;
    private final List<Member> members = new ArrayList<>();
    private long expectedSum;

    SliceRunner(Store store, int rows) {
        this.store = store;
        this.rows = rows;
        this.expectedSum = rows * Rows.INITIAL_BALANCE;
    }

    /** Works for about this long; a slice ends with the operation that is under way when its time is over. */
    Slice run(Work work, long durationNanos) throws Exception {
        while (members.size() < work.threads()) {
            members.add(new Member(members.size()));
        }
        CyclicBarrier start = new CyclicBarrier(work.threads());
        List<Future<Part>> running = new ArrayList<>();
        for (Member member : members.subList(0, work.threads())) {
            running.add(member.thread.submit(() -> member.run(work, durationNanos, start)));
        }
        return sumUp(running);
    }

    private Slice sumUp(List<Future<Part>> running) throws Exception {
        long operations = 0;
        long first = Long.MAX_VALUE;
        long last = Long.MIN_VALUE;
        for (Future<Part> future : running) {
            Part part = future.get();
            operations += part.operations;
            expectedSum += part.added;
            first = Math.min(first, part.startNanos);
            last = Math.max(last, part.endNanos);
        }
        return new Slice(operations, last - first);
    }

    /** Throws unless the balances sum up to what was loaded and added since, as one scan sees them. */
    void checkSum() throws Exception {
        long sum = withWorker(Store.Worker::scan);
        if (sum != expectedSum) {
            throw new IllegalStateException("sum of balances is wrong: expected=" + expectedSum + " found=" + sum
                    + " difference=" + (sum - expectedSum));
        }
    }

    /** Throws unless a thousand point reads return what was loaded; to be called before anything is added. */
    void checkReads() throws Exception {
        withWorker(worker -> {
            for (long i = 0; i < 1_000; i++) {
                long key = i * rows / 1_000;
                long found = worker.read(key);
                long expected = Rows.expectedRead(key, Rows.INITIAL_BALANCE);
                if (found != expected) {
                    throw new IllegalStateException(
                            "wrong read: key=" + key + " expected=" + expected + " found=" + found);
                }
            }
            return 0L;
        });
    }

    private long withWorker(WorkerCall call) throws Exception {
        if (members.isEmpty()) {
            members.add(new Member(0));
        }
        Member member = members.get(0);
        return member.thread.submit(() -> call.on(member.worker())).get();
    }

    @Override
    public void close() throws IOException {
        for (Member member : members) {
            try {
                member.thread.submit((Callable<Void>) member::close).get();
            } catch (ExecutionException e) {
                throw new IOException("closing a worker failed: " + e.getCause(), e);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new InterruptedIOException("interrupted while closing the workers");
            } finally {
                member.thread.shutdown();
            }
        }
        members.clear();
    }

    long expectedSum() {
        return expectedSum;
    }

    /** Takes over the account of a runner that had the same data open before. */
    void resumeFrom(long sum) {
        expectedSum = sum;
    }

    private interface WorkerCall {
        long on(Store.Worker worker) throws Exception;
    }

    /** What one thread did in a slice. */
    private record Part(long operations, long added, long startNanos, long endNanos) {}

    /** One thread with its worker, which no other thread touches. */
    private final class Member {
        final ExecutorService thread;
        private final XorShift random;
        private Store.Worker worker;
        private long sink;

        Member(int number) {
            thread = Executors.newSingleThreadExecutor(task -> new Thread(task, "worker-" + number));
            random = new XorShift(number);
        }

        Store.Worker worker() throws Exception {
            if (worker == null) {
                worker = store.worker();
            }
            return worker;
        }

        Void close() throws IOException {
            if (worker != null) {
                worker.close();
            }
            if (sink == 42) {
                System.err.print(""); // never in practice, but the compiler can't know: keeps the reads alive
            }
            return null;
        }

        Part run(Work work, long durationNanos, CyclicBarrier start) throws Exception {
            Store.Worker w = worker();
            start.await();
            long begin = System.nanoTime();
            long deadline = begin + durationNanos;
            return switch (work.kind()) {
                case READ -> read(w, begin, deadline);
                case RMW -> add(w, begin, deadline, 16);
                case DURABLE -> add(w, begin, deadline, 1);
                case SCAN -> scan(w, begin, deadline);
                case LOAD -> throw new IllegalArgumentException("a load is no slice on an open store");
            };
        }

        private Part read(Store.Worker w, long begin, long deadline) throws Exception {
            long operations = 0;
            long sum = 0;
            long now;
            do {
                for (int i = 0; i < 64; i++) {
                    sum += w.read(random.below(rows));
                }
                operations += 64;
                now = System.nanoTime();
            } while (now < deadline);
            sink += sum;
            return new Part(operations, 0, begin, now);
        }

        private Part add(Store.Worker w, long begin, long deadline, int batch) throws Exception {
            long operations = 0;
            long added = 0;
            long now;
            do {
                for (int i = 0; i < batch; i++) {
                    long key = random.below(rows);
                    long delta = Rows.delta(key);
                    w.add(key, delta);
                    added += delta;
                }
                operations += batch;
                now = System.nanoTime();
            } while (now < deadline);
            return new Part(operations, added, begin, now);
        }

        private Part scan(Store.Worker w, long begin, long deadline) throws Exception {
            long operations = 0;
            long now;
            do {
                long sum = w.scan();
                if (sum != expectedSum) {
                    throw new IllegalStateException("scan is wrong: expected=" + expectedSum + " found=" + sum);
                }
                operations += rows;
                now = System.nanoTime();
            } while (now < deadline);
            return new Part(operations, 0, begin, now);
        }
    }
}
