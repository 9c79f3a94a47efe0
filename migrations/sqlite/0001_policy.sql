-- Policy and who it is about: tenants, roles, subjects, servers, tools, rules, enforcement credentials, the
-- administrative changes to them, and the revisions that say when compiled rules are stale.
-- Booleans are 0 or 1, moments are microseconds since 1970 (UTC), JSON is text.

-- The version of policy: one counter for what all tenants share (scope '') and one per tenant (its slug).
-- Kept by the triggers below, so that a change made by hand counts as well; never taken back.
CREATE TABLE revisions (
    scope TEXT NOT NULL PRIMARY KEY,
    value INTEGER NOT NULL CHECK (value >= 0)
) WITHOUT ROWID;
INSERT INTO revisions (scope, value) VALUES ('', 1);

CREATE TABLE tenants (
    slug TEXT NOT NULL PRIMARY KEY CHECK (slug <> ''),
    name TEXT NOT NULL,
    active INTEGER NOT NULL CHECK (active IN (0, 1)),
    created_at INTEGER NOT NULL
);

-- tenant NULL: a role of every tenant.
CREATE TABLE roles (
    id TEXT NOT NULL PRIMARY KEY,
    tenant TEXT REFERENCES tenants (slug) ON DELETE CASCADE,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    UNIQUE (tenant, name)
);
CREATE UNIQUE INDEX roles_global_name ON roles (name) WHERE tenant IS NULL;

CREATE TABLE subjects (
    id TEXT NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL CHECK (kind IN ('user', 'agent', 'service')),
    name TEXT NOT NULL,
    active INTEGER NOT NULL CHECK (active IN (0, 1)),
    attributes TEXT NOT NULL,
    created_at INTEGER NOT NULL
);

CREATE TABLE identities (
    issuer TEXT NOT NULL,
    sub TEXT NOT NULL,
    subject TEXT NOT NULL REFERENCES subjects (id) ON DELETE CASCADE,
    PRIMARY KEY (issuer, sub)
);
CREATE INDEX identities_subject ON identities (subject);

CREATE TABLE memberships (
    subject TEXT NOT NULL REFERENCES subjects (id) ON DELETE CASCADE,
    tenant TEXT NOT NULL REFERENCES tenants (slug) ON DELETE CASCADE,
    until INTEGER,
    PRIMARY KEY (subject, tenant)
);
CREATE INDEX memberships_tenant ON memberships (tenant, subject);

CREATE TABLE membership_roles (
    subject TEXT NOT NULL,
    tenant TEXT NOT NULL,
    role TEXT NOT NULL REFERENCES roles (id) ON DELETE CASCADE,
    PRIMARY KEY (subject, tenant, role),
    FOREIGN KEY (subject, tenant) REFERENCES memberships (subject, tenant) ON DELETE CASCADE
);
CREATE INDEX membership_roles_role ON membership_roles (role);

-- The callers' own keys; a digest is the SHA-256 of the key, in hexadecimal.
CREATE TABLE api_keys (
    id TEXT NOT NULL PRIMARY KEY,
    subject TEXT NOT NULL REFERENCES subjects (id) ON DELETE CASCADE,
    name TEXT NOT NULL,
    digest TEXT NOT NULL UNIQUE CHECK (length(digest) = 64),
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    last_used_at INTEGER,
    UNIQUE (subject, name)
);

CREATE TABLE servers (
    slug TEXT NOT NULL PRIMARY KEY CHECK (slug <> ''),
    name TEXT NOT NULL,
    url TEXT NOT NULL,
    enabled INTEGER NOT NULL CHECK (enabled IN (0, 1)),
    check_arguments INTEGER NOT NULL CHECK (check_arguments IN (0, 1)),
    audiences TEXT NOT NULL,
    created_at INTEGER NOT NULL
);

CREATE TABLE server_tenants (
    server TEXT NOT NULL REFERENCES servers (slug) ON DELETE CASCADE,
    tenant TEXT NOT NULL REFERENCES tenants (slug) ON DELETE CASCADE,
    PRIMARY KEY (server, tenant)
);
CREATE INDEX server_tenants_tenant ON server_tenants (tenant, server);

