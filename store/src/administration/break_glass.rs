//! Break-glass: for some minutes one subject may call some tools that no rule allows it. Asked by one owner, confirmed
//! by another where there are two, and over by the database's clock.

use super::writer::About;
use super::{EmergencyError, WriteError, Writer};
use crate::Store;
use crate::accounts::active_owners;
use crate::db::{Dialect, Source, StoreError, flag, new_id, now_micros};
use crate::schema::BreakGlass;
use policy::pattern::Pattern;
use policy::{ServerSlug, SubjectId, TenantSlug, Timestamp};
use sea_query::{Condition, Expr, ExprTrait, Order, Query, SelectStatement};
use serde::Serialize;

/// The longest that a grant holds.
pub const MAX_MINUTES: i64 = 15;

const MINUTE: i64 = 60_000_000;

/// How long what was asked for can be confirmed, in microseconds: who confirms later, confirms something else.
const ASK_STANDS: i64 = 15 * MINUTE;

/// A grant: asked for, in force, over, or taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct BreakGlassGrant {
    pub id: String,
    pub tenant: TenantSlug,
    pub subject: SubjectId,
    /// `server/tool`, or `server/*`.
    pub tools: String,
    pub reason: String,
    pub minutes: i64,
    pub asked_at: Timestamp,
    pub asked_by: String,
    /// None: on the host.
    #[serde(skip)]
    pub asked_account: Option<String>,
    /// There were two active owners when it was asked for.
    pub needs_second: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirmed_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub confirmed_by: Option<String>,
    /// From here on it allows nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_at: Option<Timestamp>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<String>,
}

impl BreakGlassGrant {
    /// Waits to be confirmed.
    pub fn waits(&self, now: Timestamp) -> bool {
        self.confirmed_at.is_none()
            && self.ended_at.is_none()
            && now < self.asked_at.saturating_add_micros(ASK_STANDS)
    }

    /// Allows calls.
    pub fn holds(&self, now: Timestamp) -> bool {
        self.ended_at.is_none() && self.until.is_some_and(|until| now < until)
    }

    fn what(&self) -> String {
        format!("{} on {}", self.subject, self.tools)
    }
}

/// A grant to be asked for.
#[derive(Debug, Clone, Copy)]
pub struct NewBreakGlass<'a> {
    pub tenant: &'a TenantSlug,
    pub subject: &'a SubjectId,
    pub tools: &'a str,
    pub reason: &'a str,
    pub minutes: i64,
}

#[derive(sqlx::FromRow)]
struct GrantRow {
    id: String,
    tenant: String,
    subject: String,
    tools: String,
    reason: String,
    minutes: i64,
    asked_at: i64,
    asked_by: String,
    asked_account: Option<String>,
    needs_second: i64,
    confirmed_at: Option<i64>,
    confirmed_by: Option<String>,
    until: Option<i64>,
    ended_at: Option<i64>,
    ended_by: Option<String>,
}

impl TryFrom<GrantRow> for BreakGlassGrant {
    type Error = StoreError;

    fn try_from(row: GrantRow) -> Result<Self, StoreError> {
        Ok(Self {
            id: row.id,
            tenant: TenantSlug::new(row.tenant),
            subject: SubjectId::new(row.subject),
            tools: row.tools,
            reason: row.reason,
            minutes: row.minutes,
            asked_at: Timestamp::from_micros(row.asked_at),
            asked_by: row.asked_by,
            asked_account: row.asked_account,
            needs_second: flag(row.needs_second, "break_glass.needs_second")?,
            confirmed_at: row.confirmed_at.map(Timestamp::from_micros),
            confirmed_by: row.confirmed_by,
            until: row.until.map(Timestamp::from_micros),
            ended_at: row.ended_at.map(Timestamp::from_micros),
            ended_by: row.ended_by,
        })
    }
}

