//! What was asked, and answered, about this very call, read in the live statement itself: by an index of the call and its
//! subject that holds only what still counts. With each, the persons who answered, as they are now.

use super::LiveRow;
use crate::approvals::ANSWERED_AGAIN;
use crate::db::{Dialect, StoreError, json, word};
use policy::approval::{Cast, Person};
use policy::labels::ApprovalState;
use policy::{ApprovalId, DecisionId, SubjectId, Timestamp};
use sea_query::{Expr, SelectStatement};
use serde::Deserialize;

/// A request for approval of this call by this subject. Whether it is bound to the same, is judged elsewhere.
#[derive(Debug, Clone, PartialEq)]
pub struct LiveApproval {
    pub id: ApprovalId,
    pub binding: String,
    pub state: ApprovalState,
    pub uses: i64,
    pub used: i64,
    pub filed_at: Timestamp,
    pub expires_at: Timestamp,
    pub decided_at: Option<Timestamp>,
    pub valid_until: Option<Timestamp>,
    /// Who answers for the subject and for who acts.
    pub owners: Vec<SubjectId>,
    pub votes: Vec<Cast>,
    /// Its last uses.
    pub calls: Vec<LiveUse>,
}

/// A use that may be answered again.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveUse {
    pub decision: DecisionId,
    /// SHA-256 of the key that came with the call.
    pub idempotency: Option<String>,
    pub at: Timestamp,
}

/// `@array`, `@object`, `@json` and `@now` stand for what the dialects call them, `@call` for what is bound.
const FOUND: &str = "CASE WHEN row_number() OVER () = 1 THEN (SELECT CAST(@array(@object(\
    'id', ap.id, 'binding', ap.binding, 'state', ap.state, 'uses', ap.uses, 'used', ap.used, \
    'filed_at', ap.filed_at, 'expires_at', ap.expires_at, 'decided_at', ap.decided_at, 'valid_until', ap.valid_until, \
    'owners', @json((SELECT @array(ow.owner) FROM subjects AS ow WHERE ow.id IN (ap.subject, ap.actor) AND ow.owner IS NOT NULL)), \
    'votes', @json((SELECT @array(@object('verdict', av.verdict, 'person', av.person, 'in_place_of', av.in_place_of, \
        'account', CASE WHEN EXISTS (SELECT 1 FROM accounts AS ac WHERE ac.id = av.account AND ac.active = 1 AND ac.subject = av.person AND ac.role IN ('owner', 'approver') AND ac.role_source <> 'lapsed' \
            AND (ac.reach = 'everything' OR EXISTS (SELECT 1 FROM account_tenants AS ar WHERE ar.account = ac.id AND ar.tenant = ap.tenant))) THEN 1 ELSE 0 END)) \
        FROM approval_votes AS av WHERE av.approval = ap.id)), \
    'persons', @json((SELECT @array(@object('id', pe.id, 'kind', pe.kind, 'active', pe.active, \
        'member', CASE WHEN EXISTS (SELECT 1 FROM memberships AS pm WHERE pm.subject = pe.id AND pm.tenant = ap.tenant AND (pm.until IS NULL OR pm.until > @now)) THEN 1 ELSE 0 END, \
        'roles', @json((SELECT @array(pr.name) FROM membership_roles AS ph INNER JOIN roles AS pr ON pr.id = ph.role WHERE ph.subject = pe.id AND ph.tenant = ap.tenant)))) \
        FROM subjects AS pe WHERE pe.id IN (SELECT v1.person FROM approval_votes AS v1 WHERE v1.approval = ap.id UNION SELECT v2.in_place_of FROM approval_votes AS v2 WHERE v2.approval = ap.id))), \
    'calls', @json((SELECT @array(@object('decision', au.decision, 'idempotency', au.idempotency, 'at', au.at)) \
        FROM approval_calls AS au WHERE au.approval = ap.id AND au.idempotency IS NOT NULL AND au.reissued_at IS NULL AND au.at > @now - @again)))) AS TEXT) \
    FROM approvals AS ap WHERE ap.call = @call AND ap.subject = s.id AND ap.look_until > @now) END";

/// The clock as it was when the statement began: only one that stands still within a statement may be looked up in an index.
const NOW_SQLITE: &str = "(CAST(round(unixepoch('subsec') * 1000) AS INTEGER) * 1000)";
const NOW_POSTGRES: &str = "((extract(epoch from statement_timestamp()) * 1000000)::bigint)";

fn text(dialect: Dialect) -> String {
    let words = match dialect {
        Dialect::Sqlite => ["json_group_array", "json_object", "json", NOW_SQLITE, "?"],
        Dialect::Postgres => ["json_agg", "json_build_object", "", NOW_POSTGRES, "$1"],
    };
    let names = ["@array", "@object", "@json", "@now", "@call"];
    let text = FOUND.replace("@again", &ANSWERED_AGAIN.to_string());
    names.into_iter().zip(words).fold(text, |text, (name, word)| text.replace(name, word))
}

