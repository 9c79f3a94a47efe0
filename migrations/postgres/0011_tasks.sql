-- Tasks: what an agent is doing now, with which tools, how many calls it may make for it, and until when. They are read
-- live with each call that names one, so they move no revision.

CREATE TABLE tasks (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY, -- UUIDv7
    tenant     TEXT COLLATE "C" NOT NULL REFERENCES tenants (slug) ON DELETE CASCADE,
    subject    TEXT COLLATE "C" NOT NULL REFERENCES subjects (id) ON DELETE CASCADE,
    actor      TEXT COLLATE "C",                      -- NULL: whoever acts for the subject
    purpose    TEXT COLLATE "C" NOT NULL CHECK (purpose <> ''),
    tools      TEXT COLLATE "C" NOT NULL,             -- a JSON list of patterns `server/name`
    budget     BIGINT NOT NULL CHECK (budget > 0),
    used       BIGINT NOT NULL CHECK (used BETWEEN 0 AND budget),
    state      TEXT COLLATE "C" NOT NULL CHECK (state IN ('active', 'paused', 'completed', 'revoked')),
    opened_by  TEXT COLLATE "C" NOT NULL CHECK (opened_by IN ('agent', 'platform', 'person')),
    opened_at  BIGINT NOT NULL,
    expires_at BIGINT NOT NULL                        -- from here on it allows nothing
);
CREATE INDEX tasks_tenant ON tasks (tenant, id);
CREATE INDEX tasks_subject ON tasks (subject, id);
CREATE INDEX tasks_open ON tasks (tenant, subject, expires_at) WHERE state IN ('active', 'paused');

-- A tool may ask for a task.
ALTER TABLE tools ADD COLUMN task TEXT COLLATE "C" NOT NULL DEFAULT 'optional' CHECK (task IN ('optional', 'required'));
CREATE TRIGGER tools_task_changed AFTER UPDATE OF task ON tools
    FOR EACH ROW WHEN (OLD.task IS DISTINCT FROM NEW.task) EXECUTE FUNCTION revise_common();

-- The task that a call named, where it was the caller's own: chained where it is there, so that what was written before
-- stays as it is.
ALTER TABLE decisions ADD COLUMN task TEXT COLLATE "C";
CREATE INDEX decisions_task ON decisions (task, id) WHERE task IS NOT NULL;
