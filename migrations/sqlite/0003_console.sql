-- Who may use the console: accounts, their sessions, one-time links, and the brake on guessing passwords.

CREATE TABLE accounts (
    id              TEXT    NOT NULL PRIMARY KEY, -- UUIDv7
    login           TEXT    NOT NULL UNIQUE,      -- lower case
    name            TEXT    NOT NULL,
    password_hash   TEXT,                         -- argon2id in PHC form, none: cannot sign in with a password
    role            TEXT    NOT NULL CHECK (role IN ('owner', 'policy_author', 'approver', 'auditor')),
    active          INTEGER NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
    created_at      INTEGER NOT NULL,
    last_sign_in_at INTEGER
) STRICT;

-- One row from the moment the first account exists, it is never removed, so set-up never opens again.
CREATE TABLE console_setup (
    id        INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    closed_at INTEGER NOT NULL,
    account   TEXT    NOT NULL
) STRICT;

CREATE TABLE console_sessions (
    id_digest           BLOB    NOT NULL PRIMARY KEY, -- SHA-256 of the session's id, the id itself is nowhere
    account             TEXT REFERENCES accounts (id) ON DELETE CASCADE,
    data                TEXT    NOT NULL,             -- JSON
    created_at          INTEGER NOT NULL,
    expires_at          INTEGER NOT NULL,             -- idle expiry, moves with use
    absolute_expires_at INTEGER NOT NULL,             -- never moves
    last_seen_at        INTEGER NOT NULL,
    user_agent          TEXT,
    address             TEXT
) STRICT;

CREATE INDEX console_sessions_account ON console_sessions (account);
CREATE INDEX console_sessions_expires ON console_sessions (expires_at);

CREATE TABLE setup_links (
    digest     BLOB    NOT NULL PRIMARY KEY, -- SHA-256 of the secret in the link
    purpose    TEXT    NOT NULL CHECK (purpose IN ('setup', 'recover')),
    account    TEXT REFERENCES accounts (id) ON DELETE CASCADE,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    used_at    INTEGER
) STRICT;

CREATE TABLE sign_in_attempts (
    bucket       TEXT    NOT NULL,
    window_start INTEGER NOT NULL,
    attempts     INTEGER NOT NULL,
    PRIMARY KEY (bucket, window_start)
) STRICT;

CREATE INDEX sign_in_attempts_window ON sign_in_attempts (window_start);
