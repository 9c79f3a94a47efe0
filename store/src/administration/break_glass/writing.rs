//! How a grant is asked for, confirmed and ended, each with a record of it.

use super::{BreakGlassGrant, MAX_MINUTES, MINUTE, NewBreakGlass, find};
use crate::accounts::{OwnerAccount, active_owners, are_two_persons};
use crate::administration::writer::About;
use crate::administration::{EmergencyError, WriteError, Writer, emergency};
use crate::db::{StoreError, new_id};
use crate::schema::BreakGlass;
use policy::ServerSlug;
use policy::pattern::Pattern;
use sea_query::{Expr, ExprTrait, Query};

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
        let reason = emergency::reason(new.reason)?;
        for named in [new.tenant.as_str(), new.subject.as_str(), new.tools] {
            emergency::named(named)?;
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
            needs_second: are_two_persons(&owners),
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

    /// Confirms a grant: from now on, and for as many minutes as were asked for, it allows. Where two persons are active
    /// owners, or were when it was asked for, it takes another person than the one who asked, by whichever account or token
    /// of theirs; the host's word does not do.
    ///
    /// # Errors
    /// When it cannot be confirmed any more, not by this one, or whoever asked is no active owner any longer.
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
        let of = |id: &str| owners.iter().find(|owner| owner.id == id);
        let asked = before.asked_account.as_deref().map(of);
        // Whoever asked must still be an owner: one person alone would stand for it otherwise.
        if asked == Some(None) {
            return Err(EmergencyError::Over.into());
        }
        let is_another = match (account.and_then(of), asked.flatten()) {
            (None, _) => false,
            (Some(_), None) => true,
            (Some(confirms), Some(asked)) => !confirms.is_of_same_person(asked),
        };
        if (before.needs_second || are_two_persons(&owners)) && !is_another {
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
    async fn owners_with(&mut self, account: Option<&str>) -> Result<Vec<OwnerAccount>, WriteError> {
        let owners = active_owners(&mut self.tx).await?;
        match account {
            Some(account) if !owners.iter().any(|owner| owner.id == account) => {
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
