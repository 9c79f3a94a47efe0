//! Whether somebody whom a provider vouches for comes in, and as whom.
//!
//! An identity that leads to an account is that account. Otherwise one is made, if the provider's word gives it a role;
//! its role is told anew by every sign-in, and counts within that one alone. Nobody else comes in.

use super::events::{self, Event, Note};
use super::identities::{add, check, find};
use super::person;
use super::writing::{hold, update};
use super::{
    Account, AccountError, AccountRole, AccountRow, Accounts, NewAccount, RoleSource, insert, normal_login,
    reach, select,
};
use crate::Store;
use crate::administration::{Actor, Via, is_active_provider, lock};
use crate::db::{StoreError, Tx, now_micros};
use crate::schema::{Identities, IssuerTenants, Issuers, Memberships, Subjects};
use crate::sessions::delete_of_account;
use policy::ids::check_id;
use policy::{Reach, SubjectId, SubjectKind, Timestamp};
use sea_query::{Cond, Expr, ExprTrait, Query, SelectStatement};

/// What a provider says of somebody who has just signed in there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Admission<'a> {
    pub issuer: &'a str,
    pub sub: &'a str,
    /// What the account is called by if one is made; another one where that is taken.
    pub login: &'a str,
    pub name: &'a str,
    /// What its groups stand for, and where that counts, as far as these tenants are registered.
    pub role: Option<(AccountRole, Reach)>,
    /// Whether a user whom the policy knows by this identity is an approver.
    pub admit_subjects: bool,
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Admitted {
    /// The account. `told`: its role was told by the provider just now, and must not outlive this sign-in.
    As {
        account: Box<Account>,
        told: bool,
        /// The active user of the policy who has this identity.
        subject: Option<SubjectId>,
    },
    /// The account is switched off.
    Off,
    /// Nothing that was said gives a role here.
    NoRole,
}

#[derive(sqlx::FromRow)]
struct SubjectRow {
    id: String,
}

#[derive(sqlx::FromRow)]
struct TenantRow {
    tenant: String,
}

/// The tenants in which identities of this issuer count, as in calls: none where the policy does not know the issuer, or
/// it is off.
fn tenants_of(issuer: &str) -> SelectStatement {
    let counting = Query::select()
        .column(Issuers::Url)
        .from(Issuers::Table)
        .and_where(Expr::col(Issuers::Url).eq(issuer))
        .and_where(Expr::col(Issuers::Active).eq(1_i64))
        .take();
    Query::select()
        .column(IssuerTenants::Tenant)
        .from(IssuerTenants::Table)
        .and_where(Expr::col(IssuerTenants::Issuer).in_subquery(counting))
        .take()
}

/// The active user whom the policy knows by this identity. Whoever signs in acts in every tenant where they are a
/// member, so the issuer must count in all of these; otherwise it is for an owner to say whose account it is.
async fn subject_of(tx: &mut Tx, issuer: &str, sub: &str) -> Result<Option<SubjectId>, StoreError> {
    let counts = tx.fetch_optional::<TenantRow>(&tenants_of(issuer).limit(1).take()).await?;
    if counts.is_none_or(|row| row.tenant.is_empty()) {
        return Ok(None);
    }
    let whose = Query::select()
        .column(Identities::Subject)
        .from(Identities::Table)
        .and_where(Expr::col(Identities::Issuer).eq(issuer))
        .and_where(Expr::col(Identities::Sub).eq(sub))
        .take();
    let elsewhere = Query::select()
        .column(Memberships::Subject)
        .from(Memberships::Table)
        .and_where(Expr::col(Memberships::Tenant).not_in_subquery(tenants_of(issuer)))
        .cond_where(
            Cond::any()
                .add(Expr::col(Memberships::Until).is_null())
                .add(Expr::col(Memberships::Until).gt(now_micros(tx.dialect()))),
        )
        .take();
    let query = Query::select()
        .column(Subjects::Id)
        .from(Subjects::Table)
        .and_where(Expr::col(Subjects::Id).in_subquery(whose))
        .and_where(Expr::col(Subjects::Id).not_in_subquery(elsewhere))
        .and_where(Expr::col(Subjects::Kind).eq(SubjectKind::User.as_str()))
        .and_where(Expr::col(Subjects::Active).eq(1_i64))
        .take();
    Ok(tx.fetch_optional::<SubjectRow>(&query).await?.map(|row| SubjectId::new(row.id)))
}

/// A login that nobody has: the one that was told, or that with a number; none where all of these are taken.
async fn free_login(tx: &mut Tx, told: &str) -> Result<Option<String>, StoreError> {
    let told = normal_login(told);
    for attempt in 1..100 {
        let login = if attempt == 1 { told.clone() } else { format!("{told} {attempt}") };
        let query = select().and_where(Expr::col(Accounts::Login).eq(login.as_str())).take();
        if tx.fetch_optional::<AccountRow>(&query).await?.is_none() {
            return Ok(Some(login));
        }
    }
    Ok(None)
}

/// What somebody is called: the first of these that can be a name.
fn called<'a>(told: &'a str, otherwise: &'a str) -> &'a str {
    let told = told.trim();
    if check_id(told).is_ok() && told.chars().count() <= 190 { told } else { otherwise }
}

/// Whom the policy knows by the identity is who signs in by it, whoever the account stood for before, and however it came
/// by its role: who asks and who approves are compared by it. Where the policy knows nobody, a person who was found that
/// way goes, and one whom an owner named stays.
async fn stand_for(
    tx: &mut Tx,
    before: Account,
    person: Option<&SubjectId>,
    by: &(impl Fn(&str) -> Actor + Sync),
    now: Timestamp,
) -> Result<Account, StoreError> {
    let told = person.is_some();
    if before.subject.as_ref() == person || !(told || before.subject_told) {
        return Ok(before);
    }
    let actor = by(&before.login);
    person::stand_for(tx, before, (person.cloned(), told), &actor, now).await
}

