//! Sessions: tower-sessions' `SessionStore` over our own table, and the layer that gives each request its
//! session.
//!
//! tower-sessions' own layer is not used: it knows no absolute expiry, moves the idle one only when a session
//! was changed, and drops a cookie without `Secure`, which browsers ignore for a `__Host-` cookie. Ids are
//! stored as digests only. A session exists from sign-in to sign-out; visitors have none.

mod keeping;
mod layer;
mod starting;

pub(super) use keeping::{ConsoleSessions, digest, digest_of, public_id};
pub(super) use layer::provide;
pub(super) use starting::{Proof, start};

use policy::Timestamp;
use serde_json::Value;
use std::collections::HashMap;
use store::accounts::AccountRole;
use store::sessions::ConsoleSession;
use tower_sessions::session::{Error, Session};

/// Who is signed in; a column of its own.
const ACCOUNT: &str = "account";
const USER_AGENT: &str = "user_agent";
const ADDRESS: &str = "address";
/// The role that a provider told of, and until when it counts, in microseconds.
const TOLD_ROLE: &str = "told_role";
const TOLD_UNTIL: &str = "told_until";
/// When whoever sits at the browser last proved to be the account's owner, in microseconds.
const PROVEN_AT: &str = "proven_at";
/// When a passkey last answered in this session, in microseconds.
const PASSKEY_AT: &str = "passkey_at";
/// Which password was checked. Looked at when the session is made, and not kept.
const PASSWORD_VERSION: &str = "password_version";

/// Why a session was not made; see [`start`].
const REFUSED: &str = "the account was changed while it signed in";

/// The account that signed in, as the session has it. Whether it still may is not known here.
pub(super) async fn account_of(session: &Session) -> Result<Option<String>, Error> {
    session.get::<String>(ACCOUNT).await
}

/// When whoever sits at the browser last proved to be the account's owner; none where that is not known.
pub(super) async fn proved_at(session: &Session) -> Result<Option<Timestamp>, Error> {
    Ok(session.get::<i64>(PROVEN_AT).await?.map(Timestamp::from_micros))
}

/// The password was given; kept with the answer.
pub(super) async fn note_proof(session: &Session, now: Timestamp) -> Result<(), Error> {
    session.insert(PROVEN_AT, now.micros()).await
}

/// A passkey answered, whose holder it verified; kept with the answer.
pub(super) async fn note_passkey(session: &Session, now: Timestamp) -> Result<(), Error> {
    note_proof(session, now).await?;
    session.insert(PASSKEY_AT, now.micros()).await
}

/// When a passkey last answered in this session; none where none did.
pub(super) async fn passkey_at(session: &Session) -> Result<Option<Timestamp>, Error> {
    Ok(session.get::<i64>(PASSKEY_AT).await?.map(Timestamp::from_micros))
}

/// The role that a provider told of for this session, while it counts.
pub(super) async fn told_role(session: &Session, now: Timestamp) -> Result<Option<AccountRole>, Error> {
    let until = session.get::<i64>(TOLD_UNTIL).await?.unwrap_or(0);
    let role = session.get::<String>(TOLD_ROLE).await?;
    Ok(role.filter(|_| now.micros() < until).and_then(|word| word.parse().ok()))
}

/// The same of a session as it is stored.
pub(super) fn told_role_in(row: &ConsoleSession, now: Timestamp) -> Option<AccountRole> {
    let data: HashMap<String, Value> = serde_json::from_str(&row.data).ok()?;
    let until = data.get(TOLD_UNTIL).and_then(Value::as_i64).unwrap_or(0);
    let role = data.get(TOLD_ROLE).and_then(Value::as_str)?;
    if now.micros() < until { role.parse().ok() } else { None }
}

/// When whoever holds this session proved themselves.
pub(super) fn proven_at(row: &ConsoleSession) -> Option<Timestamp> {
    let data: HashMap<String, Value> = serde_json::from_str(&row.data).ok()?;
    data.get(PROVEN_AT).and_then(Value::as_i64).map(Timestamp::from_micros)
}

/// When a passkey last answered in a session as it is stored.
pub(super) fn passkey_at_in(row: &ConsoleSession) -> Option<Timestamp> {
    let data: HashMap<String, Value> = serde_json::from_str(&row.data).ok()?;
    data.get(PASSKEY_AT).and_then(Value::as_i64).map(Timestamp::from_micros)
}

#[cfg(test)]
mod tests;
