-- The record: one chain of decisions for each running instance, its signed checkpoints, and the stubs that
-- retention leaves. Times are microseconds since the Unix epoch, UTC, digests are SHA-256 or HMAC-SHA-256.

CREATE TABLE chains (
    id           TEXT COLLATE "C" NOT NULL PRIMARY KEY, -- UUIDv7
    started_at   BIGINT  NOT NULL,
    seen_at      BIGINT  NOT NULL, -- moved every minute while the instance lives, not signed
    ended_at     BIGINT, -- set at a clean stop, not signed
    instance     TEXT COLLATE "C" NOT NULL,
    version      TEXT COLLATE "C" NOT NULL,
    public_key   BYTEA   NOT NULL, -- Ed25519
    genesis      TEXT COLLATE "C" NOT NULL, -- the signed JSON, byte for byte
    genesis_hash BYTEA   NOT NULL,
    signature    BYTEA   NOT NULL
);

CREATE INDEX chains_open ON chains (seen_at) WHERE ended_at IS NULL;

CREATE TABLE decisions (
    id               TEXT COLLATE "C" NOT NULL PRIMARY KEY, -- UUIDv7: the newest is the greatest
    chain            TEXT COLLATE "C" NOT NULL,
    seq              BIGINT  NOT NULL, -- 1, 2, 3 … without a gap
    at               BIGINT  NOT NULL,
    tenant           TEXT COLLATE "C",
    subject          TEXT COLLATE "C",
    credential       TEXT COLLATE "C",
    server           TEXT COLLATE "C",
    tool             TEXT COLLATE "C",
    action           TEXT COLLATE "C" NOT NULL,
    outcome          TEXT COLLATE "C" NOT NULL CHECK (outcome IN ('allow', 'deny')),
    reason           TEXT COLLATE "C" NOT NULL,
    body             TEXT COLLATE "C" NOT NULL, -- JSON: all that was evaluated, and the decision
    arguments        TEXT COLLATE "C", -- canonical JSON, redacted, retention may take it away
    arguments_digest BYTEA,
    hash             BYTEA   NOT NULL,
    UNIQUE (chain, seq)
);

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
    chain      TEXT COLLATE "C" NOT NULL,
    seq        BIGINT  NOT NULL,
    at         BIGINT  NOT NULL,
    hash       BYTEA   NOT NULL,
    body       TEXT COLLATE "C" NOT NULL, -- the signed JSON, byte for byte, names the heads of all live chains
    public_key BYTEA   NOT NULL,
    signature  BYTEA   NOT NULL,
    PRIMARY KEY (chain, seq)
);

-- What stands in for the leading part of a chain that retention removed.
CREATE TABLE stubs (
    chain      TEXT COLLATE "C" NOT NULL PRIMARY KEY,
    up_to      BIGINT  NOT NULL, -- the last removed seq
    hash       BYTEA   NOT NULL, -- its hash
    at         BIGINT  NOT NULL,
    pruned_by  TEXT COLLATE "C" NOT NULL,
    body       TEXT COLLATE "C" NOT NULL, -- the signed JSON, byte for byte
    public_key BYTEA   NOT NULL,
    signature  BYTEA   NOT NULL
);