fn select() -> SelectStatement {
    Query::select()
        .columns([
            BreakGlass::Id,
            BreakGlass::Tenant,
            BreakGlass::Subject,
            BreakGlass::Tools,
            BreakGlass::Reason,
            BreakGlass::Minutes,
            BreakGlass::AskedAt,
            BreakGlass::AskedBy,
            BreakGlass::AskedAccount,
            BreakGlass::NeedsSecond,
            BreakGlass::ConfirmedAt,
            BreakGlass::ConfirmedBy,
            BreakGlass::Until,
            BreakGlass::EndedAt,
            BreakGlass::EndedBy,
        ])
        .from(BreakGlass::Table)
        .take()
}

fn read(rows: Vec<GrantRow>) -> Result<Vec<BreakGlassGrant>, StoreError> {
    rows.into_iter().map(BreakGlassGrant::try_from).collect()
}

/// Confirmed, not taken back, and not over by the database's clock.
fn in_force(dialect: Dialect) -> Condition {
    Condition::all()
        .add(Expr::col(BreakGlass::ConfirmedAt).is_not_null())
        .add(Expr::col(BreakGlass::EndedAt).is_null())
        .add(Expr::col(BreakGlass::Until).gt(now_micros(dialect)))
}

/// The grants that are in force in the tenant. When one is over is for evaluation to say, at the moment of each call.
pub(crate) async fn list_in_force<S: Source>(
    source: &mut S,
    dialect: Dialect,
    tenant: &TenantSlug,
) -> Result<Vec<BreakGlassGrant>, StoreError> {
    let mut query = select();
    query.and_where(Expr::col(BreakGlass::Tenant).eq(tenant.as_str())).cond_where(in_force(dialect));
    read(source.all::<GrantRow, _>(&query).await?)
}

async fn find<S: Source>(source: &mut S, id: &str) -> Result<Option<BreakGlassGrant>, StoreError> {
    let mut query = select();
    query.and_where(Expr::col(BreakGlass::Id).eq(id));
    source.optional::<GrantRow, _>(&query).await?.map(BreakGlassGrant::try_from).transpose()
}

impl Store {
    /// Grants in force and grants that wait to be confirmed, the newest first.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_open_break_glass(&self, limit: u64) -> Result<Vec<BreakGlassGrant>, StoreError> {
        let dialect = self.dialect();
        let waiting = Condition::all()
            .add(Expr::col(BreakGlass::ConfirmedAt).is_null())
            .add(Expr::col(BreakGlass::EndedAt).is_null())
            .add(Expr::col(BreakGlass::AskedAt).gt(now_micros(dialect).sub(ASK_STANDS)));
        // Whatever is open was asked for within the last half hour, which the index knows.
        let recent = Expr::col(BreakGlass::AskedAt).gt(now_micros(dialect).sub(2 * ASK_STANDS));
        let mut query = select();
        query
            .and_where(recent)
            .cond_where(Condition::any().add(in_force(dialect)).add(waiting))
            .order_by(BreakGlass::Id, Order::Desc)
            .limit(limit);
        read(self.db.fetch_all(&query).await?)
    }

    /// All grants there ever were, the newest first, from the one older than `before` on.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_break_glass(
        &self,
        before: Option<&str>,
        limit: u64,
    ) -> Result<Vec<BreakGlassGrant>, StoreError> {
        let mut query = select();
        query
            .and_where_option(before.map(|id| Expr::col(BreakGlass::Id).lt(id)))
            .order_by(BreakGlass::Id, Order::Desc)
            .limit(limit);
        read(self.db.fetch_all(&query).await?)
    }

    /// Grants that were confirmed from this moment on, the newest first: in one tenant, or in all.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn list_confirmed_break_glass(
        &self,
        since: Timestamp,
        tenant: Option<&TenantSlug>,
        limit: u64,
    ) -> Result<Vec<BreakGlassGrant>, StoreError> {
        let asked = since.saturating_add_micros(-ASK_STANDS);
        let mut query = select();
        query
            .and_where(Expr::col(BreakGlass::AskedAt).gte(asked.micros()))
            .and_where(Expr::col(BreakGlass::ConfirmedAt).gte(since.micros()))
            .and_where_option(tenant.map(|tenant| Expr::col(BreakGlass::Tenant).eq(tenant.as_str())))
            .order_by(BreakGlass::Id, Order::Desc)
            .limit(limit);
        read(self.db.fetch_all(&query).await?)
    }

    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn get_break_glass(&self, id: &str) -> Result<Option<BreakGlassGrant>, StoreError> {
        find(&mut &self.db, id).await
    }
}