-- definition: the tool object as it was when a person reviewed it; offered: as the server lists it now.
CREATE TABLE tools (
    id TEXT NOT NULL PRIMARY KEY,
    server TEXT NOT NULL REFERENCES servers (slug) ON DELETE CASCADE,
    name TEXT NOT NULL,
    review TEXT NOT NULL CHECK (review IN ('new', 'reviewed', 'changed', 'gone')),
    risk TEXT NOT NULL CHECK (risk IN ('low', 'medium', 'high', 'critical')),
    sensitivity TEXT NOT NULL CHECK (sensitivity IN ('public', 'internal', 'confidential', 'regulated')),
    read_only INTEGER NOT NULL CHECK (read_only IN (0, 1)),
    check_schema INTEGER NOT NULL CHECK (check_schema IN (0, 1)),
    redact TEXT NOT NULL,
    definition TEXT,
    definition_hash TEXT,
    offered TEXT,
    offered_hash TEXT,
    reviewed_at INTEGER,
    reviewed_by TEXT,
    seen_at INTEGER,
    UNIQUE (server, name)
);

-- tenant NULL: a rule of every tenant. The columns beside definition (a rule as JSON) repeat it for lists.
CREATE TABLE rules (
    id TEXT NOT NULL PRIMARY KEY,
    tenant TEXT REFERENCES tenants (slug) ON DELETE CASCADE,
    name TEXT NOT NULL,
    effect TEXT NOT NULL CHECK (effect IN ('allow', 'require_approval', 'deny')),
    status TEXT NOT NULL CHECK (status IN ('enforced', 'shadow', 'disabled')),
    version INTEGER NOT NULL CHECK (version > 0),
    definition TEXT NOT NULL,
    updated_at INTEGER NOT NULL,
    UNIQUE (tenant, name)
);
CREATE UNIQUE INDEX rules_global_name ON rules (name) WHERE tenant IS NULL;

-- Every version a rule ever had. No reference to rules: records name versions of rules that are gone.
CREATE TABLE rule_versions (
    rule TEXT NOT NULL,
    version INTEGER NOT NULL,
    definition TEXT NOT NULL,
    at INTEGER NOT NULL,
    "by" TEXT NOT NULL,
    PRIMARY KEY (rule, version)
);

-- Enforcement credentials. A tenant or server that one is bound to cannot be deleted before it: NULL would
-- mean every tenant, any server.
CREATE TABLE credentials (
    id TEXT NOT NULL PRIMARY KEY,
    name TEXT NOT NULL UNIQUE,
    tenant TEXT REFERENCES tenants (slug) ON DELETE RESTRICT,
    server TEXT REFERENCES servers (slug) ON DELETE RESTRICT,
    trust TEXT NOT NULL CHECK (trust IN ('verify_token', 'assert_subject', 'assert_attributes')),
    arguments TEXT NOT NULL CHECK (arguments IN ('required', 'by_name')),
    responses TEXT NOT NULL CHECK (responses IN ('explained', 'minimal')),
    active INTEGER NOT NULL CHECK (active IN (0, 1)),
    created_at INTEGER NOT NULL
);
CREATE INDEX credentials_tenant ON credentials (tenant);
CREATE INDEX credentials_server ON credentials (server);

CREATE TABLE credential_keys (
    id TEXT NOT NULL PRIMARY KEY,
    credential TEXT NOT NULL REFERENCES credentials (id) ON DELETE CASCADE,
    digest TEXT NOT NULL UNIQUE CHECK (length(digest) = 64),
    created_at INTEGER NOT NULL,
    expires_at INTEGER,
    last_used_at INTEGER
);
CREATE INDEX credential_keys_credential ON credential_keys (credential);

-- Administrative changes, never edited. No references: they outlive what they tell of.
CREATE TABLE changes (
    id TEXT NOT NULL PRIMARY KEY,
    at INTEGER NOT NULL,
    actor TEXT NOT NULL,
    via TEXT NOT NULL CHECK (via IN ('cli', 'console', 'api')),
    request_id TEXT,
    kind TEXT NOT NULL,
    object TEXT NOT NULL,
    tenant TEXT,
    action TEXT NOT NULL CHECK (action IN ('create', 'update', 'delete')),
    "before" TEXT,
    "after" TEXT
);
CREATE INDEX changes_tenant ON changes (tenant, id);
CREATE INDEX changes_object ON changes (kind, object, id);
CREATE INDEX changes_actor ON changes (actor, id);

-- Revisions. Each trigger makes the row where it is missing and then adds one: two plain statements and no
-- UPSERT, because the conflict clause of an outer INSERT OR REPLACE or OR IGNORE would override it.
CREATE TRIGGER revisions_grow BEFORE UPDATE ON revisions
WHEN NEW.value <= OLD.value OR NEW.scope <> OLD.scope
BEGIN
    SELECT RAISE(ABORT, 'a revision only grows');
END;
CREATE TRIGGER revisions_once BEFORE INSERT ON revisions
WHEN EXISTS (SELECT 1 FROM revisions WHERE scope = NEW.scope)
BEGIN
    SELECT RAISE(ABORT, 'a revision only grows');
