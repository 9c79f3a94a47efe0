//! What providers and the policy told of accounts, and tell no longer: it goes at once, and not only with the next
//! sign-in. Who is signed in by it signs in anew.

use super::events::{self, Event, Note};
use super::identities::{accounts_of, find};
use super::writing::{hold, update};
use super::{Account, AccountError, Accounts, RoleSource};
use crate::administration::Actor;
use crate::db::{StoreError, Tx};
use crate::sessions::delete_of_account;
use policy::{SubjectId, Timestamp};
use sea_query::{Expr, ExprTrait, Query, UpdateStatement};

/// Nothing that this issuer told of roles counts any longer, before it tells it again.
pub(crate) fn lapse_roles_by(issuer: &str) -> UpdateStatement {
    Query::update()
        .table(Accounts::Table)
        .value(Accounts::RoleSource, RoleSource::Lapsed.as_str())
        .value(Accounts::PasswordVersion, Expr::col(Accounts::PasswordVersion).add(1_i64))
        .and_where(Expr::col(Accounts::Id).in_subquery(accounts_of(issuer)))
        .and_where(Expr::col(Accounts::RoleSource).eq(RoleSource::Mapped.as_str()))
        .take()
}

/// Persons who were found by an identity of this issuer are looked for anew, by the next sign-in. Until then such an
/// account is nobody's.
pub(crate) fn forget_persons_by(issuer: &str) -> UpdateStatement {
    Query::update()
        .table(Accounts::Table)
        .value(Accounts::Subject, None::<String>)
        .value(Accounts::SubjectTold, 0_i64)
        .and_where(Expr::col(Accounts::Id).in_subquery(accounts_of(issuer)))
        .and_where(Expr::col(Accounts::SubjectTold).eq(1_i64))
        .take()
}

/// The policy knows the person no longer by this identity. What of its account rests on that goes: the person, if a
/// sign-in found it, and a role that was told, as it may have been told of the person.
pub(crate) async fn no_longer_known(
    tx: &mut Tx,
    (issuer, sub): (&str, &str),
    by: &Actor,
    now: Timestamp,
) -> Result<(), StoreError> {
    let Some(known) = find(tx, issuer, sub).await? else { return Ok(()) };
    let before = match hold(tx, &known.account).await {
        Ok(account) => account,
        Err(AccountError::Store(error)) => return Err(error),
        // It is gone, and its identity with it.
        Err(_) => return Ok(()),
    };
    let (after, event) = without_what_was_told(&before);
    if after == before {
        return Ok(());
    }
    store_told(tx, &after).await?;
    let ended_sessions = tx.execute(&delete_of_account(&after.id, None)).await?;
    let note = Note { event, before: Some(&before), after: &after, ended_sessions };
    events::record(tx, &note, by, now).await
}

/// The account with what was given it alone; a sign-in that is under way counts no longer.
pub(super) fn without_what_was_told(before: &Account) -> (Account, Event) {
    let mut after = before.clone();
    let mut event = Event::RoleLapsed;
    if before.role_source == RoleSource::Mapped {
        after.role_source = RoleSource::Lapsed;
    }
    if before.subject_told {
        after.subject = None;
        after.subject_told = false;
        event = Event::PersonChanged;
    }
    if after != *before {
        after.password_version = before.password_version.saturating_add(1);
    }
    (after, event)
}

/// Keeps whose account it is, where its role comes from, and which sign-ins count.
pub(super) async fn store_told(tx: &mut Tx, after: &Account) -> Result<(), StoreError> {
    let update = update(&after.id)
        .value(Accounts::RoleSource, after.role_source.as_str())
        .value(Accounts::Subject, after.subject.as_ref().map(|subject| subject.as_str().to_owned()))
        .value(Accounts::SubjectTold, i64::from(after.subject_told))
        .value(Accounts::PasswordVersion, after.password_version)
        .take();
    tx.execute(&update).await.map(|_| ())
}

/// The account is this person's from now on, or nobody's. Whoever signed in as who it was before does not go on as
/// somebody else: then every session ends, and a sign-in that is under way comes to nothing.
pub(super) fn become_person(before: &Account, subject: Option<SubjectId>, told: bool) -> Account {
    let was_somebody = i64::from(before.subject.is_some());
    Account {
        subject,
        subject_told: told,
        password_version: before.password_version.saturating_add(was_somebody),
        ..before.clone()
    }
}

/// Keeps what [`become_person`] made of an account; how many sessions ended.
pub(super) async fn store_person(tx: &mut Tx, before: &Account, after: &Account) -> Result<u64, StoreError> {
    store_told(tx, after).await?;
    if before.subject.is_none() {
        return Ok(0);
    }
    tx.execute(&delete_of_account(&after.id, None)).await
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::accounts::AccountRole;
    use policy::Reach;

    fn account(role_source: RoleSource, subject: Option<&str>, subject_told: bool) -> Account {
        Account {
            passkey_required: false,
            id: "id".to_owned(),
            login: "ann".to_owned(),
            name: "Ann".to_owned(),
            password_hash: None,
            password_version: 1,
            role: AccountRole::Approver,
            role_source,
            reach: Reach::Everything,
            active: true,
            created_at: Timestamp::from_micros(1),
            last_sign_in_at: None,
            subject: subject.map(SubjectId::from),
            subject_told,
            handed_out_by: None,
        }
    }

    #[test]
    fn what_was_told_goes_and_what_was_given_stays() {
        use RoleSource::{Given, Lapsed, Mapped};
        for (before, after) in [
            (account(Mapped, Some("ann"), true), account(Lapsed, None, false)),
            (account(Mapped, Some("ann"), false), account(Lapsed, Some("ann"), false)),
            (account(Given, Some("ann"), true), account(Given, None, false)),
        ] {
            let (found, _) = without_what_was_told(&before);
            assert_eq!(found, Account { password_version: 2, ..after });
        }
        for same in [account(Given, Some("ann"), false), account(Lapsed, None, false)] {
            assert_eq!(without_what_was_told(&same).0, same);
        }
    }

    #[test]
    fn who_was_nobody_stays_signed_in_as_somebody() {
        let nobody = account(RoleSource::Given, None, false);
        let ann = become_person(&nobody, Some(SubjectId::from("ann")), false);
        assert_eq!(ann, account(RoleSource::Given, Some("ann"), false));
        let bob = become_person(&ann, Some(SubjectId::from("bob")), true);
        assert_eq!((bob.password_version, bob.subject_told), (2, true));
        assert_eq!(become_person(&bob, None, false).password_version, 3);
    }

    #[test]
    fn a_lapsed_role_approves_nothing() {
        assert!(account(RoleSource::Mapped, None, false).may_approve());
        assert!(!account(RoleSource::Lapsed, None, false).may_approve());
        assert!(!Account { active: false, ..account(RoleSource::Given, None, false) }.may_approve());
    }
}
