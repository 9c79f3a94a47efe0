-- Whether an enforcement key may search: who can do what, within its own tenant and server.

ALTER TABLE credentials ADD COLUMN search TEXT NOT NULL DEFAULT 'none' CHECK (search IN ('none', 'own'));
