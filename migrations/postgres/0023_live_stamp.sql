-- Nothing: see migrations/sqlite/0023_live_stamp.sql and ADR 0024.
SELECT 1;
