-- Administrator tokens: who may use the administration API, for what, and until when.

CREATE TABLE administrator_tokens (
    id           TEXT    NOT NULL PRIMARY KEY, -- UUIDv7
    name         TEXT    NOT NULL UNIQUE,
    digest       TEXT    NOT NULL UNIQUE,      -- SHA-256 in lower-case hexadecimal, the token itself is nowhere
    account      TEXT    NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    tenant       TEXT    REFERENCES tenants (slug) ON DELETE CASCADE, -- none: every tenant
    scopes       TEXT    NOT NULL,             -- JSON, a list of words
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    last_used_at INTEGER
) STRICT;

CREATE INDEX administrator_tokens_account ON administrator_tokens (account);
CREATE INDEX administrator_tokens_tenant ON administrator_tokens (tenant);
