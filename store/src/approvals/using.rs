//! Using an approval, in the transaction of the record of the call that it lets pass. The statement that takes the use
//! says whether there is one: so exactly so many calls pass as may, however many processes try at once.

use super::ANSWERED_AGAIN;
use super::events::{self, ApprovalEventKind, Of};
use super::tables::{ApprovalCalls, Approvals};
use crate::db::{Dialect, StoreError, Tx, now_micros};
use crate::schema::Revisions;
use policy::facts::Revision;
use policy::labels::ApprovalState;
use policy::{ApprovalId, DecisionId, TenantSlug, Timestamp};
use sea_query::{Expr, ExprTrait, Query, UpdateStatement};

/// One use of an approval.
#[derive(Debug, Clone)]
pub struct ApprovalUse {
    pub id: ApprovalId,
    pub tenant: TenantSlug,
    /// No more uses than this, whatever was approved: the rules as they are now say so.
    pub most: i64,
    /// Not from here on, whatever was approved.
    pub not_after: Timestamp,
    /// What the call was evaluated at; at another one it is evaluated anew.
    pub revision: Revision,
    /// SHA-256 of the key that came with the call.
    pub idempotency: Option<String>,
    pub at: Timestamp,
}

/// Takes the use; false where there is none any more, or the policy moved.
pub(crate) async fn use_up(
    tx: &mut Tx,
    taken: &ApprovalUse,
    decision: &DecisionId,
) -> Result<bool, StoreError> {
    if tx.execute(&one(taken, tx.dialect())).await? == 0 {
        return Ok(false);
    }
    let call = Query::insert()
        .into_table(ApprovalCalls::Table)
        .columns([
            ApprovalCalls::Decision,
            ApprovalCalls::Approval,
            ApprovalCalls::At,
            ApprovalCalls::Idempotency,
        ])
        .values_panic([
            decision.as_str().into(),
            taken.id.as_str().into(),
            taken.at.micros().into(),
            taken.idempotency.clone().into(),
        ])
        .take();
    tx.execute(&call).await?;
    let of = Of { approval: &taken.id, tenant: &taken.tenant };
    events::add(tx, of, ApprovalEventKind::Used, None, taken.at).await?;
    Ok(true)
}

fn at_revision(scope: &str, value: i64) -> Expr {
    let now = Query::select()
        .column(Revisions::Value)
        .from(Revisions::Table)
        .and_where(Expr::col(Revisions::Scope).eq(scope))
        .take();
    Expr::expr(now).eq(value)
}

pub(super) fn one(taken: &ApprovalUse, dialect: Dialect) -> UpdateStatement {
    let now = || now_micros(dialect);
    let last = || {
        let next = || Expr::col(Approvals::Used).add(1_i64);
        next().gte(Expr::col(Approvals::Uses)).or(next().gte(taken.most))
    };
    let state = Expr::case(last(), ApprovalState::Used.as_str()).finally(Expr::col(Approvals::State));
    // The last use is still found for a while, for whoever lost the answer.
    let look = Expr::case(last(), now().add(ANSWERED_AGAIN)).finally(Expr::col(Approvals::LookUntil));
    Query::update()
        .table(Approvals::Table)
        .value(Approvals::Used, Expr::col(Approvals::Used).add(1_i64))
        .value(Approvals::State, state)
        .value(Approvals::LookUntil, look)
        .and_where(Expr::col(Approvals::Id).eq(taken.id.as_str()))
        .and_where(Expr::col(Approvals::State).eq(ApprovalState::Approved.as_str()))
        .and_where(Expr::col(Approvals::Used).lt(Expr::col(Approvals::Uses)))
        .and_where(Expr::col(Approvals::Used).lt(taken.most))
        .and_where(Expr::col(Approvals::ValidUntil).gt(now()))
        .and_where(now().lt(taken.not_after.micros()))
        .and_where(at_revision("", taken.revision.global))
        .and_where(at_revision(taken.tenant.as_str(), taken.revision.tenant))
        .take()
}

#[cfg(test)]
mod tests {
    use super::*;
    use sea_query::{PostgresQueryBuilder, SqliteQueryBuilder};

    #[test]
    fn a_use_is_there_when_it_is_taken() {
        let taken = ApprovalUse {
            id: "a-1".into(),
            tenant: "acme".into(),
            most: 3,
            not_after: Timestamp::from_micros(77),
            revision: Revision { global: 7, tenant: 5 },
            idempotency: None,
            at: Timestamp::from_micros(1),
        };
        for text in [
            one(&taken, Dialect::Sqlite).to_string(SqliteQueryBuilder),
            one(&taken, Dialect::Postgres).to_string(PostgresQueryBuilder),
        ] {
            for part in [
                r#"UPDATE "approvals" SET "used" = "used" + 1"#,
                r#""state" = 'approved'"#,
                r#""used" < "uses""#,
                r#""used" < 3"#,
                r#""valid_until" > "#,
                r#"< 77"#,
                r#""scope" = 'acme'"#,
                r#"= 5"#,
                r#"= 7"#,
            ] {
                assert!(text.contains(part), "{part}: {text}");
            }
        }
    }
}
