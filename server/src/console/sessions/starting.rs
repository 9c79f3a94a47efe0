//! How a session starts: under an id of its own, with what is known of whoever signed in.

use super::{
    ACCOUNT, ADDRESS, PASSKEY_AT, PASSWORD_VERSION, PROVEN_AT, REFUSED, TOLD_ROLE, TOLD_UNTIL, USER_AGENT,
};
use axum::http::{HeaderMap, header};
use policy::Timestamp;
use serde_json::Value;
use store::accounts::{Account, AccountRole};
use tower_sessions::session::{Error, Session};
use tower_sessions::session_store;

/// What a session begins with.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(in crate::console) struct Proof {
    /// A role that counts in this session alone, and until then.
    pub(in crate::console) told: Option<(AccountRole, Timestamp)>,
    /// When somebody proved themselves: to the provider, or with the password.
    pub(in crate::console) at: Option<Timestamp>,
    /// It was proved by a passkey.
    pub(in crate::console) by_passkey: bool,
}

/// Keeps a value, or keeps none: what an earlier sign-in left in the browser does not count.
async fn keep(session: &Session, name: &str, value: Option<Value>) -> Result<(), Error> {
    match value {
        Some(value) => session.insert_value(name, value).await?,
        None => session.remove_value(name).await?,
    };
    Ok(())
}

/// Starts a session under a fresh id: one that was planted before sign-in is worth nothing after it. False where
/// the account was switched off, or given another password, since it was read.
pub(in crate::console) async fn start(
    session: &Session,
    account: &Account,
    headers: &HeaderMap,
    address: Option<&str>,
    proof: &Proof,
) -> Result<bool, Error> {
    session.cycle_id().await?;
    keep(session, TOLD_ROLE, proof.told.map(|(role, _)| Value::from(role.as_str()))).await?;
    keep(session, TOLD_UNTIL, proof.told.map(|(_, until)| Value::from(until.micros()))).await?;
    keep(session, PROVEN_AT, proof.at.map(|at| Value::from(at.micros()))).await?;
    let by_passkey = proof.at.filter(|_| proof.by_passkey);
    keep(session, PASSKEY_AT, by_passkey.map(|at| Value::from(at.micros()))).await?;
    session.insert(ACCOUNT, &account.id).await?;
    session.insert(PASSWORD_VERSION, account.password_version).await?;
    if let Some(user_agent) = headers.get(header::USER_AGENT).and_then(|value| value.to_str().ok()) {
        session.insert(USER_AGENT, user_agent).await?;
    }
    if let Some(address) = address {
        session.insert(ADDRESS, address).await?;
    }
    // At once, and not with the answer: only the database knows whether it may start.
    match session.save().await {
        Ok(()) => Ok(true),
        Err(Error::Store(session_store::Error::Backend(why))) if why == REFUSED => {
            session.flush().await?;
            Ok(false)
        }
        Err(error) => Err(error),
    }
}
