-- Who is told of approvals: webhooks and mail; and the outbox, so that nothing of it is lost. None of it is policy, so it
-- moves no revision. Secrets are in the vault.

CREATE TABLE webhooks (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY, -- UUIDv7
    name       TEXT COLLATE "C" NOT NULL UNIQUE,
    url        TEXT COLLATE "C" NOT NULL CHECK (url <> ''),
    events     TEXT COLLATE "C" NOT NULL, -- JSON, a list of words
    tenant     TEXT COLLATE "C" REFERENCES tenants (slug) ON DELETE CASCADE, -- NULL: of every tenant
    active     BIGINT NOT NULL CHECK (active IN (0, 1)),
    created_at BIGINT NOT NULL
);
CREATE INDEX webhooks_tenant ON webhooks (tenant);

-- How mail is sent. No row: it is not.
CREATE TABLE mail_settings (
    one      BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    host     TEXT COLLATE "C" NOT NULL CHECK (host <> ''),
    port     BIGINT NOT NULL CHECK (port BETWEEN 1 AND 65535),
    security TEXT COLLATE "C" NOT NULL CHECK (security IN ('tls', 'starttls', 'none')),
    login    TEXT COLLATE "C", -- NULL: without signing in
    sender   TEXT COLLATE "C" NOT NULL CHECK (sender <> '')
);

-- Where mail to an account goes. No row: to its login, where that is an address.
CREATE TABLE account_mail (
    account TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES accounts (id) ON DELETE CASCADE,
    address TEXT COLLATE "C" NOT NULL CHECK (address <> '')
);

-- What happened to a request for approval and is yet to be told: put here by the database itself, in the transaction that
-- says so, whoever writes it. Deleted by the one that makes deliveries of it.
CREATE TABLE notification_events (
    event TEXT COLLATE "C" NOT NULL PRIMARY KEY REFERENCES approval_events (id) ON DELETE CASCADE
);
CREATE FUNCTION tell_of_approval() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    INSERT INTO notification_events (event) VALUES (NEW.id);
    RETURN NULL;
END $$;
CREATE TRIGGER approval_events_told AFTER INSERT ON approval_events FOR EACH ROW
    WHEN (NEW.kind IN ('requested', 'approved', 'denied', 'cancelled', 'expired')) EXECUTE FUNCTION tell_of_approval();

-- One message to one webhook, or by mail to one account. Whoever counts `attempts` up owns it until `next_at`.
-- Dropped: it was not needed any more.
CREATE TABLE notification_deliveries (
    id         TEXT COLLATE "C" NOT NULL PRIMARY KEY, -- UUIDv7
    event      TEXT COLLATE "C" NOT NULL,
    kind       TEXT COLLATE "C" NOT NULL CHECK (kind IN ('requested', 'decided', 'expired', 'test')),
    approval   TEXT COLLATE "C", -- NULL: a test
    webhook    TEXT COLLATE "C" REFERENCES webhooks (id) ON DELETE CASCADE,
    account    TEXT COLLATE "C" REFERENCES accounts (id) ON DELETE CASCADE,
    payload    TEXT COLLATE "C" NOT NULL,
    at         BIGINT NOT NULL, -- when it happened
    state      TEXT COLLATE "C" NOT NULL CHECK (state IN ('waiting', 'delivered', 'dropped', 'dead')),
    attempts   BIGINT NOT NULL CHECK (attempts >= 0),
    next_at    BIGINT NOT NULL,
    tried_at   BIGINT, -- when the last attempt ended
    error      TEXT COLLATE "C", -- why it failed
    CHECK ((webhook IS NULL) <> (account IS NULL))
);
CREATE UNIQUE INDEX notification_deliveries_to_webhook ON notification_deliveries (webhook, event) WHERE webhook IS NOT NULL;
-- One message about a request to a person, however often it is told of.
CREATE UNIQUE INDEX notification_deliveries_to_account ON notification_deliveries (account, approval)
    WHERE account IS NOT NULL AND approval IS NOT NULL;
CREATE INDEX notification_deliveries_due ON notification_deliveries (next_at) WHERE state = 'waiting';
CREATE INDEX notification_deliveries_dead ON notification_deliveries (id) WHERE state = 'dead';
CREATE INDEX notification_deliveries_tried ON notification_deliveries (webhook, tried_at);
CREATE INDEX notification_deliveries_mailed ON notification_deliveries (account, tried_at);
CREATE INDEX notification_deliveries_over ON notification_deliveries (tried_at) WHERE state <> 'waiting';
