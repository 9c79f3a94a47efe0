-- Keys that sign what is handed out about requests for approval, and which submissions were made under which
-- `Idempotency-Key`. The private half of a key is a secret of the vault, and goes when the key signs no longer.

CREATE TABLE signing_keys (
    kid            TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (length(kid) = 43), -- the public key's thumbprint (RFC 7638)
    public         TEXT COLLATE "C" NOT NULL CHECK (length(public) = 43),          -- Ed25519, base64url (RFC 8037, `x`)
    created_at     BIGINT NOT NULL,
    retired_at     BIGINT,                                               -- NULL: it signs
    verifies_until BIGINT,                                               -- NULL while it signs
    CHECK ((retired_at IS NULL) = (verifies_until IS NULL))
);
-- One signs at a time.
CREATE UNIQUE INDEX signing_keys_one ON signing_keys ((retired_at IS NULL)) WHERE retired_at IS NULL;

CREATE TABLE access_submissions (
    credential  TEXT COLLATE "C" NOT NULL REFERENCES credentials (id) ON DELETE CASCADE,
    idempotency TEXT COLLATE "C" NOT NULL CHECK (length(idempotency) = 64), -- SHA-256 of the key that came
    body        TEXT COLLATE "C" NOT NULL CHECK (length(body) = 64),        -- SHA-256 of what was submitted
    until       BIGINT NOT NULL,
    PRIMARY KEY (credential, idempotency)
);
CREATE INDEX access_submissions_until ON access_submissions (until);