impl Writer {
    /// Asks for a grant. It allows nothing before it is confirmed. `account`: who asks in the console; none on the host.
    ///
    /// # Errors
    /// When the tenant, the subject or the server is unknown, the tools, the reason or the minutes cannot be taken, or
    /// the account is no active owner.
    pub async fn ask_break_glass(
        &mut self,
        new: &NewBreakGlass<'_>,
        account: Option<&str>,
    ) -> Result<BreakGlassGrant, WriteError> {
        let reason = super::emergency::reason(new.reason)?;
        for named in [new.tenant.as_str(), new.subject.as_str(), new.tools] {
            super::emergency::named(named)?;
        }
        if !(1..=MAX_MINUTES).contains(&new.minutes) {
            return Err(EmergencyError::Minutes.into());
        }
        let pattern = Pattern::parse(new.tools).map_err(|_| EmergencyError::Tools)?;
        let server = pattern.exact_server().ok_or(EmergencyError::Tools)?;
        self.need_tenant(new.tenant).await?;
        self.need_subject(new.subject).await?;
        self.need_server(&ServerSlug::from(server)).await?;
        let owners = self.owners_with(account).await?;
        let grant = BreakGlassGrant {
            id: new_id(),
            tenant: new.tenant.clone(),
            subject: new.subject.clone(),
            tools: pattern.to_string(),
            reason,
            minutes: new.minutes,
            asked_at: self.now,
            asked_by: self.actor.name.clone(),
            asked_account: account.map(str::to_owned),
            needs_second: owners.len() >= 2,
            confirmed_at: None,
            confirmed_by: None,
            until: None,
            ended_at: None,
            ended_by: None,
        };
        let insert = Query::insert()
            .into_table(BreakGlass::Table)
            .columns([
                BreakGlass::Id,
                BreakGlass::Tenant,
                BreakGlass::Subject,
                BreakGlass::Tools,
                BreakGlass::Reason,
                BreakGlass::Minutes,
                BreakGlass::AskedAt,
                BreakGlass::AskedBy,
                BreakGlass::AskedAccount,
                BreakGlass::NeedsSecond,
            ])
            .values_panic([
                grant.id.as_str().into(),
                grant.tenant.as_str().into(),
                grant.subject.as_str().into(),
                grant.tools.as_str().into(),
                grant.reason.as_str().into(),
                grant.minutes.into(),
                grant.asked_at.micros().into(),
                grant.asked_by.as_str().into(),
                grant.asked_account.clone().into(),
                i64::from(grant.needs_second).into(),
            ])
            .take();
        self.tx.execute(&insert).await?;
        self.record_grant(None, &grant).await?;
        Ok(grant)
    }

    /// Confirms a grant: from now on, and for as many minutes as were asked for, it allows. Where two owners are active,
    /// or were when it was asked for, it takes another owner than the one who asked, and the host's word does not do.
    ///
    /// # Errors
    /// When it cannot be confirmed any more, or not by this one.
    pub async fn confirm_break_glass(
        &mut self,
        id: &str,
        account: Option<&str>,
    ) -> Result<BreakGlassGrant, WriteError> {
        let before = self.need_break_glass(id).await?;
        let owners = self.owners_with(account).await?;
        if !before.waits(self.now) {
            return Err(EmergencyError::Over.into());
        }
        let takes_two = before.needs_second || owners.len() >= 2;
        if takes_two && (account.is_none() || account == before.asked_account.as_deref()) {
            return Err(EmergencyError::SecondPerson.into());
        }
        let until = self.now.saturating_add_micros(before.minutes.saturating_mul(MINUTE));
        let after = BreakGlassGrant {
            confirmed_at: Some(self.now),
            confirmed_by: Some(self.actor.name.clone()),
            until: Some(until),
            ..before.clone()
        };
        let update = Query::update()
            .table(BreakGlass::Table)
            .value(BreakGlass::ConfirmedAt, self.now.micros())
            .value(BreakGlass::ConfirmedBy, self.actor.name.as_str())
            .value(BreakGlass::ConfirmedAccount, account)
            .value(BreakGlass::Until, until.micros())
            .and_where(Expr::col(BreakGlass::Id).eq(id))
            .take();
        self.tx.execute(&update).await?;
        self.record_grant(Some(&before), &after).await?;
        Ok(after)
    }

