-- Emergencies: stop switches, and calls that are allowed for some minutes against the rules. Both are compiled into
-- policy, so the triggers below count its revision up. No references: they outlive what they name.

CREATE TABLE stop_switches (
    id        TEXT    NOT NULL PRIMARY KEY, -- UUIDv7
    scope     TEXT    NOT NULL CHECK (scope IN ('everything', 'tenant', 'subject', 'agent', 'server', 'tool')),
    target    TEXT    NOT NULL, -- a subject's id, a server's slug, `server/tool`; '' where the scope says it all
    tenant    TEXT,             -- NULL: in every tenant
    reason    TEXT    NOT NULL,
    at        INTEGER NOT NULL,
    "by"      TEXT    NOT NULL,
    lifted_at INTEGER,
    lifted_by TEXT,
    CHECK ((scope = 'everything') <= (tenant IS NULL AND target = '')),
    CHECK ((scope = 'tenant') <= (tenant IS NOT NULL AND target = '')),
    CHECK ((lifted_at IS NULL) = (lifted_by IS NULL))
) STRICT;
-- The same stop stands once.
CREATE UNIQUE INDEX stop_switches_active ON stop_switches (coalesce(tenant, ''), scope, target) WHERE lifted_at IS NULL;

CREATE TABLE break_glass (
    id                TEXT    NOT NULL PRIMARY KEY, -- UUIDv7
    tenant            TEXT    NOT NULL,
    subject           TEXT    NOT NULL,
    tools             TEXT    NOT NULL, -- a pattern `server/name`
    reason            TEXT    NOT NULL,
    minutes           INTEGER NOT NULL CHECK (minutes BETWEEN 1 AND 15),
    asked_at          INTEGER NOT NULL,
    asked_by          TEXT    NOT NULL,
    asked_account     TEXT,             -- NULL: on the host
    needs_second      INTEGER NOT NULL CHECK (needs_second IN (0, 1)),
    confirmed_at      INTEGER,
    confirmed_by      TEXT,
    confirmed_account TEXT,             -- NULL: on the host
    until             INTEGER,          -- from here on it allows nothing
    ended_at          INTEGER,          -- taken back, before or after it was confirmed
    ended_by          TEXT,
    CHECK ((confirmed_at IS NULL) = (until IS NULL)),
    CHECK ((confirmed_at IS NULL) = (confirmed_by IS NULL)),
    CHECK ((ended_at IS NULL) = (ended_by IS NULL)),
    CHECK (until IS NULL OR until - confirmed_at <= 900000000)
) STRICT;
CREATE INDEX break_glass_confirmed ON break_glass (tenant, until) WHERE confirmed_at IS NOT NULL AND ended_at IS NULL;
CREATE INDEX break_glass_asked ON break_glass (asked_at);

-- BEFORE INSERT: an INSERT OR REPLACE may take a row away from another tenant without a word.
CREATE TRIGGER stop_switches_replaced BEFORE INSERT ON stop_switches BEGIN
    UPDATE revisions SET value = value + 1
        WHERE scope IN (SELECT coalesce(tenant, '') FROM stop_switches WHERE id = NEW.id);
END;
CREATE TRIGGER stop_switches_inserted AFTER INSERT ON stop_switches BEGIN
    UPDATE revisions SET value = value + 1 WHERE scope = coalesce(NEW.tenant, '');
END;
CREATE TRIGGER stop_switches_updated AFTER UPDATE ON stop_switches BEGIN
    UPDATE revisions SET value = value + 1 WHERE scope IN (coalesce(OLD.tenant, ''), coalesce(NEW.tenant, ''));
END;
CREATE TRIGGER stop_switches_deleted AFTER DELETE ON stop_switches BEGIN
    UPDATE revisions SET value = value + 1 WHERE scope = coalesce(OLD.tenant, '');
END;

CREATE TRIGGER break_glass_replaced BEFORE INSERT ON break_glass BEGIN
    UPDATE revisions SET value = value + 1 WHERE scope IN (SELECT tenant FROM break_glass WHERE id = NEW.id);
END;
CREATE TRIGGER break_glass_inserted AFTER INSERT ON break_glass BEGIN
    UPDATE revisions SET value = value + 1 WHERE scope = NEW.tenant;
END;
CREATE TRIGGER break_glass_updated AFTER UPDATE ON break_glass BEGIN
    UPDATE revisions SET value = value + 1 WHERE scope IN (OLD.tenant, NEW.tenant);
END;
CREATE TRIGGER break_glass_deleted AFTER DELETE ON break_glass BEGIN
    UPDATE revisions SET value = value + 1 WHERE scope = OLD.tenant;
END;
