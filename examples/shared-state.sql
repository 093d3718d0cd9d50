-- The story that Palimpsest comes from: a long analytics read and a payment meet on the same account.
-- Run it:  ./palimpsest -f examples/shared-state.sql
-- Every number below is the engine's own; only the lines of text are written here.

\set QUIET on
CREATE TABLE accounts (id text PRIMARY KEY, owner text NOT NULL, balance bigint NOT NULL);
INSERT INTO accounts VALUES ('acc_42', 'Ada', 1000), ('acc_43', 'Grace', 0);
\set QUIET off

\echo == 1. Account acc_42 holds $1,000. Session t100 begins a long analytics read.
\set ECHO queries
\session t100
BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY;
SELECT id, balance FROM accounts WHERE id = 'acc_42';
\set ECHO none

\echo == 2. Meanwhile session t101 moves $700 to another account and commits. It doesn't wait for the reader.
\set ECHO queries
\session t101
BEGIN;
UPDATE accounts SET balance = balance - 700 WHERE id = 'acc_42';
UPDATE accounts SET balance = balance + 700 WHERE id = 'acc_43';
SELECT pg_current_xact_id_if_assigned() AS writers_xid;
COMMIT;
SELECT id, balance FROM accounts WHERE id = 'acc_42';
\set ECHO none

\echo == 3. The reader still sees $1,000: its snapshot is older than that commit. It doesn't wait for the writer either.
\set ECHO queries
\session t100
SELECT id, balance FROM accounts WHERE id = 'acc_42';
\set ECHO none

\echo == 4. It has written nothing, so it has no transaction id.
\set ECHO queries
SELECT CASE WHEN pg_current_xact_id_if_assigned() IS NULL THEN 'no xid' ELSE 'has an xid' END AS reader,
       pg_current_xact_id_if_assigned() IS NULL AS has_none;
\set ECHO none

\echo == 5. Both versions of the row are stored. The old one ends (xmax) where the new one begins (xmin): the writer's xid.
\set ECHO queries
SELECT ctid, xmin, xmax, xmin_status, xmax_status, next, id, balance
FROM mvcc_versions('accounts') WHERE id = 'acc_42';
\set ECHO none

\echo == 6. Who waited? The engine counts every wait of a transaction for another one, and nobody is waiting now.
\set ECHO queries
SELECT name, value FROM mvcc_statistics WHERE name = 'transaction_waits';
SELECT count(*) AS waiting_now FROM pg_stat_activity WHERE wait_event_type = 'Lock';
\set ECHO none

\echo == 7. The reader ends. What it reads next is a new snapshot.
\set ECHO queries
COMMIT;
SELECT id, balance FROM accounts ORDER BY id;
