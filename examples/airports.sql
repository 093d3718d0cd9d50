-- Real data: 3,376 US airports and 5,366 routes (see data/README.md), loaded, counted, queried, and changed under a long reader.
-- Run it:  ./palimpsest -f examples/airports.sql

\set ECHO queries
CREATE TABLE airports (
  iata text PRIMARY KEY,
  name text NOT NULL,
  city text,
  state text,
  country text NOT NULL,
  latitude double precision NOT NULL,
  longitude double precision NOT NULL
);
CREATE INDEX airports_state_city_idx ON airports (state, city);
CREATE TABLE flights (
  origin text,
  destination text,
  count integer NOT NULL,
  PRIMARY KEY (origin, destination)
);
CREATE INDEX flights_count_idx ON flights (count DESC);
\set ECHO none

\echo == Load both files, each in one transaction.
\copy airports FROM 'data/airports.csv' (format csv, header)
\copy flights FROM 'data/flights-airport.csv' (format csv, header)

\echo == Count and query them.
\set ECHO queries
SELECT count(*) AS airports, count(DISTINCT state) AS states, min(latitude) AS southmost, max(latitude) AS northmost FROM airports;
SELECT count(*) AS routes, sum(count) AS flights, round(avg(count), 1) AS per_route FROM flights;
SELECT state, count(*) AS airports FROM airports GROUP BY state ORDER BY airports DESC, state LIMIT 5;
SELECT iata, name, city FROM airports WHERE name LIKE '%"%' OR name LIKE '%,%' OR city LIKE '%,%' ORDER BY iata LIMIT 5;
\set ECHO none

\echo == By the primary key, by a range of an index, and by an index that is in the wanted order.
\set ECHO queries
SELECT * FROM airports WHERE iata = 'SFO';
EXPLAIN SELECT * FROM airports WHERE iata = 'SFO';
SELECT iata, name, city FROM airports WHERE state = 'HI' AND city >= 'K' AND city < 'L' ORDER BY city, iata;
EXPLAIN SELECT iata, name, city FROM airports WHERE state = 'HI' AND city >= 'K' AND city < 'L' ORDER BY city, iata;
SELECT origin, destination, count FROM flights ORDER BY count DESC LIMIT 3;
EXPLAIN SELECT origin, destination, count FROM flights ORDER BY count DESC LIMIT 3;
\set ECHO none

\echo == Session reader begins a long read. Session writer then changes and deletes what it reads, and commits.
\set ECHO queries
\session reader
BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY;
SELECT sum(count) AS flights, count(*) AS routes FROM flights WHERE origin = 'ATL';
\session writer
BEGIN;
UPDATE flights SET count = count + 1000 WHERE origin = 'ATL';
DELETE FROM flights WHERE origin = 'ATL' AND destination < 'C';
UPDATE airports SET name = upper(name) WHERE state = 'HI';
COMMIT;
SELECT sum(count) AS flights, count(*) AS routes FROM flights WHERE origin = 'ATL';
\set ECHO none

\echo == The reader sees what it saw before; a new snapshot sees the change.
\set ECHO queries
\session reader
SELECT sum(count) AS flights, count(*) AS routes FROM flights WHERE origin = 'ATL';
SELECT name FROM airports WHERE iata = 'HNL';
COMMIT;
SELECT sum(count) AS flights, count(*) AS routes FROM flights WHERE origin = 'ATL';
SELECT name FROM airports WHERE iata = 'HNL';
\set ECHO none

\echo == Nobody waited.
\set ECHO queries
SELECT name, value FROM mvcc_statistics WHERE name IN ('transaction_waits', 'updates', 'hot_updates');
