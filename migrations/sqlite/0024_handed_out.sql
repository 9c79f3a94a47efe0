-- Ways into accounts that a token handed out. Whoever holds the token may have used the link, so what an owner gives to
-- the account later must not go to whoever that was.

-- Who made the link, as the record calls them, where that was a token. NULL: an owner, or an operator on the host.
ALTER TABLE setup_links ADD COLUMN handed_out_by TEXT;

-- The same of the link by which the account is entered: its invitation, or the one behind which its password was chosen.
ALTER TABLE accounts ADD COLUMN handed_out_by TEXT;

-- Who made the links that are out was not written beside them, so they work no longer.
DELETE FROM setup_links WHERE purpose = 'recover' AND used_at IS NULL;
