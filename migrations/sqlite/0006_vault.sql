-- Secrets that must be kept, encrypted; which issuers are asked about opaque tokens; and which proofs were shown.

-- The key that secrets are wrapped by from now on. No row: there never was a secret. The key itself is never here.
CREATE TABLE vault (
    one    INTEGER NOT NULL PRIMARY KEY CHECK (one = 1),
    key_id TEXT    NOT NULL CHECK (length(key_id) = 16)
) STRICT;

-- A secret is sealed by a key of its own, and that one wrapped by the vault's. Both are bound to kind, owner and name.
CREATE TABLE vault_secrets (
    kind       TEXT    NOT NULL,
    owner      TEXT    NOT NULL,
    name       TEXT    NOT NULL,
    key_id     TEXT    NOT NULL CHECK (length(key_id) = 16),
    wrapped    TEXT    NOT NULL,
    sealed     TEXT    NOT NULL,
    changed_at INTEGER NOT NULL,
    PRIMARY KEY (kind, owner, name)
) STRICT;

-- Whether `settings` of an issuer say how it is asked about tokens; so that the one to ask is found by an index.
ALTER TABLE issuers ADD COLUMN introspects INTEGER NOT NULL DEFAULT 0 CHECK (introspects IN (0, 1));
CREATE INDEX issuers_introspects ON issuers (introspects, active, url);

-- Proofs of possession that were shown (RFC 9449, section 11.1), until they are too old to be taken anyway.
CREATE TABLE dpop_proofs (
    thumbprint TEXT    NOT NULL CHECK (length(thumbprint) = 64), -- of the key, SHA-256 in hexadecimal
    jti        TEXT    NOT NULL CHECK (length(jti) = 64),        -- SHA-256 of the proof's own id
    until      INTEGER NOT NULL,
    PRIMARY KEY (thumbprint, jti)
) STRICT;
CREATE INDEX dpop_proofs_until ON dpop_proofs (until);
