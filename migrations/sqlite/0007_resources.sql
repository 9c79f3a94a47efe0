-- What calls touch: registered resources, which arguments of a tool name them, and the files they came from.

-- Read live with each call that names them, so they move no revision. `(type, id)` is one of a kind over all tenants.
CREATE TABLE resources (
    type        TEXT    NOT NULL CHECK (type <> ''),
    id          TEXT    NOT NULL CHECK (id <> ''),
    tenant      TEXT    NOT NULL REFERENCES tenants (slug) ON DELETE CASCADE,
    sensitivity TEXT    NOT NULL CHECK (sensitivity IN ('public', 'internal', 'confidential', 'regulated')),
    attributes  TEXT    NOT NULL, -- a JSON object
    updated_at  INTEGER NOT NULL,
    PRIMARY KEY (type, id)
) STRICT;
CREATE INDEX resources_tenant ON resources (tenant, type, id);

-- A list of {pointer, type, optional, unknown}.
ALTER TABLE tools ADD COLUMN bindings TEXT NOT NULL DEFAULT '[]';
CREATE TRIGGER tools_bindings_updated AFTER UPDATE OF bindings ON tools WHEN OLD.bindings IS NOT NEW.bindings BEGIN
    UPDATE revisions SET value = value + 1 WHERE scope = '';
END;

-- How far a file was brought in; written in the transaction that brought the lines before `position` in.
CREATE TABLE resource_imports (
    id         TEXT    NOT NULL PRIMARY KEY,
    digest     TEXT    NOT NULL CHECK (length(digest) = 64), -- SHA-256 of the file
    format     TEXT    NOT NULL CHECK (format IN ('csv', 'jsonl')),
    tenant     TEXT,                                          -- NULL: each line says its own
    size       INTEGER NOT NULL CHECK (size >= 0),            -- bytes
    position   INTEGER NOT NULL CHECK (position >= 0),        -- the byte to go on at
    line       INTEGER NOT NULL CHECK (line >= 0),            -- the line to go on after
    created    INTEGER NOT NULL,
    changed    INTEGER NOT NULL,
    unchanged  INTEGER NOT NULL,
    refused    INTEGER NOT NULL,
    problems   TEXT    NOT NULL, -- JSON: the first refused lines, each with why
    state      TEXT    NOT NULL CHECK (state IN ('running', 'finished', 'stopped')),
    started_at INTEGER NOT NULL,
    updated_at INTEGER NOT NULL,
    "by"       TEXT    NOT NULL
) STRICT;
CREATE INDEX resource_imports_digest ON resource_imports (digest, id);
