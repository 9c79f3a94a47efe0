-- Approvals: requests that a person countersigns one exact call, the votes, and the calls that used them. They are read
-- live with each call that names the same thing, so they move no revision.

CREATE TABLE approvals (
    id               TEXT COLLATE "C"    NOT NULL PRIMARY KEY, -- UUIDv7
    tenant           TEXT COLLATE "C"    NOT NULL REFERENCES tenants (slug) ON DELETE CASCADE,
    subject          TEXT COLLATE "C"    NOT NULL REFERENCES subjects (id) ON DELETE CASCADE,
    actor            TEXT COLLATE "C"    REFERENCES subjects (id) ON DELETE CASCADE, -- who acts for the subject; NULL: nobody
    credential       TEXT COLLATE "C"    NOT NULL,
    server           TEXT COLLATE "C",
    tool             TEXT COLLATE "C",
    action           TEXT COLLATE "C"    NOT NULL,
    resource_type    TEXT COLLATE "C"    NOT NULL,
    resource_id      TEXT COLLATE "C"    NOT NULL,
    task             TEXT COLLATE "C",
    definition_hash  TEXT COLLATE "C",
    arguments_digest TEXT COLLATE "C"    NOT NULL CHECK (length(arguments_digest) = 64),
    call             TEXT COLLATE "C"    NOT NULL CHECK (length(call) = 64),    -- of what a call names: by this it is looked up
    binding          TEXT COLLATE "C"    NOT NULL CHECK (length(binding) = 64), -- of all that it is bound to
    context          TEXT COLLATE "C"    NOT NULL, -- a JSON object: the members that the rules read
    arguments        TEXT COLLATE "C"    NOT NULL, -- canonical JSON, redacted as the tool says
    sealed           BIGINT NOT NULL CHECK (sealed IN (0, 1)), -- whether the whole arguments are kept in the vault
    risk             TEXT COLLATE "C",
    sensitivity      TEXT COLLATE "C",
    requirements     TEXT COLLATE "C"    NOT NULL, -- a JSON list: the rules that ask, as they stood
    uses             BIGINT NOT NULL CHECK (uses > 0),
    used             BIGINT NOT NULL CHECK (used BETWEEN 0 AND uses),
    hold_for         BIGINT NOT NULL CHECK (hold_for > 0), -- how long an answer holds
    state            TEXT COLLATE "C"    NOT NULL
        CHECK (state IN ('pending', 'approved', 'used', 'denied', 'expired', 'cancelled')),
    filed_at         BIGINT NOT NULL,
    filed_by         TEXT COLLATE "C"    NOT NULL, -- the decision
    expires_at       BIGINT NOT NULL, -- it waits, or stays denied, until then
    attempts         BIGINT NOT NULL CHECK (attempts > 0),
    last_attempt_at  BIGINT NOT NULL,
    decided_at       BIGINT,
    decided_by       TEXT COLLATE "C",             -- the person whose vote decided, or who took it back
    reason           TEXT COLLATE "C",
    valid_until      BIGINT,          -- an approved one lets no call pass from here on
    look_until       BIGINT NOT NULL  -- calls do not look at it from here on
);
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
    approval    TEXT COLLATE "C"    NOT NULL REFERENCES approvals (id) ON DELETE CASCADE,
    person      TEXT COLLATE "C"    NOT NULL REFERENCES subjects (id) ON DELETE CASCADE,
    account     TEXT COLLATE "C"    NOT NULL,
    in_place_of TEXT COLLATE "C"    REFERENCES subjects (id) ON DELETE CASCADE, -- whose duty it is, where that is another's
    verdict     TEXT COLLATE "C"    NOT NULL CHECK (verdict IN ('approve', 'deny')),
    reason      TEXT COLLATE "C",
    at          BIGINT NOT NULL,
    valid_until BIGINT, -- narrower than the rules say
    uses        BIGINT,
    PRIMARY KEY (approval, person)
);
CREATE INDEX approval_votes_person ON approval_votes (person);
CREATE INDEX approval_votes_in_place_of ON approval_votes (in_place_of) WHERE in_place_of IS NOT NULL;

