-- A row that is moved by its number (`UPDATE OR REPLACE ... SET rowid`) may take another's place, which is gone then without
-- a trigger of its own: SQLite runs those only where a connection says `recursive_triggers`. No column is set by that,
-- so the triggers of 0023 do not see it either. Revisions have no such numbers; roles and issuers move a revision.

CREATE TRIGGER credentials_stamp_moved AFTER UPDATE ON credentials WHEN NEW.rowid <> OLD.rowid BEGIN
    UPDATE live_stamp SET value = random();
END;
CREATE TRIGGER credential_keys_stamp_moved AFTER UPDATE ON credential_keys WHEN NEW.rowid <> OLD.rowid BEGIN
    UPDATE live_stamp SET value = random();
END;
CREATE TRIGGER api_keys_stamp_moved AFTER UPDATE ON api_keys WHEN NEW.rowid <> OLD.rowid BEGIN
    UPDATE live_stamp SET value = random();
END;
CREATE TRIGGER subjects_stamp_moved AFTER UPDATE ON subjects WHEN NEW.rowid <> OLD.rowid BEGIN
    UPDATE live_stamp SET value = random();
END;
CREATE TRIGGER identities_stamp_moved AFTER UPDATE ON identities WHEN NEW.rowid <> OLD.rowid BEGIN
    UPDATE live_stamp SET value = random();
END;
CREATE TRIGGER memberships_stamp_moved AFTER UPDATE ON memberships WHEN NEW.rowid <> OLD.rowid BEGIN
    UPDATE live_stamp SET value = random();
END;
CREATE TRIGGER membership_roles_stamp_moved AFTER UPDATE ON membership_roles WHEN NEW.rowid <> OLD.rowid BEGIN
    UPDATE live_stamp SET value = random();
END;
CREATE TRIGGER token_revocations_stamp_moved AFTER UPDATE ON token_revocations WHEN NEW.rowid <> OLD.rowid BEGIN
    UPDATE live_stamp SET value = random();
END;
