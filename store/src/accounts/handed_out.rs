//! What a token handed out is worth what it was handed out for, and no more. Whoever holds the token may have used the link,
//! so an account that was entered by it may be theirs; what an owner gives to it afterwards is meant for somebody else.
//!
//! So an account whose way in a token handed out loses it in the moment in which a person gives it another role or reach, says
//! whose it is or which identity signs in to it, or in which a sign-in finds whose it is: its password, its passkeys, its
//! sessions and the token's links. An owner then makes a link for its holder.

use super::events::{self, Event, Note};
use super::links::unused_links_by_tokens_of;
use super::passkeys;
use super::writing::update;
use super::{Account, Accounts, devices};
use crate::administration::{Actor, Via};
use crate::db::{StoreError, Tx};
use crate::sessions::delete_of_account;
use policy::Timestamp;

/// The token that does it, as the record calls it; none: a person does.
pub(super) fn token_of(by: &Actor) -> Option<String> {
    (by.via == Via::Api).then(|| by.name.clone())
}

/// Takes away what a token handed out of an account that is held. To be called before more is given to it.
pub(super) async fn withdraw(
    tx: &mut Tx,
    before: Account,
    by: &Actor,
    now: Timestamp,
) -> Result<Account, StoreError> {
    tx.execute(&unused_links_by_tokens_of(&before.id)).await?;
    if before.handed_out_by.is_none() {
        return Ok(before);
    }
    // Whose the passkeys are, nobody knows either: a session that the password opened adds them.
    tx.execute(&passkeys::delete_of(&before.id)).await?;
    tx.execute(&devices::delete_of(&before.id)).await?;
    let after = Account {
        password_hash: None,
        password_version: before.password_version.saturating_add(1),
        passkey_required: false,
        handed_out_by: None,
        ..before.clone()
    };
    let update = update(&after.id)
        .value(Accounts::PasswordHash, None::<String>)
        .value(Accounts::PasswordVersion, after.password_version)
        .value(Accounts::PasskeyRequired, 0_i64)
        .value(Accounts::HandedOutBy, None::<String>)
        .take();
    tx.execute(&update).await?;
    let ended_sessions = tx.execute(&delete_of_account(&after.id, None)).await?;
    let note = Note { event: Event::Withdrawn, before: Some(&before), after: &after, ended_sessions };
    events::record(tx, &note, by, now).await?;
    Ok(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_known_by_the_door() {
        for (via, token) in [(Via::Cli, None), (Via::Console, None), (Via::Api, Some("ada (token ci)"))] {
            let by = Actor { name: "ada (token ci)".to_owned(), via, request_id: None };
            assert_eq!(token_of(&by).as_deref(), token, "{via:?}");
        }
    }
}
