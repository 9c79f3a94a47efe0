-- Sign-in by providers of the operator's own (OpenID Connect): which there are, whom they speak of, and the sign-ins
-- that are under way.

-- Where an account's role comes from. 'mapped': from the groups that a provider told, for as long as that sign-in counts.
ALTER TABLE accounts ADD COLUMN role_source TEXT NOT NULL DEFAULT 'given' CHECK (role_source IN ('given', 'mapped'));

CREATE TABLE sign_in_providers (
    id        TEXT    NOT NULL PRIMARY KEY, -- a slug
    name      TEXT    NOT NULL,
    issuer    TEXT    NOT NULL UNIQUE,
    client_id TEXT    NOT NULL,
    active    INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
    settings  TEXT    NOT NULL              -- JSON
) STRICT;

-- Whom a provider means: never an e-mail address, which may be given to somebody else.
CREATE TABLE account_identities (
    issuer  TEXT NOT NULL,
    sub     TEXT NOT NULL,
    account TEXT NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    PRIMARY KEY (issuer, sub)
) STRICT;

CREATE INDEX account_identities_account ON account_identities (account);

-- A sign-in that was begun; used up by the answer, whatever that is.
CREATE TABLE sign_in_flows (
    state      BLOB    NOT NULL PRIMARY KEY, -- SHA-256 of the state that the provider hands back
    provider   TEXT    NOT NULL REFERENCES sign_in_providers (id) ON DELETE CASCADE,
    expires_at INTEGER NOT NULL
) STRICT;

CREATE INDEX sign_in_flows_expires ON sign_in_flows (expires_at);
CREATE INDEX sign_in_flows_provider ON sign_in_flows (provider);
