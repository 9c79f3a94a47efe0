-- How far an account reaches. 'everything': every tenant, and what is of none. 'tenants': those named beside it, and
-- nothing else; an account whose tenants are all gone reaches nothing.
ALTER TABLE accounts ADD COLUMN reach TEXT COLLATE "C" NOT NULL DEFAULT 'everything' CHECK (reach IN ('everything', 'tenants'));

CREATE TABLE account_tenants (
    account TEXT COLLATE "C" NOT NULL REFERENCES accounts (id) ON DELETE CASCADE,
    tenant  TEXT COLLATE "C" NOT NULL REFERENCES tenants (slug) ON DELETE CASCADE,
    PRIMARY KEY (account, tenant)
);

CREATE INDEX account_tenants_tenant ON account_tenants (tenant);