/// What was told before counts no longer, in sessions or of votes.
async fn lapse(tx: &mut Tx, before: &Account, by: &Actor, now: Timestamp) -> Result<(), StoreError> {
    let ended_sessions = tx.execute(&delete_of_account(&before.id, None)).await?;
    if before.role_source == RoleSource::Lapsed && ended_sessions == 0 {
        return Ok(());
    }
    let after = Account { role_source: RoleSource::Lapsed, ..before.clone() };
    let lapsed = update(&after.id).value(Accounts::RoleSource, after.role_source.as_str()).take();
    tx.execute(&lapsed).await?;
    let note = Note { event: Event::RoleLapsed, before: Some(before), after: &after, ended_sessions };
    events::record(tx, &note, by, now).await
}

/// The role that was told, and where it counts. A tenant that was removed since its group was mapped gives none.
async fn told(tx: &mut Tx, who: &Admission<'_>) -> Result<Option<(AccountRole, Reach)>, StoreError> {
    let Some((role, reach)) = &who.role else { return Ok(None) };
    let reach = reach::registered(tx, reach).await?;
    let some = reach.tenants().is_none_or(|tenants| !tenants.is_empty());
    Ok(some.then_some((*role, reach)))
}

impl Store {
    /// Lets somebody in whom a provider vouches for, who must be proven to be the one that is meant. A provider that was
    /// switched off while it was asked vouches for nobody.
    ///
    /// # Errors
    /// When the identity cannot be one, or the database does not answer; then nobody comes in.
    pub async fn admit(
        &self,
        who: &Admission<'_>,
        request_id: Option<String>,
        now: Timestamp,
    ) -> Result<Admitted, AccountError> {
        check(who.issuer, who.sub)?;
        let mut tx = self.db.begin_write().await?;
        // None beside an administrator who gives the identity to somebody else: who is found here would be who they were.
        lock(&mut tx).await?;
        if !is_active_provider(&mut tx, who.issuer).await? {
            return Ok(Admitted::NoRole);
        }
        let subject = subject_of(&mut tx, who.issuer, who.sub).await?;
        let may_approve = who.admit_subjects && subject.is_some();
        let told = told(&mut tx, who).await?;
        // Whoever the rules ask answers wherever they ask.
        let asked = || may_approve.then_some((AccountRole::Approver, Reach::Everything));
        let grant = told.or_else(asked);
        let by =
            |login: &str| Actor { name: login.to_owned(), via: Via::Console, request_id: request_id.clone() };
        let Some(known) = find(&mut tx, who.issuer, who.sub).await? else {
            let Some((role, reach)) = grant else { return Ok(Admitted::NoRole) };
            let Some(login) = free_login(&mut tx, called(who.login, "signed-in")).await? else {
                return Err(AccountError::LoginTaken(normal_login(who.login)));
            };
            let name = called(who.name, &login).to_owned();
            let new = NewAccount { login, name, password_hash: None, role, reach };
            let actor = by(&new.login);
            let made = insert(&mut tx, &new, RoleSource::Mapped, Event::Admitted, &actor, now).await?;
            add(&mut tx, who.issuer, who.sub, &made.id).await?;
            let account = stand_for(&mut tx, made, subject.as_ref(), &by, now).await?;
            tx.commit().await?;
            return Ok(Admitted::As { account: Box::new(account), told: true, subject });
        };
        let before = hold(&mut tx, &known.account).await?;
        if !before.active {
            return Ok(Admitted::Off);
        }
        let before = stand_for(&mut tx, before, subject.as_ref(), &by, now).await?;
        if before.role_source == RoleSource::Given {
            tx.commit().await?;
            return Ok(Admitted::As { account: Box::new(before), told: false, subject });
        }
        let Some((role, reach)) = grant else {
            lapse(&mut tx, &before, &by(&before.login), now).await?;
            tx.commit().await?;
            return Ok(Admitted::NoRole);
        };
        let role_source = RoleSource::Mapped;
        if before.role == role && before.reach == reach && before.role_source == role_source {
            tx.commit().await?;
            return Ok(Admitted::As { account: Box::new(before), told: true, subject });
        }
        // A sign-in that is under way with what was told before comes to nothing.
        let password_version = before.password_version.saturating_add(1);
        let after = Account { role, role_source, reach, password_version, ..before.clone() };
        let update = update(&after.id)
            .value(Accounts::Role, role.as_str())
            .value(Accounts::RoleSource, role_source.as_str())
            .value(Accounts::Reach, reach::word_of(&after.reach))
            .value(Accounts::PasswordVersion, password_version)
            .take();
        tx.execute(&update).await?;
        reach::replace(&mut tx, &after.id, &after.reach).await?;
        let ended_sessions = tx.execute(&delete_of_account(&after.id, None)).await?;
        let note = Note { event: Event::RoleMapped, before: Some(&before), after: &after, ended_sessions };
        events::record(&mut tx, &note, &by(&after.login), now).await?;
        tx.commit().await?;
        Ok(Admitted::As { account: Box::new(after), told: true, subject })
    }
}

#[cfg(test)]
mod tests {
    use super::called;

    #[test]
    fn what_cannot_be_a_name_is_replaced() {
        assert_eq!(called(" Ann ", "x"), "Ann");
        for bad in ["", " ", "a\u{7}b", "new", &"x".repeat(191)] {
            assert_eq!(called(bad, "x"), "x", "{bad:?}");
        }
    }
}
