-- Who acts for whom: owners of agents, who acted in a decision, and the scopes that a tool asks of tokens.

-- A person who answers for the agent or service.
ALTER TABLE subjects ADD COLUMN owner TEXT REFERENCES subjects (id) ON DELETE SET NULL;
CREATE INDEX subjects_owner ON subjects (owner, id) WHERE owner IS NOT NULL;

-- A copy of what the body says, for lists; the record's hash covers it. Only few decisions have an actor.
ALTER TABLE decisions ADD COLUMN actor TEXT;
CREATE INDEX decisions_actor ON decisions (actor, id) WHERE actor IS NOT NULL;

-- A list of texts.
ALTER TABLE tools ADD COLUMN scopes TEXT NOT NULL DEFAULT '[]';
CREATE TRIGGER tools_scopes_updated AFTER UPDATE OF scopes ON tools WHEN OLD.scopes IS NOT NEW.scopes BEGIN
    UPDATE revisions SET value = value + 1 WHERE scope = '';
END;
