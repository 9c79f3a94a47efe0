-- Passkeys (Web Authentication): public keys of accounts, and the ceremonies with them that are under way.

-- 1: the password alone opens no session of this account; it takes one of its passkeys as well.
ALTER TABLE accounts ADD COLUMN passkey_required BIGINT NOT NULL DEFAULT 0 CHECK (passkey_required IN (0, 1));

-- 1: using the link also removes the account's passkeys.
ALTER TABLE setup_links ADD COLUMN forgets_passkeys BIGINT NOT NULL DEFAULT 0 CHECK (forgets_passkeys IN (0, 1));

CREATE TABLE passkeys (
    id            TEXT COLLATE "C" NOT NULL PRIMARY KEY, -- UUIDv7
    account       TEXT COLLATE "C" NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    name          TEXT COLLATE "C" NOT NULL,
    credential_id BYTEA   NOT NULL UNIQUE,      -- by which an authenticator names it, in the whole console
    credential    TEXT COLLATE "C" NOT NULL,             -- JSON: the public key and what belongs to it, nothing secret
    counter       BIGINT NOT NULL CHECK (counter >= 0),
    created_at    BIGINT NOT NULL,
    last_used_at  BIGINT
);

CREATE INDEX passkeys_account ON passkeys (account);

-- A ceremony that was begun; used up by the answer, whatever that is.
CREATE TABLE passkey_ceremonies (
    digest     BYTEA   NOT NULL PRIMARY KEY, -- SHA-256 of the secret in the browser's cookie
    purpose    TEXT COLLATE "C" NOT NULL CHECK (purpose IN ('add', 'sign_in', 'second_factor', 'prove')),
    account    TEXT COLLATE "C" REFERENCES accounts (id) ON DELETE CASCADE, -- none: whoever signs in is not known yet
    session    BYTEA,                        -- digest of the session that began it, of whoever is signed in
    data       TEXT COLLATE "C" NOT NULL,             -- JSON: what is asked of the browser, and what its answer is held against
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL
);

CREATE INDEX passkey_ceremonies_account ON passkey_ceremonies (account, created_at);
CREATE INDEX passkey_ceremonies_expires ON passkey_ceremonies (expires_at);
