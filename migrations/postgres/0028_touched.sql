-- What a call named is found by it: the decisions about one resource, the newest first, by an index. The record says in
-- `body` what a call named; this is only the way to it, and is not chained. Calls that were recorded before are not in it.

-- A list of [type, id], NULL where the call named nothing, or where all that it named is redacted.
ALTER TABLE decisions ADD COLUMN touched TEXT COLLATE "C";

-- No column is called as one of `decisions` is, as the two are read together.
CREATE TABLE decision_resources (
    resource_type TEXT COLLATE "C" NOT NULL,
    resource_id   TEXT COLLATE "C" NOT NULL,
    decision      TEXT COLLATE "C" NOT NULL,
    of_tenant     TEXT COLLATE "C", -- whose the decision is, so that nothing of others is read on the way
    PRIMARY KEY (resource_type, resource_id, decision)
);
CREATE INDEX decision_resources_tenant ON decision_resources (of_tenant, resource_type, resource_id, decision);

-- Within the statement that writes the record, and for none that named nothing.
CREATE FUNCTION note_touched() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO decision_resources (resource_type, resource_id, decision, of_tenant)
        SELECT w.value ->> 0, w.value ->> 1, NEW.id, NEW.tenant
        FROM json_array_elements(CAST(NEW.touched AS json)) AS w(value)
        ON CONFLICT DO NOTHING;
    RETURN NULL;
END
$$;
CREATE TRIGGER decisions_touched AFTER INSERT ON decisions
    FOR EACH ROW WHEN (NEW.touched IS NOT NULL) EXECUTE FUNCTION note_touched();
-- Retention takes it along.
CREATE FUNCTION forget_touched() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM decision_resources WHERE decision = OLD.id AND (resource_type, resource_id) IN
        (SELECT w.value ->> 0, w.value ->> 1 FROM json_array_elements(CAST(OLD.touched AS json)) AS w(value));
    RETURN NULL;
END
$$;
CREATE TRIGGER decisions_touched_deleted AFTER DELETE ON decisions
    FOR EACH ROW WHEN (OLD.touched IS NOT NULL) EXECUTE FUNCTION forget_touched();
