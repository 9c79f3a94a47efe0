-- The record: one chain of decisions for each running instance, its signed checkpoints, and the stubs that
-- retention leaves. Times are microseconds since the Unix epoch, UTC, digests are SHA-256 or HMAC-SHA-256.

CREATE TABLE chains (
    id           TEXT    NOT NULL PRIMARY KEY, -- UUIDv7
    started_at   INTEGER NOT NULL,
    seen_at      INTEGER NOT NULL,             -- moved every minute while the instance lives, not signed
    ended_at     INTEGER,                      -- set at a clean stop, not signed
    instance     TEXT    NOT NULL,
    version      TEXT    NOT NULL,
    public_key   BLOB    NOT NULL,             -- Ed25519
    genesis      TEXT    NOT NULL,             -- the signed JSON, byte for byte
    genesis_hash BLOB    NOT NULL,
    signature    BLOB    NOT NULL
) STRICT;

CREATE INDEX chains_open ON chains (seen_at) WHERE ended_at IS NULL;

CREATE TABLE decisions (
    id               TEXT    NOT NULL PRIMARY KEY, -- UUIDv7: the newest is the greatest
    chain            TEXT    NOT NULL,
    seq              INTEGER NOT NULL,             -- 1, 2, 3 … without a gap
    at               INTEGER NOT NULL,
    tenant           TEXT,
    subject          TEXT,
    credential       TEXT,
    server           TEXT,
    tool             TEXT,
    action           TEXT    NOT NULL,
    outcome          TEXT    NOT NULL CHECK (outcome IN ('allow', 'deny')),
    reason           TEXT    NOT NULL,
    body             TEXT    NOT NULL,             -- JSON: all that was evaluated, and the decision
    arguments        TEXT,                         -- canonical JSON, redacted, retention may take it away
    arguments_digest BLOB,
    hash             BLOB    NOT NULL,
    UNIQUE (chain, seq)
) STRICT;

-- Keyset paging by id under each filter of the console. Allows pay for five indexes, the last three cost
-- denials only, and serve the rare reason among a million records.
CREATE INDEX decisions_tenant ON decisions (tenant, id);
CREATE INDEX decisions_subject ON decisions (subject, id);
CREATE INDEX decisions_tool ON decisions (server, tool, id);
CREATE INDEX decisions_credential ON decisions (credential, id);
-- Covers the statistics of Overview, which read nothing but this index.
CREATE INDEX decisions_at ON decisions (at, tenant, outcome, reason, server, tool);
CREATE INDEX decisions_denied ON decisions (id) WHERE outcome = 'deny';
CREATE INDEX decisions_denied_tenant ON decisions (tenant, id) WHERE outcome = 'deny';
CREATE INDEX decisions_denied_reason ON decisions (reason, id) WHERE outcome = 'deny';

CREATE TABLE checkpoints (
    chain      TEXT    NOT NULL,
    seq        INTEGER NOT NULL,
    at         INTEGER NOT NULL,
    hash       BLOB    NOT NULL,
    body       TEXT    NOT NULL, -- the signed JSON, byte for byte, names the heads of all live chains
    public_key BLOB    NOT NULL,
    signature  BLOB    NOT NULL,
    PRIMARY KEY (chain, seq)
) STRICT;

-- What stands in for the leading part of a chain that retention removed.
CREATE TABLE stubs (
    chain      TEXT    NOT NULL PRIMARY KEY,
    up_to      INTEGER NOT NULL, -- the last removed seq
    hash       BLOB    NOT NULL, -- its hash
    at         INTEGER NOT NULL,
    pruned_by  TEXT    NOT NULL,
    body       TEXT    NOT NULL, -- the signed JSON, byte for byte
    public_key BLOB    NOT NULL,
    signature  BLOB    NOT NULL
) STRICT;
