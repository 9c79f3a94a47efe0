-- Policy and who it is about: tenants, roles, subjects, servers, tools, rules, enforcement credentials, the
-- administrative changes to them, and the revisions that say when compiled rules are stale.
-- Booleans are 0 or 1, moments are microseconds since 1970 (UTC), JSON is text.

-- The version of policy: one counter for what all tenants share (scope '') and one per tenant (its slug).
-- Kept by the triggers below, so that a change made by hand counts as well; never taken back.
CREATE TABLE revisions (
    scope TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    value BIGINT NOT NULL CHECK (value >= 0)
);
INSERT INTO revisions (scope, value) VALUES ('', 1);

CREATE TABLE tenants (
    slug TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (slug <> ''),
    name TEXT COLLATE "C" NOT NULL,
    active BIGINT NOT NULL CHECK (active IN (0, 1)),
    created_at BIGINT NOT NULL
);

-- tenant NULL: a role of every tenant.
CREATE TABLE roles (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    tenant TEXT COLLATE "C" REFERENCES tenants (slug) ON DELETE CASCADE,
    name TEXT COLLATE "C" NOT NULL,
    description TEXT COLLATE "C" NOT NULL,
    UNIQUE (tenant, name)
);
CREATE UNIQUE INDEX roles_global_name ON roles (name) WHERE tenant IS NULL;

