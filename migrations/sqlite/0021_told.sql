-- What a provider told goes when a sign-in no longer proves it.

-- 'lapsed': a provider told of the role once, and its last word gives none. Until it tells of one again, the account has
-- none. A CHECK cannot be changed, so the column is made anew.
ALTER TABLE accounts ADD COLUMN role_origin TEXT NOT NULL DEFAULT 'given' CHECK (role_origin IN ('given', 'mapped', 'lapsed'));
UPDATE accounts SET role_origin = role_source;
ALTER TABLE accounts DROP COLUMN role_source;
ALTER TABLE accounts RENAME COLUMN role_origin TO role_source;

-- 1: the person is whom the policy knew by the identity that signed in. 0: an owner named them.
ALTER TABLE accounts ADD COLUMN subject_told INTEGER NOT NULL DEFAULT 0 CHECK (subject_told IN (0, 1));
UPDATE accounts SET subject_told = 1 WHERE subject IS NOT NULL AND role_source = 'mapped';
