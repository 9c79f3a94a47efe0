-- What waits for somebody is read in the order in which the inbox shows it, by risk and then by age, and no further than
-- it shows: however many wait, a page of them is the first so many of an index.

-- 0: critical. 3: low, or not set. What a server of an earlier version files stands among those meanwhile.
ALTER TABLE approval_asks ADD COLUMN rank INTEGER NOT NULL DEFAULT 3 CHECK (rank BETWEEN 0 AND 3);
UPDATE approval_asks SET rank = CASE (SELECT risk FROM approvals WHERE id = approval)
    WHEN 'critical' THEN 0 WHEN 'high' THEN 1 WHEN 'medium' THEN 2 ELSE 3 END;
CREATE INDEX approval_asks_pressing ON approval_asks (tenant, kind, name, rank, approval);