END;
CREATE TRIGGER revisions_stay BEFORE DELETE ON revisions BEGIN
    SELECT RAISE(ABORT, 'a revision is never deleted');
END;

CREATE TRIGGER tenants_inserted AFTER INSERT ON tenants BEGIN
    INSERT INTO revisions (scope, value) SELECT NEW.slug, 0
        WHERE NOT EXISTS (SELECT 1 FROM revisions WHERE scope = NEW.slug);
    UPDATE revisions SET value = value + 1 WHERE scope = NEW.slug;
END;
CREATE TRIGGER tenants_updated AFTER UPDATE ON tenants BEGIN
    INSERT INTO revisions (scope, value) SELECT NEW.slug, 0
        WHERE NOT EXISTS (SELECT 1 FROM revisions WHERE scope = NEW.slug);
    UPDATE revisions SET value = value + 1 WHERE scope IN (OLD.slug, NEW.slug);
END;
CREATE TRIGGER tenants_deleted AFTER DELETE ON tenants BEGIN
    UPDATE revisions SET value = value + 1 WHERE scope = OLD.slug;
END;

-- BEFORE INSERT: an INSERT OR REPLACE may take a row away from another tenant without a word.
CREATE TRIGGER roles_replaced BEFORE INSERT ON roles BEGIN
    UPDATE revisions SET value = value + 1
        WHERE scope IN (SELECT coalesce(tenant, '') FROM roles WHERE id = NEW.id);
END;
CREATE TRIGGER roles_inserted AFTER INSERT ON roles BEGIN
    UPDATE revisions SET value = value + 1 WHERE scope = coalesce(NEW.tenant, '');
END;
CREATE TRIGGER roles_updated AFTER UPDATE ON roles BEGIN
    UPDATE revisions SET value = value + 1 WHERE scope IN (coalesce(OLD.tenant, ''), coalesce(NEW.tenant, ''));
END;
CREATE TRIGGER roles_deleted AFTER DELETE ON roles BEGIN
    UPDATE revisions SET value = value + 1 WHERE scope = coalesce(OLD.tenant, '');
END;

CREATE TRIGGER rules_replaced BEFORE INSERT ON rules BEGIN
    UPDATE revisions SET value = value + 1
        WHERE scope IN (SELECT coalesce(tenant, '') FROM rules WHERE id = NEW.id);
END;
CREATE TRIGGER rules_inserted AFTER INSERT ON rules BEGIN
    UPDATE revisions SET value = value + 1 WHERE scope = coalesce(NEW.tenant, '');
END;
CREATE TRIGGER rules_updated AFTER UPDATE ON rules BEGIN
    UPDATE revisions SET value = value + 1 WHERE scope IN (coalesce(OLD.tenant, ''), coalesce(NEW.tenant, ''));
END;
CREATE TRIGGER rules_deleted AFTER DELETE ON rules BEGIN
    UPDATE revisions SET value = value + 1 WHERE scope = coalesce(OLD.tenant, '');
END;

CREATE TRIGGER server_tenants_inserted AFTER INSERT ON server_tenants BEGIN
    UPDATE revisions SET value = value + 1 WHERE scope = NEW.tenant;
END;
CREATE TRIGGER server_tenants_updated AFTER UPDATE ON server_tenants BEGIN
    UPDATE revisions SET value = value + 1 WHERE scope IN (OLD.tenant, NEW.tenant);
END;
CREATE TRIGGER server_tenants_deleted AFTER DELETE ON server_tenants BEGIN
    UPDATE revisions SET value = value + 1 WHERE scope = OLD.tenant;
END;

CREATE TRIGGER servers_inserted AFTER INSERT ON servers BEGIN
    UPDATE revisions SET value = value + 1 WHERE scope = '';
END;
CREATE TRIGGER servers_updated AFTER UPDATE ON servers BEGIN
    UPDATE revisions SET value = value + 1 WHERE scope = '';
END;
CREATE TRIGGER servers_deleted AFTER DELETE ON servers BEGIN
    UPDATE revisions SET value = value + 1 WHERE scope = '';
END;

CREATE TRIGGER tools_inserted AFTER INSERT ON tools BEGIN
    UPDATE revisions SET value = value + 1 WHERE scope = '';
END;
-- When a tool was last seen is no policy.
CREATE TRIGGER tools_updated AFTER UPDATE OF id, server, name, review, risk, sensitivity, read_only, check_schema, redact,
    definition, definition_hash ON tools BEGIN
    UPDATE revisions SET value = value + 1 WHERE scope = '';
END;
CREATE TRIGGER tools_deleted AFTER DELETE ON tools BEGIN
    UPDATE revisions SET value = value + 1 WHERE scope = '';
END;
