-- Who is told of approvals: webhooks and mail; and the outbox, so that nothing of it is lost. None of it is policy, so it
-- moves no revision. Secrets are in the vault.

CREATE TABLE webhooks (
    id         TEXT    NOT NULL PRIMARY KEY, -- UUIDv7
    name       TEXT    NOT NULL UNIQUE,
    url        TEXT    NOT NULL CHECK (url <> ''),
    events     TEXT    NOT NULL,             -- JSON, a list of words
    tenant     TEXT    REFERENCES tenants (slug) ON DELETE CASCADE, -- NULL: of every tenant
    active     INTEGER NOT NULL CHECK (active IN (0, 1)),
    created_at INTEGER NOT NULL
) STRICT;
CREATE INDEX webhooks_tenant ON webhooks (tenant);

-- How mail is sent. No row: it is not.
CREATE TABLE mail_settings (
    one      INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    host     TEXT    NOT NULL CHECK (host <> ''),
    port     INTEGER NOT NULL CHECK (port BETWEEN 1 AND 65535),
    security TEXT    NOT NULL CHECK (security IN ('tls', 'starttls', 'none')),
    login    TEXT,                           -- NULL: without signing in
    sender   TEXT    NOT NULL CHECK (sender <> '')
) STRICT;

-- Where mail to an account goes. No row: to its login, where that is an address.
CREATE TABLE account_mail (
    account TEXT NOT NULL PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    address TEXT NOT NULL CHECK (address <> '')
) STRICT;

-- What happened to a request for approval and is yet to be told: put here by the database itself, in the transaction that
-- says so, whoever writes it. Deleted by the one that makes deliveries of it.
CREATE TABLE notification_events (
    event TEXT NOT NULL PRIMARY KEY REFERENCES approval_events (id) ON DELETE CASCADE
) STRICT;
CREATE TRIGGER approval_events_told AFTER INSERT ON approval_events
WHEN NEW.kind IN ('requested', 'approved', 'denied', 'cancelled', 'expired') BEGIN
    INSERT INTO notification_events (event) VALUES (NEW.id);
END;

-- One message to one webhook, or by mail to one account. Whoever counts `attempts` up owns it until `next_at`.
-- Dropped: it was not needed any more.
CREATE TABLE notification_deliveries (
    id         TEXT    NOT NULL PRIMARY KEY, -- UUIDv7
    event      TEXT    NOT NULL,
    kind       TEXT    NOT NULL CHECK (kind IN ('requested', 'decided', 'expired', 'test')),
    approval   TEXT,                         -- NULL: a test
    webhook    TEXT    REFERENCES webhooks (id) ON DELETE CASCADE,
    account    TEXT    REFERENCES accounts (id) ON DELETE CASCADE,
    payload    TEXT    NOT NULL,
    at         INTEGER NOT NULL,             -- when it happened
    state      TEXT    NOT NULL CHECK (state IN ('waiting', 'delivered', 'dropped', 'dead')),
    attempts   INTEGER NOT NULL CHECK (attempts >= 0),
    next_at    INTEGER NOT NULL,
    tried_at   INTEGER,                      -- when the last attempt ended
    error      TEXT,                         -- why it failed
    CHECK ((webhook IS NULL) <> (account IS NULL))
) STRICT;
CREATE UNIQUE INDEX notification_deliveries_to_webhook ON notification_deliveries (webhook, event) WHERE webhook IS NOT NULL;
-- One message about a request to a person, however often it is told of.
CREATE UNIQUE INDEX notification_deliveries_to_account ON notification_deliveries (account, approval)
    WHERE account IS NOT NULL AND approval IS NOT NULL;
CREATE INDEX notification_deliveries_due ON notification_deliveries (next_at) WHERE state = 'waiting';
CREATE INDEX notification_deliveries_dead ON notification_deliveries (id) WHERE state = 'dead';
CREATE INDEX notification_deliveries_tried ON notification_deliveries (webhook, tried_at);
CREATE INDEX notification_deliveries_mailed ON notification_deliveries (account, tried_at);
CREATE INDEX notification_deliveries_over ON notification_deliveries (tried_at) WHERE state <> 'waiting';
