-- What calls touch: registered resources, which arguments of a tool name them, and the files they came from.

-- Read live with each call that names them, so they move no revision. `(type, id)` is one of a kind over all tenants.
CREATE TABLE resources (
    type        TEXT COLLATE "C" NOT NULL CHECK (type <> ''),
    id          TEXT COLLATE "C" NOT NULL CHECK (id <> ''),
    tenant      TEXT COLLATE "C" NOT NULL REFERENCES tenants (slug) ON DELETE CASCADE,
    sensitivity TEXT COLLATE "C" NOT NULL CHECK (sensitivity IN ('public', 'internal', 'confidential', 'regulated')),
    attributes  TEXT COLLATE "C" NOT NULL, -- a JSON object
    updated_at  BIGINT  NOT NULL,
    PRIMARY KEY (type, id)
);
CREATE INDEX resources_tenant ON resources (tenant, type, id);

-- A list of {pointer, type, optional, unknown}.
ALTER TABLE tools ADD COLUMN bindings TEXT COLLATE "C" NOT NULL DEFAULT '[]';
CREATE TRIGGER tools_bindings_updated AFTER UPDATE OF bindings ON tools
    FOR EACH ROW WHEN (OLD.bindings IS DISTINCT FROM NEW.bindings) EXECUTE FUNCTION revise_common();

-- How far a file was brought in; written in the transaction that brought the lines before `position` in.
CREATE TABLE resource_imports (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    digest     TEXT COLLATE "C" NOT NULL CHECK (length(digest) = 64), -- SHA-256 of the file
    format     TEXT COLLATE "C" NOT NULL CHECK (format IN ('csv', 'jsonl')),
    tenant     TEXT COLLATE "C",                            -- NULL: each line says its own
    size       BIGINT  NOT NULL CHECK (size >= 0),          -- bytes
    position   BIGINT  NOT NULL CHECK (position >= 0),      -- the byte to go on at
    line       BIGINT  NOT NULL CHECK (line >= 0),          -- the line to go on after
    created    BIGINT  NOT NULL,
    changed    BIGINT  NOT NULL,
    unchanged  BIGINT  NOT NULL,
    refused    BIGINT  NOT NULL,
    problems   TEXT COLLATE "C" NOT NULL, -- JSON: the first refused lines, each with why
    state      TEXT COLLATE "C" NOT NULL CHECK (state IN ('running', 'finished', 'stopped')),
    started_at BIGINT  NOT NULL,
    updated_at BIGINT  NOT NULL,
    "by"       TEXT COLLATE "C" NOT NULL
);
CREATE INDEX resource_imports_digest ON resource_imports (digest, id);
