-- Approvals: requests that a person countersigns one exact call, the votes, and the calls that used them. They are read
-- live with each call that names the same thing, so they move no revision.

CREATE TABLE approvals (
    id               TEXT    NOT NULL PRIMARY KEY, -- UUIDv7
    tenant           TEXT    NOT NULL REFERENCES tenants (slug) ON DELETE CASCADE,
    subject          TEXT    NOT NULL REFERENCES subjects (id) ON DELETE CASCADE,
    actor            TEXT    REFERENCES subjects (id) ON DELETE CASCADE, -- who acts for the subject; NULL: nobody
    credential       TEXT    NOT NULL,
    server           TEXT,
    tool             TEXT,
    action           TEXT    NOT NULL,
    resource_type    TEXT    NOT NULL,
    resource_id      TEXT    NOT NULL,
    task             TEXT,
    definition_hash  TEXT,
    arguments_digest TEXT    NOT NULL CHECK (length(arguments_digest) = 64),
    call             TEXT    NOT NULL CHECK (length(call) = 64),    -- of what a call names: by this it is looked up
    binding          TEXT    NOT NULL CHECK (length(binding) = 64), -- of all that it is bound to
    context          TEXT    NOT NULL, -- a JSON object: the members that the rules read
    arguments        TEXT    NOT NULL, -- canonical JSON, redacted as the tool says
    sealed           INTEGER NOT NULL CHECK (sealed IN (0, 1)), -- whether the whole arguments are kept in the vault
    risk             TEXT,
    sensitivity      TEXT,
    requirements     TEXT    NOT NULL, -- a JSON list: the rules that ask, as they stood
    uses             INTEGER NOT NULL CHECK (uses > 0),
    used             INTEGER NOT NULL CHECK (used BETWEEN 0 AND uses),
    hold_for         INTEGER NOT NULL CHECK (hold_for > 0), -- how long an answer holds
    state            TEXT    NOT NULL
        CHECK (state IN ('pending', 'approved', 'used', 'denied', 'expired', 'cancelled')),
    filed_at         INTEGER NOT NULL,
    filed_by         TEXT    NOT NULL, -- the decision
    expires_at       INTEGER NOT NULL, -- it waits, or stays denied, until then
    attempts         INTEGER NOT NULL CHECK (attempts > 0),
    last_attempt_at  INTEGER NOT NULL,
    decided_at       INTEGER,
    decided_by       TEXT,             -- the person whose vote decided, or who took it back
    reason           TEXT,
    valid_until      INTEGER,          -- an approved one lets no call pass from here on
    look_until       INTEGER NOT NULL  -- calls do not look at it from here on
) STRICT;
-- The live read: what there is of this subject and this very call.
CREATE INDEX approvals_call ON approvals (call, subject, look_until);
-- What is bound to the same waits, or is approved, once.
CREATE UNIQUE INDEX approvals_open ON approvals (binding) WHERE state IN ('pending', 'approved');
CREATE INDEX approvals_waiting ON approvals (expires_at, id) WHERE state = 'pending';
CREATE INDEX approvals_valid ON approvals (valid_until, id) WHERE state = 'approved';
CREATE INDEX approvals_denied ON approvals (binding, expires_at) WHERE state = 'denied';
CREATE INDEX approvals_tenant ON approvals (tenant, id);
CREATE INDEX approvals_subject ON approvals (subject, id);
CREATE INDEX approvals_actor ON approvals (actor) WHERE actor IS NOT NULL;

CREATE TABLE approval_votes (
    approval    TEXT    NOT NULL REFERENCES approvals (id) ON DELETE CASCADE,
    person      TEXT    NOT NULL REFERENCES subjects (id) ON DELETE CASCADE,
    account     TEXT    NOT NULL,
    in_place_of TEXT    REFERENCES subjects (id) ON DELETE CASCADE, -- whose duty it is, where that is another's
    verdict     TEXT    NOT NULL CHECK (verdict IN ('approve', 'deny')),
    reason      TEXT,
    at          INTEGER NOT NULL,
    valid_until INTEGER, -- narrower than the rules say
    uses        INTEGER,
    PRIMARY KEY (approval, person)
) STRICT;
CREATE INDEX approval_votes_person ON approval_votes (person);
CREATE INDEX approval_votes_in_place_of ON approval_votes (in_place_of) WHERE in_place_of IS NOT NULL;

