//! The active owners: those who may be asked to be the second person, and how many persons they are. Who is an owner by
//! the word of a provider alone is none of them: nobody knows whether that still holds. Nor is the owner of some tenants:
//! what these are asked for concerns all of them.

use super::{Account, AccountError, AccountRole, Accounts, EVERYTHING, RoleSource, identities, passkeys};
use crate::administration::{Actor, Via};
use crate::counting::count;
use crate::db::{StoreError, Tx};
use sea_query::{Cond, Expr, ExprTrait, LockType, Order, Query};

/// The account of an active owner.
#[derive(Debug, Clone, PartialEq, Eq, sqlx::FromRow)]
pub(crate) struct OwnerAccount {
    pub(crate) id: String,
    /// The person whose account it is, where that is told.
    pub(crate) subject: Option<String>,
}

impl OwnerAccount {
    /// Whether both are one person's: the same account, or two of the same person. An account that is nobody's is a person
    /// of its own, as nothing else is known of it.
    pub(crate) fn is_of_same_person(&self, other: &Self) -> bool {
        self.id == other.id || (self.subject.is_some() && self.subject == other.subject)
    }
}

/// Whether at least two persons are among them.
pub(crate) fn are_two_persons(owners: &[OwnerAccount]) -> bool {
    owners.split_first().is_some_and(|(first, rest)| rest.iter().any(|other| !first.is_of_same_person(other)))
}

/// All active owners of everything, by id, held until this transaction is over.
pub(crate) async fn active_owners(tx: &mut Tx) -> Result<Vec<OwnerAccount>, StoreError> {
    let owners = Query::select()
        .columns([Accounts::Id, Accounts::Subject])
        .from(Accounts::Table)
        .and_where(Expr::col(Accounts::Role).eq(AccountRole::Owner.as_str()))
        .and_where(Expr::col(Accounts::RoleSource).eq(RoleSource::Given.as_str()))
        .and_where(Expr::col(Accounts::Active).eq(1_i64))
        .and_where(Expr::col(Accounts::Reach).eq(EVERYTHING))
        .order_by(Accounts::Id, Order::Asc)
        .lock(LockType::NoKeyUpdate)
        .take();
    tx.fetch_all(&owners).await
}

/// Refuses where this account is the only active owner of everything, or the only one of them who comes in. To be called before
/// anything else is held: it holds all active owners, in the order of their ids, so that two who take each other away do not
/// both succeed.
pub(super) async fn keep_an_owner(tx: &mut Tx, id: &str) -> Result<(), AccountError> {
    let owners = active_owners(tx).await?;
    let ids = owners.iter().map(|owner| owner.id.as_str());
    let (this, others): (Vec<&str>, Vec<&str>) = ids.partition(|owner| *owner == id);
    if this.is_empty() {
        return Ok(());
    }
    // Who was invited and never came, or whose way in was taken away, opens the console to nobody.
    if others.is_empty() || (any_comes_in(tx, &this).await? && !any_comes_in(tx, &others).await?) {
        return Err(AccountError::LastOwner);
    }
    Ok(())
}

/// Whether any of these accounts has a password, a passkey or an identity at a provider.
async fn any_comes_in(tx: &mut Tx, accounts: &[&str]) -> Result<bool, StoreError> {
    let ways = Cond::any()
        .add(Expr::col(Accounts::PasswordHash).is_not_null())
        .add(Expr::col(Accounts::Id).in_subquery(passkeys::holders()))
        .add(Expr::col(Accounts::Id).in_subquery(identities::holders()));
    let open = Query::select()
        .from(Accounts::Table)
        .and_where(Expr::col(Accounts::Id).is_in(accounts.iter().copied()))
        .cond_where(ways)
        .take();
    Ok(count(tx, open).await? > 0)
}

#[derive(sqlx::FromRow)]
struct RoleRow {
    role: String,
}

/// Whether an identity of this issuer leads to an owner, switched off or not. Those it leads to are held until this transaction
/// is over. To be called after the issuer's provider was written, as whoever asks for both holds that first.
pub(crate) async fn leads_to_an_owner(tx: &mut Tx, issuer: &str) -> Result<bool, StoreError> {
    let theirs = Query::select()
        .column(Accounts::Role)
        .from(Accounts::Table)
        .and_where(Expr::col(Accounts::Id).in_subquery(identities::accounts_of(issuer)))
        .order_by(Accounts::Id, Order::Asc)
        .lock(LockType::NoKeyUpdate)
        .take();
    let theirs = tx.fetch_all::<RoleRow>(&theirs).await?;
    Ok(theirs.iter().any(|row| row.role == AccountRole::Owner.as_str()))
}

/// A token proves nothing of who holds it, so over the API nobody becomes an owner, and nothing becomes of one. To be asked
/// of the account as it is held.
pub(super) fn refuse_tokens(by: &Actor, role: AccountRole) -> Result<(), AccountError> {
    if by.via == Via::Api && role == AccountRole::Owner { Err(AccountError::OwnersOnly) } else { Ok(()) }
}

/// Nor does a token hand out a link to an account that answers requests for approval, or that stands for a person: whoever has
/// the link has the account, and would be that person. Nor one that takes away the demand for a passkey, which is what keeps
/// out whoever has no more than a link. To be asked of the account as it is held.
pub(super) fn refuse_links_of_tokens(
    by: &Actor,
    account: &Account,
    forgets_passkeys: bool,
) -> Result<(), AccountError> {
    refuse_tokens(by, account.role)?;
    if by.via != Via::Api {
        return Ok(());
    }
    if account.role.may_approve() || account.subject.is_some() {
        return Err(AccountError::PersonsOnly);
    }
    if account.passkey_required && forgets_passkeys { Err(AccountError::PasskeyStays) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner(id: &str, subject: Option<&str>) -> OwnerAccount {
        OwnerAccount { id: id.to_owned(), subject: subject.map(str::to_owned) }
    }

    #[test]
    fn persons_are_counted_and_not_accounts() {
        let (one, two) = (owner("1", Some("ada")), owner("2", Some("ada")));
        let (three, four) = (owner("3", Some("bob")), owner("4", None));
        assert!(one.is_of_same_person(&two) && four.is_of_same_person(&four));
        assert!(!one.is_of_same_person(&three) && !one.is_of_same_person(&four));
        assert!(!four.is_of_same_person(&owner("5", None)));
        for (owners, are) in [
            (vec![], false),
            (vec![one.clone()], false),
            (vec![one.clone(), two.clone()], false),
            (vec![one.clone(), two, three], true),
            (vec![one, four], true),
        ] {
            assert_eq!(are_two_persons(&owners), are, "{owners:?}");
        }
    }

    #[test]
    fn owners_are_out_of_reach_of_tokens_alone() {
        for via in [Via::Cli, Via::Console, Via::Api] {
            let by = Actor { name: "ada".to_owned(), via, request_id: None };
            for role in AccountRole::ALL {
                let refused = matches!(refuse_tokens(&by, *role), Err(AccountError::OwnersOnly));
                assert_eq!(refused, via == Via::Api && *role == AccountRole::Owner, "{via:?} {role}");
            }
        }
    }
}
