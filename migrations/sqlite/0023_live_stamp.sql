-- One stamp over all that the read of a call rests on and that does not change with calls: who may ask, who calls, where
-- and as what, and every revision. As long as it is what it was, so is the rest, and one small statement says so.
-- A stamp is drawn, not counted: a file that was restored and changed since is never taken for the one before.
-- Tasks, approvals and resources are read anew each time. Postgres has none of this (ADR 0024): there the row would be
-- a lock that all who write wait for.

CREATE TABLE live_stamp (
    id    INTEGER NOT NULL PRIMARY KEY CHECK (id = 1),
    value INTEGER NOT NULL
) STRICT;
INSERT INTO live_stamp (id, value) VALUES (1, random());

CREATE TRIGGER credentials_stamp_inserted AFTER INSERT ON credentials BEGIN
    UPDATE live_stamp SET value = random();
END;
CREATE TRIGGER credentials_stamp_updated AFTER UPDATE OF id, name, tenant, server, trust, arguments, responses, active, search ON credentials BEGIN
    UPDATE live_stamp SET value = random();
END;
CREATE TRIGGER credentials_stamp_deleted AFTER DELETE ON credentials BEGIN
    UPDATE live_stamp SET value = random();
END;

-- When a key was last used says nothing of what it may.
CREATE TRIGGER credential_keys_stamp_inserted AFTER INSERT ON credential_keys BEGIN
    UPDATE live_stamp SET value = random();
END;
CREATE TRIGGER credential_keys_stamp_updated AFTER UPDATE OF id, credential, digest, expires_at ON credential_keys BEGIN
    UPDATE live_stamp SET value = random();
END;
CREATE TRIGGER credential_keys_stamp_deleted AFTER DELETE ON credential_keys BEGIN
    UPDATE live_stamp SET value = random();
END;

CREATE TRIGGER api_keys_stamp_inserted AFTER INSERT ON api_keys BEGIN
    UPDATE live_stamp SET value = random();
END;
CREATE TRIGGER api_keys_stamp_updated AFTER UPDATE OF id, subject, name, digest, expires_at ON api_keys BEGIN
    UPDATE live_stamp SET value = random();
END;
CREATE TRIGGER api_keys_stamp_deleted AFTER DELETE ON api_keys BEGIN
    UPDATE live_stamp SET value = random();
END;

CREATE TRIGGER subjects_stamp_inserted AFTER INSERT ON subjects BEGIN
    UPDATE live_stamp SET value = random();
END;
CREATE TRIGGER subjects_stamp_updated AFTER UPDATE OF id, kind, name, active, attributes, tokens_after ON subjects BEGIN
    UPDATE live_stamp SET value = random();
END;
CREATE TRIGGER subjects_stamp_deleted AFTER DELETE ON subjects BEGIN
    UPDATE live_stamp SET value = random();
END;

CREATE TRIGGER identities_stamp_inserted AFTER INSERT ON identities BEGIN
    UPDATE live_stamp SET value = random();
END;
CREATE TRIGGER identities_stamp_updated AFTER UPDATE OF issuer, sub, subject ON identities BEGIN
    UPDATE live_stamp SET value = random();
END;
CREATE TRIGGER identities_stamp_deleted AFTER DELETE ON identities BEGIN
    UPDATE live_stamp SET value = random();
END;

CREATE TRIGGER memberships_stamp_inserted AFTER INSERT ON memberships BEGIN
    UPDATE live_stamp SET value = random();
END;
CREATE TRIGGER memberships_stamp_updated AFTER UPDATE OF subject, tenant, until ON memberships BEGIN
    UPDATE live_stamp SET value = random();
END;
CREATE TRIGGER memberships_stamp_deleted AFTER DELETE ON memberships BEGIN
    UPDATE live_stamp SET value = random();
END;

CREATE TRIGGER membership_roles_stamp_inserted AFTER INSERT ON membership_roles BEGIN
    UPDATE live_stamp SET value = random();
END;
CREATE TRIGGER membership_roles_stamp_updated AFTER UPDATE OF subject, tenant, role ON membership_roles BEGIN
    UPDATE live_stamp SET value = random();
END;
CREATE TRIGGER membership_roles_stamp_deleted AFTER DELETE ON membership_roles BEGIN
    UPDATE live_stamp SET value = random();
END;

CREATE TRIGGER token_revocations_stamp_inserted AFTER INSERT ON token_revocations BEGIN
    UPDATE live_stamp SET value = random();
END;
CREATE TRIGGER token_revocations_stamp_updated AFTER UPDATE OF issuer, jti ON token_revocations BEGIN
    UPDATE live_stamp SET value = random();
END;
CREATE TRIGGER token_revocations_stamp_deleted AFTER DELETE ON token_revocations BEGIN
    UPDATE live_stamp SET value = random();
END;

CREATE TRIGGER revisions_stamp_inserted AFTER INSERT ON revisions BEGIN
    UPDATE live_stamp SET value = random();
END;
CREATE TRIGGER revisions_stamp_updated AFTER UPDATE OF scope, value ON revisions BEGIN
    UPDATE live_stamp SET value = random();
END;
CREATE TRIGGER revisions_stamp_deleted AFTER DELETE ON revisions BEGIN
    UPDATE live_stamp SET value = random();
END;
