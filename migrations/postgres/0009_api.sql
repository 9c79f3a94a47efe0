-- Administrator tokens: who may use the administration API, for what, and until when.

CREATE TABLE administrator_tokens (
    id           TEXT COLLATE "C" NOT NULL PRIMARY KEY, -- UUIDv7
    name         TEXT COLLATE "C" NOT NULL UNIQUE,
    digest       TEXT COLLATE "C" NOT NULL UNIQUE,      -- SHA-256 in lower-case hexadecimal, the token itself is nowhere
    account      TEXT COLLATE "C" NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    tenant       TEXT COLLATE "C" REFERENCES tenants (slug) ON DELETE CASCADE, -- none: every tenant
    scopes       TEXT COLLATE "C" NOT NULL,             -- JSON, a list of words
    created_at   BIGINT  NOT NULL,
    expires_at   BIGINT  NOT NULL,
    last_used_at BIGINT
);

CREATE INDEX administrator_tokens_account ON administrator_tokens (account);
CREATE INDEX administrator_tokens_tenant ON administrator_tokens (tenant);
