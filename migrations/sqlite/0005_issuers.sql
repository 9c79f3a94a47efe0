-- Outside identities: whose tokens count, which of them were taken back, and who was seen that nobody is known by.

CREATE TABLE issuers (
    url      TEXT    NOT NULL PRIMARY KEY CHECK (url <> ''), -- the tokens' `iss`, byte by byte
    name     TEXT    NOT NULL,
    active   INTEGER NOT NULL CHECK (active IN (0, 1)),
    settings TEXT    NOT NULL,                               -- JSON; nothing that has a column or table of its own
    version  INTEGER NOT NULL CHECK (version > 0)
) STRICT;

-- Where the identities of an issuer count.
CREATE TABLE issuer_tenants (
    issuer TEXT NOT NULL REFERENCES issuers (url) ON DELETE CASCADE,
    tenant TEXT NOT NULL REFERENCES tenants (slug) ON DELETE CASCADE,
    PRIMARY KEY (issuer, tenant)
) STRICT;
CREATE INDEX issuer_tenants_tenant ON issuer_tenants (tenant, issuer);

-- No reference to issuers: a token that was taken back stays so when its issuer is registered anew.
CREATE TABLE token_revocations (
    issuer TEXT    NOT NULL,
    jti    TEXT    NOT NULL,
    at     INTEGER NOT NULL,
    until  INTEGER NOT NULL, -- when the token has expired by itself
    "by"   TEXT    NOT NULL,
    PRIMARY KEY (issuer, jti)
) STRICT;
CREATE INDEX token_revocations_until ON token_revocations (until);

-- Tokens that were issued up to this moment no longer count for the subject.
ALTER TABLE subjects ADD COLUMN tokens_after INTEGER;

-- Identities of verified tokens that belong to nobody. No references: what was asked for may not exist.
CREATE TABLE unmapped (
    issuer     TEXT    NOT NULL,
    sub        TEXT    NOT NULL,
    first_seen INTEGER NOT NULL,
    last_seen  INTEGER NOT NULL,
    attempts   INTEGER NOT NULL CHECK (attempts >= 0),
    tenant     TEXT, -- this and the next two: of the last attempt
    server     TEXT,
    tool       TEXT,
    state      TEXT    NOT NULL CHECK (state IN ('seen', 'blocked')),
    PRIMARY KEY (issuer, sub)
) STRICT;
CREATE INDEX unmapped_state ON unmapped (state, last_seen);

CREATE TRIGGER issuers_inserted AFTER INSERT ON issuers BEGIN
    UPDATE revisions SET value = value + 1 WHERE scope = '';
END;
CREATE TRIGGER issuers_updated AFTER UPDATE ON issuers BEGIN
    UPDATE revisions SET value = value + 1 WHERE scope = '';
END;
CREATE TRIGGER issuers_deleted AFTER DELETE ON issuers BEGIN
    UPDATE revisions SET value = value + 1 WHERE scope = '';
END;

CREATE TRIGGER issuer_tenants_inserted AFTER INSERT ON issuer_tenants BEGIN
    UPDATE revisions SET value = value + 1 WHERE scope = '';
END;
CREATE TRIGGER issuer_tenants_updated AFTER UPDATE ON issuer_tenants BEGIN
    UPDATE revisions SET value = value + 1 WHERE scope = '';
END;
CREATE TRIGGER issuer_tenants_deleted AFTER DELETE ON issuer_tenants BEGIN
    UPDATE revisions SET value = value + 1 WHERE scope = '';
END;
