-- Nothing: see migrations/sqlite/0025_live_stamp_moved.sql and ADR 0024.
SELECT 1;
