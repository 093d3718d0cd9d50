-- What a long reader costs: a report that takes its time, and a hundred thousand updates meanwhile.
-- Run it:  ./palimpsest -f examples/long-reader.sql        What it prints is in examples/long-reader.expected.
-- Every number below is the engine's own; only the lines of text are written here.

\set QUIET on
CREATE TABLE accounts (id int PRIMARY KEY, owner text NOT NULL, balance bigint NOT NULL)
WITH (autovacuum_enabled = off); -- here vacuum runs when the story says so
INSERT INTO accounts SELECT g, 'owner of account ' || g, 1000 FROM generate_series(1, 7000) g;
DELETE FROM accounts WHERE id <= 3000 AND id % 3 <> 0;
VACUUM accounts;
\set QUIET off

\echo == 1. Five thousand accounts of $1,000 each. Two of three among the oldest were closed, and vacuum has made their room free.
\heapmap accounts

\echo
\echo == 2. Session report begins a long read: one snapshot for everything that it reads.
\set ECHO queries
\session report
BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY;
SELECT count(*) AS accounts, sum(balance) AS total FROM accounts;
\set ECHO none

\echo == 3. Session payments updates the thousand oldest, a hundred times over. Neither waits for the other.
\set ECHO queries
\session payments
\repeat 100
UPDATE accounts SET balance = balance + 1 WHERE id <= 3000;
\set ECHO none

\echo == 4. A hundred thousand versions ended. Pages are pruned as they are written, also while the reader lives: what is left of them is
\echo ==    the one version of each account that its snapshot sees, and what the last update ended. The table hasn't grown by a page.
\set ECHO queries
SELECT n_tup_upd AS updates, hot_upd_share FROM pg_stat_user_tables WHERE relname = 'accounts';
SELECT state, count(*) AS versions FROM mvcc_versions('accounts') WHERE state IS NOT NULL GROUP BY state ORDER BY state;
SELECT kind, versions, opened_at FROM mvcc_pins WHERE kind = 'point' AND versions > 0;
\set ECHO none
\heapmap accounts

\echo
\echo == 5. Vacuum takes the pinned versions out of the pages, into the archive, and the dead ones away. A process makes its archive when one
\echo ==    is wanted first, which takes a while: VACUUM goes on without it, and autovacuum comes again, unless it is told to wait.
\set ECHO queries
VACUUM (AWAIT_ARCHIVE) accounts;
SELECT state, count(*) AS versions FROM mvcc_versions('accounts') WHERE state IS NOT NULL GROUP BY state ORDER BY state;
SELECT kind, versions, archived_versions, opened_at FROM mvcc_pins WHERE versions > 0;
\set ECHO none
\heapmap accounts

\echo
\echo == 6. The reader reads on, through the archive: the same rows, the same sum.
\set ECHO queries
\session report
SELECT count(*) AS accounts, sum(balance) AS total FROM accounts;
EXPLAIN (VISIBILITY, NUMBERS off) SELECT * FROM accounts WHERE id = 3;
\set ECHO none

\echo == 7. The reader ends. The next vacuum leaves nothing of what it kept.
\set ECHO queries
COMMIT;
\session payments
VACUUM accounts;
SELECT state, count(*) AS versions FROM mvcc_versions('accounts') WHERE state IS NOT NULL GROUP BY state ORDER BY state;
SELECT count(*) AS kept_for_somebody FROM mvcc_pins WHERE versions > 0;
\set ECHO none
\heapmap accounts

\echo
\echo == 8. Nothing is lost: a thousand accounts have got $100 each.
\set ECHO queries
SELECT count(*) AS accounts, sum(balance) AS total, max(balance) AS richest FROM accounts;
