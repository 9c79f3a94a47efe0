-- Emergencies: stop switches, and calls that are allowed for some minutes against the rules. Both are compiled into
-- policy, so the triggers below count its revision up. No references: they outlive what they name.

CREATE TABLE stop_switches (
    id        TEXT COLLATE "C" NOT NULL PRIMARY KEY, -- UUIDv7
    scope     TEXT COLLATE "C" NOT NULL CHECK (scope IN ('everything', 'tenant', 'subject', 'agent', 'server', 'tool')),
    target    TEXT COLLATE "C" NOT NULL, -- a subject's id, a server's slug, `server/tool`; '' where the scope says it all
    tenant    TEXT COLLATE "C",             -- NULL: in every tenant
    reason    TEXT COLLATE "C" NOT NULL,
    at        BIGINT NOT NULL,
    "by"      TEXT COLLATE "C" NOT NULL,
    lifted_at BIGINT,
    lifted_by TEXT COLLATE "C",
    CHECK ((scope = 'everything') <= (tenant IS NULL AND target = '')),
    CHECK ((scope = 'tenant') <= (tenant IS NOT NULL AND target = '')),
    CHECK ((lifted_at IS NULL) = (lifted_by IS NULL))
);
-- The same stop stands once.
CREATE UNIQUE INDEX stop_switches_active ON stop_switches (coalesce(tenant, ''), scope, target) WHERE lifted_at IS NULL;

CREATE TABLE break_glass (
    id                TEXT COLLATE "C" NOT NULL PRIMARY KEY, -- UUIDv7
    tenant            TEXT COLLATE "C" NOT NULL,
    subject           TEXT COLLATE "C" NOT NULL,
    tools             TEXT COLLATE "C" NOT NULL, -- a pattern `server/name`
    reason            TEXT COLLATE "C" NOT NULL,
    minutes           BIGINT NOT NULL CHECK (minutes BETWEEN 1 AND 15),
    asked_at          BIGINT NOT NULL,
    asked_by          TEXT COLLATE "C" NOT NULL,
    asked_account     TEXT COLLATE "C",             -- NULL: on the host
    needs_second      BIGINT NOT NULL CHECK (needs_second IN (0, 1)),
    confirmed_at      BIGINT,
    confirmed_by      TEXT COLLATE "C",
    confirmed_account TEXT COLLATE "C",             -- NULL: on the host
    until             BIGINT,          -- from here on it allows nothing
    ended_at          BIGINT,          -- taken back, before or after it was confirmed
    ended_by          TEXT COLLATE "C",
    CHECK ((confirmed_at IS NULL) = (until IS NULL)),
    CHECK ((confirmed_at IS NULL) = (confirmed_by IS NULL)),
    CHECK ((ended_at IS NULL) = (ended_by IS NULL)),
    CHECK (until IS NULL OR until - confirmed_at <= 900000000)
);
CREATE INDEX break_glass_confirmed ON break_glass (tenant, until) WHERE confirmed_at IS NOT NULL AND ended_at IS NULL;
CREATE INDEX break_glass_asked ON break_glass (asked_at);

CREATE TRIGGER stop_switches_changed AFTER INSERT OR UPDATE OR DELETE ON stop_switches
    FOR EACH ROW EXECUTE FUNCTION revise_tenant_of_row();
CREATE TRIGGER stop_switches_truncated AFTER TRUNCATE ON stop_switches
    FOR EACH STATEMENT EXECUTE FUNCTION revise_everything();
CREATE TRIGGER break_glass_changed AFTER INSERT OR UPDATE OR DELETE ON break_glass
    FOR EACH ROW EXECUTE FUNCTION revise_tenant_of_row();
CREATE TRIGGER break_glass_truncated AFTER TRUNCATE ON break_glass
    FOR EACH STATEMENT EXECUTE FUNCTION revise_everything();
