-- What a call named is found by it: the decisions about one resource, the newest first, by an index. The record says in
-- `body` what a call named; this is only the way to it, and is not chained. Calls that were recorded before are not in it.

-- A list of [type, id], NULL where the call named nothing, or where all that it named is redacted.
ALTER TABLE decisions ADD COLUMN touched TEXT;

-- No column is called as one of `decisions` is, as the two are read together.
CREATE TABLE decision_resources (
    resource_type TEXT NOT NULL,
    resource_id   TEXT NOT NULL,
    decision      TEXT NOT NULL,
    of_tenant     TEXT, -- whose the decision is, so that nothing of others is read on the way
    PRIMARY KEY (resource_type, resource_id, decision)
) STRICT, WITHOUT ROWID;
CREATE INDEX decision_resources_tenant ON decision_resources (of_tenant, resource_type, resource_id, decision);

-- Within the statement that writes the record, and for none that named nothing.
CREATE TRIGGER decisions_touched AFTER INSERT ON decisions WHEN NEW.touched IS NOT NULL BEGIN
    INSERT OR IGNORE INTO decision_resources (resource_type, resource_id, decision, of_tenant)
        SELECT json_extract(w.value, '$[0]'), json_extract(w.value, '$[1]'), NEW.id, NEW.tenant
        FROM json_each(NEW.touched) AS w;
END;
-- Retention takes it along.
CREATE TRIGGER decisions_touched_deleted AFTER DELETE ON decisions WHEN OLD.touched IS NOT NULL BEGIN
    DELETE FROM decision_resources WHERE (resource_type, resource_id, decision) IN
        (SELECT json_extract(w.value, '$[0]'), json_extract(w.value, '$[1]'), OLD.id FROM json_each(OLD.touched) AS w);
END;
