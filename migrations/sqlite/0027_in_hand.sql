-- A file is brought in by one at a time. Whoever counts `attempt` up has its import in hand until `held_until`, and says
-- again and again that it goes on to; how far the file is in is written under that count alone. Whoever was killed lets go
-- by that. What a server of an earlier version brings in meanwhile is in nobody's hand.
ALTER TABLE resource_imports ADD COLUMN attempt INTEGER NOT NULL DEFAULT 1;
-- 0: nobody has it.
ALTER TABLE resource_imports ADD COLUMN held_until INTEGER NOT NULL DEFAULT 0;
