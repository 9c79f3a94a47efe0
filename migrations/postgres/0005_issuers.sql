-- Outside identities: whose tokens count, which of them were taken back, and who was seen that nobody is known by.

CREATE TABLE issuers (
    url      TEXT COLLATE "C" NOT NULL PRIMARY KEY CHECK (url <> ''), -- the tokens' `iss`, byte by byte
    name     TEXT COLLATE "C" NOT NULL,
    active   BIGINT  NOT NULL CHECK (active IN (0, 1)),
    settings TEXT COLLATE "C" NOT NULL, -- JSON; nothing that has a column or table of its own
    version  BIGINT  NOT NULL CHECK (version > 0)
);

-- Where the identities of an issuer count.
CREATE TABLE issuer_tenants (
    issuer TEXT COLLATE "C" NOT NULL REFERENCES issuers (url) ON DELETE CASCADE,
    tenant TEXT COLLATE "C" NOT NULL REFERENCES tenants (slug) ON DELETE CASCADE,
    PRIMARY KEY (issuer, tenant)
);
CREATE INDEX issuer_tenants_tenant ON issuer_tenants (tenant, issuer);

-- No reference to issuers: a token that was taken back stays so when its issuer is registered anew.
CREATE TABLE token_revocations (
    issuer TEXT COLLATE "C" NOT NULL,
    jti    TEXT COLLATE "C" NOT NULL,
    at     BIGINT  NOT NULL,
    until  BIGINT  NOT NULL, -- when the token has expired by itself
    "by"   TEXT COLLATE "C" NOT NULL,
    PRIMARY KEY (issuer, jti)
);
CREATE INDEX token_revocations_until ON token_revocations (until);

-- Tokens that were issued up to this moment no longer count for the subject.
ALTER TABLE subjects ADD COLUMN tokens_after BIGINT;

-- Identities of verified tokens that belong to nobody. No references: what was asked for may not exist.
CREATE TABLE unmapped (
    issuer     TEXT COLLATE "C" NOT NULL,
    sub        TEXT COLLATE "C" NOT NULL,
    first_seen BIGINT  NOT NULL,
    last_seen  BIGINT  NOT NULL,
    attempts   BIGINT  NOT NULL CHECK (attempts >= 0),
    tenant     TEXT COLLATE "C", -- this and the next two: of the last attempt
    server     TEXT COLLATE "C",
    tool       TEXT COLLATE "C",
    state      TEXT COLLATE "C" NOT NULL CHECK (state IN ('seen', 'blocked')),
    PRIMARY KEY (issuer, sub)
);
CREATE INDEX unmapped_state ON unmapped (state, last_seen);

CREATE TRIGGER issuers_changed AFTER INSERT OR UPDATE OR DELETE ON issuers
    FOR EACH ROW EXECUTE FUNCTION revise_common();
CREATE TRIGGER issuers_truncated AFTER TRUNCATE ON issuers
    FOR EACH STATEMENT EXECUTE FUNCTION revise_everything();
CREATE TRIGGER issuer_tenants_changed AFTER INSERT OR UPDATE OR DELETE ON issuer_tenants
    FOR EACH ROW EXECUTE FUNCTION revise_common();
CREATE TRIGGER issuer_tenants_truncated AFTER TRUNCATE ON issuer_tenants
    FOR EACH STATEMENT EXECUTE FUNCTION revise_everything();
