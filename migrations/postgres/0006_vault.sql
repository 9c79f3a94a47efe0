-- Secrets that must be kept, encrypted; which issuers are asked about opaque tokens; and which proofs were shown.

-- The key that secrets are wrapped by from now on. No row: there never was a secret. The key itself is never here.
CREATE TABLE vault (
    one    BIGINT NOT NULL PRIMARY KEY CHECK (one = 1),
    key_id TEXT COLLATE "C" NOT NULL CHECK (length(key_id) = 16)
);

-- A secret is sealed by a key of its own, and that one wrapped by the vault's. Both are bound to kind, owner and name.
CREATE TABLE vault_secrets (
    kind       TEXT COLLATE "C" NOT NULL,
    owner      TEXT COLLATE "C" NOT NULL,
    name       TEXT COLLATE "C" NOT NULL,
    key_id     TEXT COLLATE "C" NOT NULL CHECK (length(key_id) = 16),
    wrapped    TEXT COLLATE "C" NOT NULL,
    sealed     TEXT COLLATE "C" NOT NULL,
    changed_at BIGINT NOT NULL,
    PRIMARY KEY (kind, owner, name)
);

-- Whether `settings` of an issuer say how it is asked about tokens; so that the one to ask is found by an index.
ALTER TABLE issuers ADD COLUMN introspects BIGINT NOT NULL DEFAULT 0 CHECK (introspects IN (0, 1));
CREATE INDEX issuers_introspects ON issuers (introspects, active, url);

-- Proofs of possession that were shown (RFC 9449, section 11.1), until they are too old to be taken anyway.
CREATE TABLE dpop_proofs (
    thumbprint TEXT COLLATE "C" NOT NULL CHECK (length(thumbprint) = 64), -- of the key, SHA-256 in hexadecimal
    jti        TEXT COLLATE "C" NOT NULL CHECK (length(jti) = 64),        -- SHA-256 of the proof's own id
    until      BIGINT NOT NULL,
    PRIMARY KEY (thumbprint, jti)
);
CREATE INDEX dpop_proofs_until ON dpop_proofs (until);
