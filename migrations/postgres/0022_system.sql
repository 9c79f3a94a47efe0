-- What the server does by itself comes through a door of its own.

ALTER TABLE changes DROP CONSTRAINT changes_via_check;
ALTER TABLE changes ADD CONSTRAINT changes_via_check CHECK (via IN ('cli', 'console', 'api', 'system'));
UPDATE changes SET via = 'system' WHERE via = 'api' AND actor = 'countersign' AND kind = 'approval' AND request_id IS NULL;
