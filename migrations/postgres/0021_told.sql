-- What a provider told goes when a sign-in no longer proves it.

-- 'lapsed': a provider told of the role once, and its last word gives none. Until it tells of one again, the account has
-- none.
ALTER TABLE accounts DROP CONSTRAINT accounts_role_source_check;
ALTER TABLE accounts ADD CONSTRAINT accounts_role_source_check CHECK (role_source IN ('given', 'mapped', 'lapsed'));

-- 1: the person is whom the policy knew by the identity that signed in. 0: an owner named them.
ALTER TABLE accounts ADD COLUMN subject_told BIGINT NOT NULL DEFAULT 0 CHECK (subject_told IN (0, 1));
UPDATE accounts SET subject_told = 1 WHERE subject IS NOT NULL AND role_source = 'mapped';
