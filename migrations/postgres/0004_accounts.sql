-- What keeps strangers from an account, and its owner from being kept out: a version of the password, which a
-- sign-in under way must still find when its session is made, and the browsers that signed in before.

ALTER TABLE accounts ADD COLUMN password_version BIGINT NOT NULL DEFAULT 1;

CREATE TABLE devices (
    digest     BYTEA   NOT NULL PRIMARY KEY, -- SHA-256 of the token in the cookie, the token itself is nowhere
    account    TEXT COLLATE "C" NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    created_at BIGINT  NOT NULL,
    used_at    BIGINT  NOT NULL, -- the last sign-in with it
    expires_at BIGINT  NOT NULL
);

CREATE INDEX devices_account ON devices (account, used_at);
CREATE INDEX devices_expires ON devices (expires_at);