-- The calls that used one.
CREATE TABLE approval_calls (
    decision     TEXT COLLATE "C"    NOT NULL PRIMARY KEY,
    approval     TEXT COLLATE "C"    NOT NULL REFERENCES approvals (id) ON DELETE CASCADE,
    at           BIGINT NOT NULL,
    idempotency  TEXT COLLATE "C",    -- SHA-256 of the key that came with the call
    delivered_at BIGINT, -- NULL: whether the answer arrived is not known
    reissued_at  BIGINT
);
CREATE INDEX approval_calls_approval ON approval_calls (approval, at);

-- One row for each pending request and each rule that asks: so many may wait of one caller.
CREATE TABLE approval_slots (
    rule       TEXT COLLATE "C"    NOT NULL,
    party      TEXT COLLATE "C"    NOT NULL, -- who acts, else the subject
    approval   TEXT COLLATE "C"    NOT NULL REFERENCES approvals (id) ON DELETE CASCADE,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (rule, party, approval)
);
CREATE INDEX approval_slots_approval ON approval_slots (approval);

-- Whom a pending request asks.
CREATE TABLE approval_asks (
    tenant   TEXT COLLATE "C"    NOT NULL,
    kind     TEXT COLLATE "C"    NOT NULL CHECK (kind IN ('role', 'subject')),
    name     TEXT COLLATE "C"    NOT NULL,
    approval TEXT COLLATE "C"    NOT NULL REFERENCES approvals (id) ON DELETE CASCADE,
    since    BIGINT NOT NULL,
    PRIMARY KEY (tenant, kind, name, approval)
);
CREATE INDEX approval_asks_approval ON approval_asks (approval);

-- Once it no longer waits, nobody is asked, and the whole arguments are gone.
CREATE FUNCTION approval_settled() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    DELETE FROM approval_slots WHERE approval = OLD.id;
    DELETE FROM approval_asks WHERE approval = OLD.id;
    DELETE FROM vault_secrets WHERE kind = 'approval' AND owner = OLD.id;
    RETURN NULL;
END $$;
CREATE TRIGGER approvals_settled AFTER UPDATE OF state ON approvals
    FOR EACH ROW WHEN (OLD.state = 'pending' AND NEW.state <> 'pending') EXECUTE FUNCTION approval_settled();
CREATE TRIGGER approvals_deleted AFTER DELETE ON approvals
    FOR EACH ROW EXECUTE FUNCTION approval_settled();

-- What happened to requests, the newest with the greatest id. Notifications and the inbox follow it.
CREATE TABLE approval_events (
    id       TEXT COLLATE "C"    NOT NULL PRIMARY KEY, -- UUIDv7
    at       BIGINT NOT NULL,
    approval TEXT COLLATE "C"    NOT NULL REFERENCES approvals (id) ON DELETE CASCADE,
    tenant   TEXT COLLATE "C"    NOT NULL,
    kind     TEXT COLLATE "C"    NOT NULL CHECK (kind IN
        ('requested', 'voted', 'approved', 'denied', 'cancelled', 'expired', 'used', 'reissued')),
    "by"     TEXT COLLATE "C"                          -- a person
);
CREATE INDEX approval_events_approval ON approval_events (approval, id);

-- Who does whose duty while that person is away.
CREATE TABLE substitutes (
    id         TEXT COLLATE "C"    NOT NULL PRIMARY KEY, -- UUIDv7
    person     TEXT COLLATE "C"    NOT NULL REFERENCES subjects (id) ON DELETE CASCADE,
    substitute TEXT COLLATE "C"    NOT NULL REFERENCES subjects (id) ON DELETE CASCADE,
    starts_at  BIGINT NOT NULL,
    ends_at    BIGINT NOT NULL,
    made_at    BIGINT NOT NULL,
    ended_at   BIGINT,                      -- before its time
    CHECK (starts_at < ends_at),
    CHECK (person <> substitute)
);
CREATE INDEX substitutes_person ON substitutes (person, id);
CREATE INDEX substitutes_substitute ON substitutes (substitute, ends_at);

-- The person behind a console account; without one it approves nothing.
ALTER TABLE accounts ADD COLUMN subject TEXT COLLATE "C" REFERENCES subjects (id) ON DELETE SET NULL;
CREATE INDEX accounts_subject ON accounts (subject) WHERE subject IS NOT NULL;