/// Adds the column `approvals`: what there is of this call and the subject, in the first row alone, however many rows there
/// are.
pub(super) fn add(select: &mut SelectStatement, call: Expr, dialect: Dialect) {
    select.expr_as(Expr::cust_with_expr(text(dialect), call), "approvals");
}

#[derive(Deserialize)]
struct Found {
    id: String,
    binding: String,
    state: String,
    uses: i64,
    used: i64,
    filed_at: i64,
    expires_at: i64,
    decided_at: Option<i64>,
    valid_until: Option<i64>,
    owners: Option<Vec<String>>,
    votes: Option<Vec<FoundVote>>,
    persons: Option<Vec<FoundPerson>>,
    calls: Option<Vec<FoundUse>>,
}

#[derive(Deserialize)]
struct FoundVote {
    verdict: String,
    person: String,
    in_place_of: Option<String>,
    account: i64,
}

#[derive(Deserialize)]
struct FoundPerson {
    id: String,
    kind: String,
    active: i64,
    member: i64,
    roles: Option<Vec<String>>,
}

#[derive(Deserialize)]
struct FoundUse {
    decision: String,
    idempotency: Option<String>,
    at: i64,
}

/// What was found, in no order.
pub(super) fn found(rows: &[LiveRow]) -> Result<Vec<LiveApproval>, StoreError> {
    let Some(text) = rows.iter().find_map(|row| row.approvals.as_deref()) else { return Ok(Vec::new()) };
    let found: Vec<Found> = json(text, "the approvals of a call")?;
    found.into_iter().map(LiveApproval::try_from).collect()
}

fn person(found: &FoundPerson) -> Result<Person, StoreError> {
    Ok(Person {
        id: SubjectId::new(found.id.as_str()),
        kind: word(&found.kind, "subjects.kind")?,
        active: found.active == 1,
        member: found.member == 1,
        roles: found.roles.clone().unwrap_or_default(),
    })
}

fn cast(vote: &FoundVote, persons: &[Person]) -> Result<Cast, StoreError> {
    let known = |id: &str| persons.iter().find(|person| person.id.as_str() == id).cloned();
    let missing = || StoreError::corrupt("who voted is no subject");
    Ok(Cast {
        verdict: word(&vote.verdict, "approval_votes.verdict")?,
        voter: known(&vote.person).ok_or_else(missing)?,
        duty: vote.in_place_of.as_deref().map(|id| known(id).ok_or_else(missing)).transpose()?,
        account_holds: vote.account == 1,
    })
}

impl TryFrom<Found> for LiveApproval {
    type Error = StoreError;

    fn try_from(found: Found) -> Result<Self, StoreError> {
        let persons: Vec<Person> =
            found.persons.iter().flatten().map(person).collect::<Result<_, StoreError>>()?;
        let votes = found.votes.iter().flatten().map(|vote| cast(vote, &persons));
        let calls = found.calls.into_iter().flatten().map(|call| LiveUse {
            decision: DecisionId::new(call.decision),
            idempotency: call.idempotency,
            at: Timestamp::from_micros(call.at),
        });
        Ok(Self {
            votes: votes.collect::<Result<_, StoreError>>()?,
            calls: calls.collect(),
            id: ApprovalId::new(found.id),
            binding: found.binding,
            state: word(&found.state, "approvals.state")?,
            uses: found.uses,
            used: found.used,
            filed_at: Timestamp::from_micros(found.filed_at),
            expires_at: Timestamp::from_micros(found.expires_at),
            decided_at: found.decided_at.map(Timestamp::from_micros),
            valid_until: found.valid_until.map(Timestamp::from_micros),
            owners: found.owners.into_iter().flatten().map(SubjectId::new).collect(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::{AccountRole, EVERYTHING};
    use sea_query::{PostgresQueryBuilder, Query, SqliteQueryBuilder};

    #[test]
    fn votes_count_of_accounts_whose_role_approves() {
        let words: Vec<String> = AccountRole::approving().map(|word| format!("'{word}'")).collect();
        assert!(FOUND.contains(&format!("ac.role IN ({})", words.join(", "))), "{words:?}");
        assert!(FOUND.contains(&format!("ac.reach = '{EVERYTHING}'")));
    }

    #[test]
    fn every_word_is_the_dialects_own() {
        for dialect in [Dialect::Sqlite, Dialect::Postgres] {
            let text = text(dialect);
            assert!(!text.contains('@'), "{text}");
        }
        let mut select = Query::select();
        add(&mut select, Expr::val("c"), Dialect::Sqlite);
        let (text, values) = select.build(SqliteQueryBuilder);
        assert!(text.contains("ap.call = ? AND"), "{text}");
        assert_eq!(values.0, ["c".into()]);
        let mut select = Query::select();
        add(&mut select, Expr::val("c"), Dialect::Postgres);
        let (text, values) = select.build(PostgresQueryBuilder);
        assert!(text.contains("ap.call = $1 AND"), "{text}");
        assert_eq!(values.0, ["c".into()]);
    }
}
