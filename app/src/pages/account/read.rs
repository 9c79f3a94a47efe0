//! What the account page reads from the server, and how own sessions are ended.

use crate::error::AppError;
use crate::moment::Moment;
use crate::wire::Json;
use leptos::prelude::*;
use leptos::server_fn::codec::GetUrl;
use serde::{Deserialize, Serialize};

/// The own account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct AccountView {
    pub name: String,
    pub login: String,
    /// The word on screen.
    pub role: String,
    pub last_sign_in: Option<Moment>,
    /// Without one they come in by a provider, and do not give themselves one.
    pub has_password: bool,
    /// The one used last first.
    pub sessions: Vec<SessionLine>,
    pub passkeys: Passkeys,
}

/// The own passkeys, and what may be done with them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Passkeys {
    /// Whether the console's address can have any.
    pub usable: bool,
    /// The oldest first.
    pub lines: Vec<PasskeyLine>,
    /// The password alone opens no session.
    pub demanded: bool,
    pub has_password: bool,
    /// A provider tells of the role, so one signs in there.
    pub told: bool,
    /// The reader's last proof is too old to change them; where one is demanded, their last proof by a passkey.
    pub asks_proof: bool,
}

impl Passkeys {
    /// Whether a passkey is demanded, or could be.
    pub fn may_demand(&self) -> bool {
        self.demanded || (self.usable && self.has_password && !self.lines.is_empty())
    }
}

/// One of the own passkeys.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PasskeyLine {
    pub id: String,
    pub name: String,
    pub added: Moment,
    pub last_used: Option<Moment>,
}

/// One of the own sessions.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionLine {
    /// The public id; of no use to whoever wants to take the session over.
    pub id: String,
    /// "Chromium on Linux".
    pub browser: String,
    pub address: Option<String>,
    pub started: Moment,
    pub last_seen: Moment,
    /// The session of this very request.
    pub current: bool,
}

#[server(endpoint = "account", input = GetUrl, output = Json)]
pub async fn read_account() -> Result<AccountView, AppError> {
    let (signed_in, _) = crate::session::require_within(crate::permission::Permission::OwnAccount)?;
    let console = crate::console::Console::current()?;
    server::account(&console, signed_in).await
}

/// Ends one of the own sessions. A session of somebody else, or one that is gone, is left alone.
#[server(endpoint = "end-session", output = Json)]
pub async fn end_session(id: String) -> Result<(), AppError> {
    let (signed_in, _) = crate::session::require_within(crate::permission::Permission::OwnAccount)?;
    let console = crate::console::Console::current()?;
    server::end(&console, &signed_in, &id).await?;
    leptos_axum::redirect(crate::routes::ACCOUNT.path);
    Ok(())
}

/// Ends all own sessions but this one.
#[server(endpoint = "end-other-sessions", output = Json)]
pub async fn end_other_sessions() -> Result<(), AppError> {
    let (signed_in, _) = crate::session::require_within(crate::permission::Permission::OwnAccount)?;
    let console = crate::console::Console::current()?;
    server::end_others(&console, &signed_in).await?;
    leptos_axum::redirect(crate::routes::ACCOUNT.path);
    Ok(())
}

#[cfg(feature = "ssr")]
mod server {
    use super::super::browser;
    use super::{AccountView, PasskeyLine, Passkeys, SessionLine};
    use crate::console::Console;
    use crate::error::AppError;
    use crate::moment::Moment;
    use crate::pages::form::respond::actor;
    use crate::session::{PasskeyHolder, Presence, SignedIn};
    use policy::Timestamp;
    use std::fmt::Write;
    use store::accounts::{Account, Passkey, RoleSource};
    use store::sessions::ConsoleSession;

    pub(super) async fn account(console: &Console, signed_in: SignedIn) -> Result<AccountView, AppError> {
        let now = console.now();
        let account = console.store.account(&signed_in.account_id).await?;
        let sessions = console.store.list_sessions(&signed_in.account_id, now).await?;
        let held = console.store.list_passkeys(&signed_in.account_id).await?;
        Ok(AccountView {
            has_password: account.as_ref().is_some_and(|account| account.password_hash.is_some()),
            passkeys: passkeys(console, account.as_ref(), held),
            last_sign_in: account.and_then(|account| account.last_sign_in_at).map(|at| Moment::new(at, now)),
            sessions: sessions.iter().map(|session| line(session, &signed_in.session, now)).collect(),
            role: signed_in.label(),
            name: signed_in.name,
            login: signed_in.login,
        })
    }

    fn passkeys(console: &Console, account: Option<&Account>, held: Vec<Passkey>) -> Passkeys {
        let now = console.now();
        let line = |passkey: Passkey| PasskeyLine {
            id: passkey.id,
            name: passkey.name,
            added: Moment::new(passkey.created_at, now),
            last_used: passkey.last_used_at.map(|at| Moment::new(at, now)),
        };
        let demanded = account.is_some_and(|account| account.passkey_required);
        let asks_proof = if demanded {
            !PasskeyHolder::current().proved
        } else {
            Presence::current().is_too_old_for(None, now)
        };
        Passkeys {
            usable: console.passkeys_usable,
            lines: held.into_iter().map(line).collect(),
            demanded,
            has_password: account.is_some_and(|account| account.password_hash.is_some()),
            told: account.is_some_and(|account| account.role_source == RoleSource::Mapped),
            asks_proof,
        }
    }

    pub(super) async fn end(console: &Console, signed_in: &SignedIn, id: &str) -> Result<(), AppError> {
        let sessions = console.store.list_sessions(&signed_in.account_id, console.now()).await?;
        if let Some(session) = sessions.iter().find(|session| public_id(session) == id) {
            console.store.delete_session(&session.id_digest).await?;
        }
        Ok(())
    }

    pub(super) async fn end_others(console: &Console, signed_in: &SignedIn) -> Result<(), AppError> {
        let sessions = console.store.list_sessions(&signed_in.account_id, console.now()).await?;
        let own = sessions.iter().find(|session| public_id(session) == signed_in.session);
        // Without knowing which one is this one, none is ended: nobody is to be signed out by surprise.
        let own = own.ok_or_else(|| AppError::internal(&"the own session is not in the list"))?;
        let by = actor(signed_in);
        console.store.end_other_sessions(&signed_in.account_id, &own.id_digest, &by, console.now()).await?;
        Ok(())
    }

    /// As the server's session layer writes it into `SignedIn::session`: the digest in hexadecimal.
    fn public_id(session: &ConsoleSession) -> String {
        session.id_digest.iter().fold(String::with_capacity(64), |mut text, byte| {
            // Writing to a `String` cannot fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }

    fn line(session: &ConsoleSession, own: &str, now: Timestamp) -> SessionLine {
        let id = public_id(session);
        SessionLine {
            current: id == own,
            browser: browser::words(session.user_agent.as_deref().unwrap_or_default()),
            address: session.address.clone(),
            started: Moment::new(session.created_at, now),
            last_seen: Moment::new(session.last_seen_at, now),
            id,
        }
    }
}
