//! Whose account it is. Approvals compare persons, so an account that is nobody's approves nothing.

use super::events::{self, Event, Note};
use super::handed_out::withdraw;
use super::lapsing::{become_person, store_person};
use super::links::unused_links_of;
use super::writing::hold;
use super::{Account, AccountError, AccountRow, Accounts, gather, select};
use crate::administration::Actor;
use crate::db::{Source, StoreError, Tx};
use crate::schema::Subjects;
use crate::{Store, Writer};
use policy::labels::SubjectKind;
use policy::{Reach, SubjectId, Timestamp};
use sea_query::{Expr, ExprTrait, Order, Query};

#[derive(sqlx::FromRow)]
struct KindRow {
    kind: String,
}

async fn is_person(tx: &mut Tx, subject: &SubjectId) -> Result<bool, AccountError> {
    if subject.as_str().contains('\0') {
        return Ok(false);
    }
    let query = Query::select()
        .column(Subjects::Kind)
        .from(Subjects::Table)
        .and_where(Expr::col(Subjects::Id).eq(subject.as_str()))
        .take();
    let row = tx.fetch_optional::<KindRow>(&query).await?;
    Ok(row.is_some_and(|row| row.kind == SubjectKind::User.as_str()))
}

/// Says whose account it is that is held; None: nobody's. An owner's word stays where a sign-in finds nobody.
///
/// # Errors
/// When there is no such person.
pub(super) async fn name_person(
    tx: &mut Tx,
    before: Account,
    subject: Option<&SubjectId>,
    by: &Actor,
    now: Timestamp,
) -> Result<Account, AccountError> {
    if before.subject.as_ref() == subject {
        return Ok(before);
    }
    if let Some(subject) = subject
        && !is_person(tx, subject).await?
    {
        return Err(AccountError::NoSuchPerson);
    }
    // A link that was made for whoever it was before must not lead to this person. That of an invitation is the only way in.
    if subject.is_some() && before.password_hash.is_some() {
        tx.execute(&unused_links_of(&before.id)).await?;
    }
    Ok(stand_for(tx, before, (subject.cloned(), false), by, now).await?)
}

/// The account is this person's from now on, found by a sign-in (`told`) or named by an owner. What a token handed out does
/// not lead to a person.
pub(super) async fn stand_for(
    tx: &mut Tx,
    before: Account,
    (subject, told): (Option<SubjectId>, bool),
    by: &Actor,
    now: Timestamp,
) -> Result<Account, StoreError> {
    let before = if subject.is_some() { withdraw(tx, before, by, now).await? } else { before };
    let after = become_person(&before, subject, told);
    let ended_sessions = store_person(tx, &before, &after).await?;
    let note = Note { event: Event::PersonChanged, before: Some(&before), after: &after, ended_sessions };
    events::record(tx, &note, by, now).await?;
    Ok(after)
}

/// Where this person answers requests for approval by an account that is on and does so now; nowhere, where there is none.
async fn approving_reach<S: Source>(source: &mut S, person: &SubjectId) -> Result<Reach, StoreError> {
    // Postgres refuses U+0000 even in a comparison; no person has it.
    if person.as_str().contains('\0') {
        return Ok(Reach::of([]));
    }
    // Those of one account stand together, as `gather` wants them.
    let query = select()
        .and_where(Expr::col(Accounts::Subject).eq(person.as_str()))
        .order_by(Accounts::Id, Order::Asc)
        .take();
    let accounts = gather(source.all::<AccountRow, _>(&query).await?)?;
    let approving = accounts.iter().filter(|account| account.may_approve());
    Ok(approving.fold(Reach::of([]), |reach, account| reach.or(&account.reach)))
}

impl Writer {
    /// As [`Store::approving_reach`], within this unit of work.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn approving_reach(&mut self, person: &SubjectId) -> Result<Reach, StoreError> {
        approving_reach(&mut self.tx, person).await
    }
}

impl Store {
    /// Where this person answers requests for approval by an account that is on and does so now; nowhere, where there is
    /// none. Nobody who stands in for them answers anywhere else in their place.
    ///
    /// # Errors
    /// When the database does not answer, or holds what it must not.
    pub async fn approving_reach(&self, person: &SubjectId) -> Result<Reach, StoreError> {
        approving_reach(&mut &self.db, person).await
    }

    /// Says whose account it is; None: nobody's. Where it was somebody's before, all its sessions end.
    ///
    /// # Errors
    /// When there is no such account, or no such person.
    pub async fn set_account_subject(
        &self,
        id: &str,
        subject: Option<&SubjectId>,
        by: &Actor,
        now: Timestamp,
    ) -> Result<Account, AccountError> {
        let mut tx = self.db.begin_write().await?;
        let before = hold(&mut tx, id).await?;
        let after = name_person(&mut tx, before, subject, by, now).await?;
        tx.commit().await?;
        Ok(after)
    }
}
