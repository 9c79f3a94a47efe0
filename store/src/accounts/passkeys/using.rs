//! What a passkey's answer leaves behind: its counter, which never goes back, and when it was used.

use super::{Passkey, Passkeys};
use crate::Store;
use crate::accounts::events::{self, Event, Note};
use crate::accounts::writing::hold;
use crate::accounts::{Account, AccountError};
use crate::administration::{Actor, Via};
use crate::db::{StoreError, Tx};
use policy::Timestamp;
use sea_query::{Expr, ExprTrait, LockType, Query};

/// A passkey that answered, and was found right.
#[derive(Debug, Clone, Copy)]
pub struct PasskeyUse<'a> {
    pub id: &'a str,
    /// Whose it must be.
    pub account: &'a str,
    /// What is kept of it from now on.
    pub credential: &'a str,
    /// What its authenticator counts to; 0 where it does not count.
    pub counter: u32,
}

/// What came of a use.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum UsedPasskey {
    /// It counts. The account as it is now.
    By(Box<Account>),
    /// The counter went backwards: there may be a copy of it. Written down.
    CountedBackwards,
    /// It was removed meanwhile, is another account's, or the account is switched off.
    Refused,
}

#[derive(sqlx::FromRow)]
struct CounterRow {
    name: String,
    counter: i64,
}

/// Whether a counter may follow another one (Web Authentication Level 3, section 7.2, step 22): authenticators that do not
/// count say 0 always.
fn may_follow(counter: u32, kept: i64) -> bool {
    (counter == 0 && kept == 0) || i64::from(counter) > kept
}

/// Writes down that a passkey of this account was refused; it stays as it is, and so does the account.
async fn refuse(
    tx: &mut Tx,
    account: &Account,
    name: &str,
    request_id: Option<String>,
    now: Timestamp,
) -> Result<(), StoreError> {
    let by = Actor { name: account.login.clone(), via: Via::Console, request_id };
    events::record_passkey(tx, &Note::of(Event::PasskeyRefused, account), name, &by, now).await
}

impl Store {
    /// Notes that a passkey answered. Of two answers with one count the first is taken.
    ///
    /// # Errors
    /// When the database does not answer; then the use counts for nothing.
    pub async fn use_passkey(
        &self,
        used: &PasskeyUse<'_>,
        request_id: Option<String>,
        now: Timestamp,
    ) -> Result<UsedPasskey, AccountError> {
        let mut tx = self.db.begin_write().await?;
        let account = match hold(&mut tx, used.account).await {
            Ok(account) if account.active => account,
            Ok(_) | Err(AccountError::Unknown) => return Ok(UsedPasskey::Refused),
            Err(error) => return Err(error),
        };
        let is = Expr::col(Passkeys::Id).eq(used.id).and(Expr::col(Passkeys::Account).eq(used.account));
        let query = Query::select()
            .columns([Passkeys::Name, Passkeys::Counter])
            .from(Passkeys::Table)
            .and_where(is.clone())
            .lock(LockType::NoKeyUpdate)
            .take();
        let Some(kept) = tx.fetch_optional::<CounterRow>(&query).await? else {
            return Ok(UsedPasskey::Refused);
        };
        if !may_follow(used.counter, kept.counter) {
            refuse(&mut tx, &account, &kept.name, request_id, now).await?;
            tx.commit().await?;
            return Ok(UsedPasskey::CountedBackwards);
        }
        let update = Query::update()
            .table(Passkeys::Table)
            .value(Passkeys::Credential, used.credential)
            .value(Passkeys::Counter, i64::from(used.counter))
            .value(Passkeys::LastUsedAt, now.micros())
            .and_where(is)
            .take();
        tx.execute(&update).await?;
        tx.commit().await?;
        Ok(UsedPasskey::By(Box::new(account)))
    }

    /// Writes down that this passkey counted backwards, where that was seen before the use was noted.
    ///
    /// # Errors
    /// When the account is gone, or the database does not answer.
    pub async fn note_refused_passkey(
        &self,
        passkey: &Passkey,
        request_id: Option<String>,
        now: Timestamp,
    ) -> Result<(), AccountError> {
        let mut tx = self.db.begin_write().await?;
        let account = hold(&mut tx, &passkey.account).await?;
        refuse(&mut tx, &account, &passkey.name, request_id, now).await?;
        Ok(tx.commit().await?)
    }
}

#[cfg(test)]
mod tests {
    use super::may_follow;

    #[test]
    fn a_counter_goes_up_or_does_not_count() {
        for (counter, kept, may) in [
            (0, 0, true),
            (1, 0, true),
            (8, 7, true),
            (u32::MAX, i64::from(u32::MAX) - 1, true),
            (7, 7, false),
            (6, 7, false),
            (0, 7, false),
        ] {
            assert_eq!(may_follow(counter, kept), may, "{counter} after {kept}");
        }
    }
}
