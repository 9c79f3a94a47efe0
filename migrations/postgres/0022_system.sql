-- What the server does by itself comes through a door of its own.
-- The addresses of webhooks are secrets from now on; the server seals those there are when it starts.

ALTER TABLE changes DROP CONSTRAINT changes_via_check;
ALTER TABLE changes ADD CONSTRAINT changes_via_check CHECK (via IN ('cli', 'console', 'api', 'system'));
UPDATE changes SET via = 'system' WHERE via = 'api' AND actor = 'countersign' AND kind = 'approval' AND request_id IS NULL;
UPDATE changes
    SET "before" = jsonb_set("before"::jsonb, '{url}', '"sealed"', false)::text,
        "after" = jsonb_set("after"::jsonb, '{url}', '"sealed"', false)::text
    WHERE kind = 'webhook';

-- The claims of the caller's token that the rules read: an approval is bound to them.
ALTER TABLE approvals ADD COLUMN claims TEXT COLLATE "C" NOT NULL DEFAULT '{}'; -- a JSON object