-- The calls that used one.
CREATE TABLE approval_calls (
    decision     TEXT    NOT NULL PRIMARY KEY,
    approval     TEXT    NOT NULL REFERENCES approvals (id) ON DELETE CASCADE,
    at           INTEGER NOT NULL,
    idempotency  TEXT,    -- SHA-256 of the key that came with the call
    delivered_at INTEGER, -- NULL: whether the answer arrived is not known
    reissued_at  INTEGER
) STRICT;
CREATE INDEX approval_calls_approval ON approval_calls (approval, at);

-- One row for each pending request and each rule that asks: so many may wait of one caller.
CREATE TABLE approval_slots (
    rule       TEXT    NOT NULL,
    party      TEXT    NOT NULL, -- who acts, else the subject
    approval   TEXT    NOT NULL REFERENCES approvals (id) ON DELETE CASCADE,
    expires_at INTEGER NOT NULL,
    PRIMARY KEY (rule, party, approval)
) STRICT;
CREATE INDEX approval_slots_approval ON approval_slots (approval);

-- Whom a pending request asks.
CREATE TABLE approval_asks (
    tenant   TEXT    NOT NULL,
    kind     TEXT    NOT NULL CHECK (kind IN ('role', 'subject')),
    name     TEXT    NOT NULL,
    approval TEXT    NOT NULL REFERENCES approvals (id) ON DELETE CASCADE,
    since    INTEGER NOT NULL,
    PRIMARY KEY (tenant, kind, name, approval)
) STRICT;
CREATE INDEX approval_asks_approval ON approval_asks (approval);

-- Once it no longer waits, nobody is asked, and the whole arguments are gone.
CREATE TRIGGER approvals_settled AFTER UPDATE OF state ON approvals
    WHEN OLD.state = 'pending' AND NEW.state <> 'pending' BEGIN
    DELETE FROM approval_slots WHERE approval = NEW.id;
    DELETE FROM approval_asks WHERE approval = NEW.id;
    DELETE FROM vault_secrets WHERE kind = 'approval' AND owner = NEW.id;
END;
CREATE TRIGGER approvals_deleted AFTER DELETE ON approvals BEGIN
    DELETE FROM vault_secrets WHERE kind = 'approval' AND owner = OLD.id;
END;

-- What happened to requests, the newest with the greatest id. Notifications and the inbox follow it.
CREATE TABLE approval_events (
    id       TEXT    NOT NULL PRIMARY KEY, -- UUIDv7
    at       INTEGER NOT NULL,
    approval TEXT    NOT NULL REFERENCES approvals (id) ON DELETE CASCADE,
    tenant   TEXT    NOT NULL,
    kind     TEXT    NOT NULL CHECK (kind IN
        ('requested', 'voted', 'approved', 'denied', 'cancelled', 'expired', 'used', 'reissued')),
    "by"     TEXT                          -- a person
) STRICT;
CREATE INDEX approval_events_approval ON approval_events (approval, id);

-- Who does whose duty while that person is away.
CREATE TABLE substitutes (
    id         TEXT    NOT NULL PRIMARY KEY, -- UUIDv7
    person     TEXT    NOT NULL REFERENCES subjects (id) ON DELETE CASCADE,
    substitute TEXT    NOT NULL REFERENCES subjects (id) ON DELETE CASCADE,
    starts_at  INTEGER NOT NULL,
    ends_at    INTEGER NOT NULL,
    made_at    INTEGER NOT NULL,
    ended_at   INTEGER,                      -- before its time
    CHECK (starts_at < ends_at),
    CHECK (person <> substitute)
) STRICT;
CREATE INDEX substitutes_person ON substitutes (person, id);
CREATE INDEX substitutes_substitute ON substitutes (substitute, ends_at);

-- The person behind a console account; without one it approves nothing.
ALTER TABLE accounts ADD COLUMN subject TEXT REFERENCES subjects (id) ON DELETE SET NULL;
CREATE INDEX accounts_subject ON accounts (subject) WHERE subject IS NOT NULL;
