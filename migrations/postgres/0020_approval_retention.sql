-- Who asked for approval lately: one row for each request and each rule that asked, whatever became of the request, so that
-- filing and taking back in a circle comes to an end. Removed once it is too old to count.
CREATE TABLE approval_filings (
    rule     TEXT COLLATE "C" NOT NULL,
    party    TEXT COLLATE "C" NOT NULL, -- who acts, else the subject
    at       BIGINT           NOT NULL,
    approval TEXT COLLATE "C" NOT NULL, -- no reference: a request that is removed was filed all the same
    PRIMARY KEY (rule, party, at, approval)
);
CREATE INDEX approval_filings_at ON approval_filings (at);

-- Retention takes those that are over by this.
CREATE INDEX approvals_over ON approvals (expires_at, id) WHERE state IN ('used', 'denied', 'expired', 'cancelled');
