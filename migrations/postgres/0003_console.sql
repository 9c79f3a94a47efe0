-- Who may use the console: accounts, their sessions, one-time links, and the brake on guessing passwords.

CREATE TABLE accounts (
    id              TEXT COLLATE "C" NOT NULL PRIMARY KEY, -- UUIDv7
    login           TEXT COLLATE "C" NOT NULL UNIQUE, -- lower case
    name            TEXT COLLATE "C" NOT NULL,
    password_hash   TEXT COLLATE "C", -- argon2id in PHC form, none: cannot sign in with a password
    role            TEXT COLLATE "C" NOT NULL CHECK (role IN ('owner', 'policy_author', 'approver', 'auditor')),
    active          BIGINT  NOT NULL DEFAULT 1 CHECK (active IN (0, 1)),
    created_at      BIGINT  NOT NULL,
    last_sign_in_at BIGINT
);

-- One row from the moment the first account exists, it is never removed, so set-up never opens again.
CREATE TABLE console_setup (
    id        BIGINT  NOT NULL PRIMARY KEY CHECK (id = 1),
    closed_at BIGINT  NOT NULL,
    account   TEXT COLLATE "C" NOT NULL
);

CREATE TABLE console_sessions (
    id_digest           BYTEA   NOT NULL PRIMARY KEY, -- SHA-256 of the session's id, the id itself is nowhere
    account             TEXT COLLATE "C" REFERENCES accounts (id) ON DELETE CASCADE,
    data                TEXT COLLATE "C" NOT NULL, -- JSON
    created_at          BIGINT  NOT NULL,
    expires_at          BIGINT  NOT NULL, -- idle expiry, moves with use
    absolute_expires_at BIGINT  NOT NULL, -- never moves
    last_seen_at        BIGINT  NOT NULL,
    user_agent          TEXT COLLATE "C",
    address             TEXT COLLATE "C"
);

CREATE INDEX console_sessions_account ON console_sessions (account);
CREATE INDEX console_sessions_expires ON console_sessions (expires_at);

CREATE TABLE setup_links (
    digest     BYTEA   NOT NULL PRIMARY KEY, -- SHA-256 of the secret in the link
    purpose    TEXT COLLATE "C" NOT NULL CHECK (purpose IN ('setup', 'recover')),
    account    TEXT COLLATE "C" REFERENCES accounts (id) ON DELETE CASCADE,
    created_at BIGINT  NOT NULL,
    expires_at BIGINT  NOT NULL,
    used_at    BIGINT
);

CREATE TABLE sign_in_attempts (
    bucket       TEXT COLLATE "C" NOT NULL,
    window_start BIGINT  NOT NULL,
    attempts     BIGINT  NOT NULL,
    PRIMARY KEY (bucket, window_start)
);

CREATE INDEX sign_in_attempts_window ON sign_in_attempts (window_start);