CREATE TABLE subjects (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    kind TEXT COLLATE "C" NOT NULL CHECK (kind IN ('user', 'agent', 'service')),
    name TEXT COLLATE "C" NOT NULL,
    active BIGINT NOT NULL CHECK (active IN (0, 1)),
    attributes TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE identities (
    issuer TEXT COLLATE "C" NOT NULL,
    sub TEXT COLLATE "C" NOT NULL,
    subject TEXT COLLATE "C" NOT NULL REFERENCES subjects (id) ON DELETE CASCADE,
    PRIMARY KEY (issuer, sub)
);
CREATE INDEX identities_subject ON identities (subject);

CREATE TABLE memberships (
    subject TEXT COLLATE "C" NOT NULL REFERENCES subjects (id) ON DELETE CASCADE,
    tenant TEXT COLLATE "C" NOT NULL REFERENCES tenants (slug) ON DELETE CASCADE,
    until BIGINT,
    PRIMARY KEY (subject, tenant)
);
CREATE INDEX memberships_tenant ON memberships (tenant, subject);

CREATE TABLE membership_roles (
    subject TEXT COLLATE "C" NOT NULL,
    tenant TEXT COLLATE "C" NOT NULL,
    role TEXT COLLATE "C" NOT NULL REFERENCES roles (id) ON DELETE CASCADE,
    PRIMARY KEY (subject, tenant, role),
    FOREIGN KEY (subject, tenant) REFERENCES memberships (subject, tenant) ON DELETE CASCADE
);
CREATE INDEX membership_roles_role ON membership_roles (role);

-- The callers' own keys; a digest is the SHA-256 of the key, in hexadecimal.
CREATE TABLE api_keys (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    subject TEXT COLLATE "C" NOT NULL REFERENCES subjects (id) ON DELETE CASCADE,
    name TEXT COLLATE "C" NOT NULL,
    digest TEXT COLLATE "C" NOT NULL UNIQUE CHECK (length(digest) = 64),
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    last_used_at BIGINT,
    UNIQUE (subject, name)
);

CREATE TABLE servers (
    slug TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (slug <> ''),
    name TEXT COLLATE "C" NOT NULL,
    url TEXT COLLATE "C" NOT NULL,
    enabled BIGINT NOT NULL CHECK (enabled IN (0, 1)),
    check_arguments BIGINT NOT NULL CHECK (check_arguments IN (0, 1)),
    audiences TEXT COLLATE "C" NOT NULL,
    created_at BIGINT NOT NULL
);

CREATE TABLE server_tenants (
    server TEXT COLLATE "C" NOT NULL REFERENCES servers (slug) ON DELETE CASCADE,
    tenant TEXT COLLATE "C" NOT NULL REFERENCES tenants (slug) ON DELETE CASCADE,
    PRIMARY KEY (server, tenant)
);
CREATE INDEX server_tenants_tenant ON server_tenants (tenant, server);

-- definition: the tool object as it was when a person reviewed it; offered: as the server lists it now.
CREATE TABLE tools (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    server TEXT COLLATE "C" NOT NULL REFERENCES servers (slug) ON DELETE CASCADE,
    name TEXT COLLATE "C" NOT NULL,
    review TEXT COLLATE "C" NOT NULL CHECK (review IN ('new', 'reviewed', 'changed', 'gone')),
    risk TEXT COLLATE "C" NOT NULL CHECK (risk IN ('low', 'medium', 'high', 'critical')),
    sensitivity TEXT COLLATE "C" NOT NULL CHECK (sensitivity IN ('public', 'internal', 'confidential', 'regulated')),
    read_only BIGINT NOT NULL CHECK (read_only IN (0, 1)),
    check_schema BIGINT NOT NULL CHECK (check_schema IN (0, 1)),
    redact TEXT COLLATE "C" NOT NULL,
    definition TEXT COLLATE "C",
    definition_hash TEXT COLLATE "C",
    offered TEXT COLLATE "C",
    offered_hash TEXT COLLATE "C",
    reviewed_at BIGINT,
    reviewed_by TEXT COLLATE "C",
    seen_at BIGINT,
    UNIQUE (server, name)
);

-- tenant NULL: a rule of every tenant. The columns beside definition (a rule as JSON) repeat it for lists.
CREATE TABLE rules (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    tenant TEXT COLLATE "C" REFERENCES tenants (slug) ON DELETE CASCADE,
    name TEXT COLLATE "C" NOT NULL,
    effect TEXT COLLATE "C" NOT NULL CHECK (effect IN ('allow', 'require_approval', 'deny')),
    status TEXT COLLATE "C" NOT NULL CHECK (status IN ('enforced', 'shadow', 'disabled')),
    version BIGINT NOT NULL CHECK (version > 0),
    definition TEXT COLLATE "C" NOT NULL,
    updated_at BIGINT NOT NULL,
    UNIQUE (tenant, name)
);
CREATE UNIQUE INDEX rules_global_name ON rules (name) WHERE tenant IS NULL;

-- Every version a rule ever had. No reference to rules: records name versions of rules that are gone.
CREATE TABLE rule_versions (
    rule TEXT COLLATE "C" NOT NULL,
    version BIGINT NOT NULL,
    definition TEXT COLLATE "C" NOT NULL,
    at BIGINT NOT NULL,
    "by" TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (rule, version)
);

-- Enforcement credentials. A tenant or server that one is bound to cannot be deleted before it: NULL would
-- mean every tenant, any server.
CREATE TABLE credentials (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    name TEXT COLLATE "C" NOT NULL UNIQUE,
    tenant TEXT COLLATE "C" REFERENCES tenants (slug) ON DELETE RESTRICT,
    server TEXT COLLATE "C" REFERENCES servers (slug) ON DELETE RESTRICT,
    trust TEXT COLLATE "C" NOT NULL CHECK (trust IN ('verify_token', 'assert_subject', 'assert_attributes')),
    arguments TEXT COLLATE "C" NOT NULL CHECK (arguments IN ('required', 'by_name')),
    responses TEXT COLLATE "C" NOT NULL CHECK (responses IN ('explained', 'minimal')),
    active BIGINT NOT NULL CHECK (active IN (0, 1)),
    created_at BIGINT NOT NULL
);
CREATE INDEX credentials_tenant ON credentials (tenant);
CREATE INDEX credentials_server ON credentials (server);

CREATE TABLE credential_keys (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    credential TEXT COLLATE "C" NOT NULL REFERENCES credentials (id) ON DELETE CASCADE,
    digest TEXT COLLATE "C" NOT NULL UNIQUE CHECK (length(digest) = 64),
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    last_used_at BIGINT
);
CREATE INDEX credential_keys_credential ON credential_keys (credential);

-- Administrative changes, never edited. No references: they outlive what they tell of.
CREATE TABLE changes (
    id TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    actor TEXT COLLATE "C" NOT NULL,
    via TEXT COLLATE "C" NOT NULL CHECK (via IN ('cli', 'console', 'api')),
    request_id TEXT COLLATE "C",
    kind TEXT COLLATE "C" NOT NULL,
    object TEXT COLLATE "C" NOT NULL,
    tenant TEXT COLLATE "C",
    action TEXT COLLATE "C" NOT NULL CHECK (action IN ('create', 'update', 'delete')),
    "before" TEXT COLLATE "C",
    "after" TEXT COLLATE "C"
);
CREATE INDEX changes_tenant ON changes (tenant, id);
CREATE INDEX changes_object ON changes (kind, object, id);
CREATE INDEX changes_actor ON changes (actor, id);

-- Revisions.
CREATE FUNCTION add_to_revision(which TEXT) RETURNS void LANGUAGE sql AS $$
    INSERT INTO revisions AS r (scope, value) VALUES (which, 1)
    ON CONFLICT (scope) DO UPDATE SET value = r.value + 1
$$;

CREATE FUNCTION guard_revision() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' THEN
        IF NEW.value > OLD.value AND NEW.scope = OLD.scope THEN
            RETURN NEW;
        END IF;
    END IF;
    RAISE EXCEPTION 'a revision only grows';
END
$$;
CREATE TRIGGER revisions_grow BEFORE UPDATE OR DELETE ON revisions
    FOR EACH ROW EXECUTE FUNCTION guard_revision();
CREATE TRIGGER revisions_truncated BEFORE TRUNCATE ON revisions
    FOR EACH STATEMENT EXECUTE FUNCTION guard_revision();

-- For tables with a column `tenant`: its scope, or the common one where it is NULL; both where a row moves.
CREATE FUNCTION revise_tenant_of_row() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM add_to_revision(coalesce(NEW.tenant, ''));
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM add_to_revision(coalesce(OLD.tenant, ''));
    ELSE
        PERFORM add_to_revision(coalesce(OLD.tenant, ''));
        IF NEW.tenant IS DISTINCT FROM OLD.tenant THEN
            PERFORM add_to_revision(coalesce(NEW.tenant, ''));
        END IF;
    END IF;
    RETURN NULL;
END
$$;
CREATE FUNCTION revise_tenant() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN
        PERFORM add_to_revision(NEW.slug);
    ELSIF TG_OP = 'DELETE' THEN
        PERFORM add_to_revision(OLD.slug);
    ELSE
        PERFORM add_to_revision(OLD.slug);
        IF NEW.slug <> OLD.slug THEN
            PERFORM add_to_revision(NEW.slug);
        END IF;
    END IF;
    RETURN NULL;
END
$$;
CREATE FUNCTION revise_common() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM add_to_revision('');
    RETURN NULL;
END
$$;
-- TRUNCATE says nothing of the rows: every scope counts as changed.
CREATE FUNCTION revise_everything() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE revisions SET value = value + 1;
    RETURN NULL;
END
$$;

CREATE TRIGGER tenants_changed AFTER INSERT OR UPDATE OR DELETE ON tenants
    FOR EACH ROW EXECUTE FUNCTION revise_tenant();
CREATE TRIGGER tenants_truncated AFTER TRUNCATE ON tenants
    FOR EACH STATEMENT EXECUTE FUNCTION revise_everything();
CREATE TRIGGER roles_changed AFTER INSERT OR UPDATE OR DELETE ON roles
    FOR EACH ROW EXECUTE FUNCTION revise_tenant_of_row();
CREATE TRIGGER roles_truncated AFTER TRUNCATE ON roles
    FOR EACH STATEMENT EXECUTE FUNCTION revise_everything();
CREATE TRIGGER rules_changed AFTER INSERT OR UPDATE OR DELETE ON rules
    FOR EACH ROW EXECUTE FUNCTION revise_tenant_of_row();
CREATE TRIGGER rules_truncated AFTER TRUNCATE ON rules
    FOR EACH STATEMENT EXECUTE FUNCTION revise_everything();
CREATE TRIGGER server_tenants_changed AFTER INSERT OR UPDATE OR DELETE ON server_tenants
    FOR EACH ROW EXECUTE FUNCTION revise_tenant_of_row();
CREATE TRIGGER server_tenants_truncated AFTER TRUNCATE ON server_tenants
    FOR EACH STATEMENT EXECUTE FUNCTION revise_everything();
CREATE TRIGGER servers_changed AFTER INSERT OR UPDATE OR DELETE ON servers
    FOR EACH ROW EXECUTE FUNCTION revise_common();
CREATE TRIGGER servers_truncated AFTER TRUNCATE ON servers
    FOR EACH STATEMENT EXECUTE FUNCTION revise_everything();
-- When a tool was last seen is no policy.
CREATE TRIGGER tools_changed AFTER INSERT OR DELETE OR UPDATE OF id, server, name, review, risk, sensitivity, read_only,
    check_schema, redact, definition, definition_hash ON tools
    FOR EACH ROW EXECUTE FUNCTION revise_common();
CREATE TRIGGER tools_truncated AFTER TRUNCATE ON tools
    FOR EACH STATEMENT EXECUTE FUNCTION revise_everything();