    /// Ends a grant before its time, or takes back what was asked for; one that is over stays as it is.
    ///
    /// # Errors
    /// When there is no such grant.
    pub async fn end_break_glass(&mut self, id: &str) -> Result<BreakGlassGrant, WriteError> {
        let before = self.need_break_glass(id).await?;
        if !before.waits(self.now) && !before.holds(self.now) {
            return Ok(before);
        }
        let after = BreakGlassGrant {
            ended_at: Some(self.now),
            ended_by: Some(self.actor.name.clone()),
            ..before.clone()
        };
        let update = Query::update()
            .table(BreakGlass::Table)
            .value(BreakGlass::EndedAt, self.now.micros())
            .value(BreakGlass::EndedBy, self.actor.name.as_str())
            .and_where(Expr::col(BreakGlass::Id).eq(id))
            .take();
        self.tx.execute(&update).await?;
        self.record_grant(Some(&before), &after).await?;
        Ok(after)
    }

    async fn need_break_glass(&mut self, id: &str) -> Result<BreakGlassGrant, WriteError> {
        let unknown = || WriteError::Unknown { kind: "break-glass grant", name: id.to_owned() };
        if id.contains('\0') {
            return Err(unknown());
        }
        find(&mut self.tx, id).await?.ok_or_else(unknown)
    }

    /// The active owners, held until the end; whoever comes by the console must be one of them.
    async fn owners_with(&mut self, account: Option<&str>) -> Result<Vec<String>, WriteError> {
        let owners = active_owners(&mut self.tx).await?;
        match account {
            Some(account) if !owners.iter().any(|owner| owner == account) => {
                Err(EmergencyError::NotAnOwner.into())
            }
            _ => Ok(owners),
        }
    }

    async fn record_grant(
        &mut self,
        before: Option<&BreakGlassGrant>,
        after: &BreakGlassGrant,
    ) -> Result<(), StoreError> {
        let what = after.what();
        let about = About { kind: "break_glass", object: &what, tenant: Some(&after.tenant) };
        self.record(about, before, Some(after)).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grant_waits_holds_and_is_over() {
        let at = |minutes: i64| Timestamp::from_micros(minutes * MINUTE);
        let asked = BreakGlassGrant {
            id: "b".to_owned(),
            tenant: TenantSlug::from("acme"),
            subject: SubjectId::from("alice"),
            tools: "crm/refund".to_owned(),
            reason: "why".to_owned(),
            minutes: 5,
            asked_at: at(0),
            asked_by: "ada".to_owned(),
            asked_account: None,
            needs_second: false,
            confirmed_at: None,
            confirmed_by: None,
            until: None,
            ended_at: None,
            ended_by: None,
        };
        assert!(asked.waits(at(14)) && !asked.holds(at(14)));
        assert!(!asked.waits(at(15)));
        let confirmed = BreakGlassGrant { confirmed_at: Some(at(1)), until: Some(at(6)), ..asked.clone() };
        assert!(!confirmed.waits(at(5)) && confirmed.holds(at(5)));
        assert!(!confirmed.holds(at(6)));
        let ended = BreakGlassGrant { ended_at: Some(at(3)), ..confirmed };
        assert!(!ended.holds(at(3)));
        let taken_back = BreakGlassGrant { ended_at: Some(at(3)), ..asked };
        assert!(!taken_back.waits(at(3)));
    }
}
