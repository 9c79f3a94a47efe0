//! Deny by default: nothing inside is reached without a session of an account that is active right now.
//!
//! The account is read on every request, so that a role taken away or an account switched off counts at once.

use super::answer::{self, Plain};
use super::{ConsoleState, cookies, sessions};
use app::permission::ConsoleRole;
use app::session::{Presence, SignedIn};
use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;
use policy::{Reach, Timestamp};
use store::StoreError;
use store::accounts::{AccountRole, RoleSource};
use tower_sessions::Session;

/// When a passkey last answered in the session of a request.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct PasskeyAnswered(pub(super) Option<Timestamp>);

/// Why it is not known who is signed in.
#[derive(Debug, thiserror::Error)]
pub(super) enum UnknownCaller {
    #[error("the session could not be read: {0}")]
    Session(#[from] tower_sessions::session::Error),
    #[error("the account could not be read: {0}")]
    Account(#[from] StoreError),
}

/// Who is signed in, if anyone is, and still may be.
pub(super) async fn who(
    state: &ConsoleState,
    session: &Session,
    headers: &HeaderMap,
) -> Result<Option<SignedIn>, UnknownCaller> {
    let Some(account_id) = sessions::account_of(session).await? else { return Ok(None) };
    let Some(session_id) = session.id() else { return Ok(None) };
    let Some(account) = state.store.account(&account_id).await?.filter(|account| account.active) else {
        return Ok(None);
    };
    // A role that a provider told of counts within the sign-in that told it, and for a while.
    let held = match account.role_source {
        RoleSource::Given => account.role,
        RoleSource::Mapped => match sessions::told_role(session, state.now()).await? {
            Some(told) => told,
            None => return Ok(None),
        },
        RoleSource::Lapsed => return Ok(None),
    };
    Ok(Some(SignedIn {
        account_id: account.id,
        login: account.login,
        name: account.name,
        role: role(held),
        tenants: account.reach.tenants().map(|tenants| tenants.iter().map(ToString::to_string).collect()),
        session: sessions::public_id(session_id),
        theme: cookies::read_theme(headers, &state.public_url),
    }))
}

/// The role in which a stored session counts now, and how far it reaches. None: it ended, is not this account's, or the
/// account is off.
pub(super) async fn held_in(
    state: &ConsoleState,
    session: &[u8; 32],
    account: &str,
) -> Result<Option<(ConsoleRole, Reach)>, StoreError> {
    let now = state.now();
    let row = state.store.load_session(session, now).await?;
    let Some(row) = row.filter(|row| row.account.as_deref() == Some(account)) else { return Ok(None) };
    let known = state.store.account(account).await?.filter(|known| known.active);
    Ok(known.and_then(|known| {
        let held = match known.role_source {
            RoleSource::Given => Some(known.role),
            RoleSource::Mapped => sessions::told_role_in(&row, now),
            RoleSource::Lapsed => None,
        };
        Some((role(held?), known.reach))
    }))
}

pub(super) fn role(stored: AccountRole) -> ConsoleRole {
    match stored {
        AccountRole::Owner => ConsoleRole::Owner,
        AccountRole::PolicyAuthor => ConsoleRole::PolicyAuthor,
        AccountRole::Approver => ConsoleRole::Approver,
        AccountRole::Auditor => ConsoleRole::Auditor,
    }
}

/// Lets signed-in people through, with [`SignedIn`] on the request, and sends everybody else to the door.
pub(super) async fn require(
    State(state): State<ConsoleState>,
    session: Session,
    mut request: Request,
    next: Next,
) -> Response {
    match who(&state, &session, request.headers()).await {
        Ok(Some(signed_in)) => {
            // Who cannot be said to have proved it lately is asked once more.
            let proved = sessions::proved_at(&session).await.unwrap_or_default();
            request.extensions_mut().insert(Presence(proved));
            let answered = sessions::passkey_at(&session).await.unwrap_or_default();
            request.extensions_mut().insert(PasskeyAnswered(answered));
            request.extensions_mut().insert(signed_in);
            next.run(request).await
        }
        Ok(None) => turn_away(&state, &request),
        Err(error) => {
            let plain = Plain::of(&state, &request);
            if request.uri().path().starts_with("/_fn/") {
                answer::unavailable(&error, &plain.correlation)
            } else {
                plain.unavailable(&error)
            }
        }
    }
}

fn turn_away(state: &ConsoleState, request: &Request) -> Response {
    let headers = request.headers();
    if request.uri().path().starts_with("/_fn/") {
        // A form that was sent without script is shown the door; a script is told, and keeps what was typed.
        if !asks_for_html(headers) {
            let correlation = answer::correlation(request.extensions());
            return answer::code(StatusCode::UNAUTHORIZED, app::error::SIGN_IN_REQUIRED, &correlation);
        }
        let referer = headers.get(header::REFERER).and_then(|referer| referer.to_str().ok());
        return to_sign_in(state, referer.and_then(|address| state.public_url.local_path(address)));
    }
    let Some(matched) = request.extensions().get::<MatchedPath>() else {
        // No page of ours, which needs no session to be told.
        let plain = Plain::of(state, request);
        return plain.message(StatusCode::NOT_FOUND, "Not here", "There is no such page.", None);
    };
    // Only a page can be come back to, not what a form was sent to.
    let is_page = app::routes::PAGES.iter().any(|page| page.path == matched.as_str());
    let opened = is_page && request.method() == Method::GET;
    let wanted = request.uri().path_and_query().map(axum::http::uri::PathAndQuery::as_str);
    to_sign_in(state, wanted.filter(|_| opened))
}

fn to_sign_in(state: &ConsoleState, back_to: Option<&str>) -> Response {
    let mut response = answer::see_other("/sign-in");
    if let Some(path) = back_to {
        cookies::set_return(&mut response, &state.public_url, path);
    }
    response
}

fn asks_for_html(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use app::permission::Permission;

    #[test]
    fn stored_roles_and_shown_roles_are_the_same_words() {
        for stored in AccountRole::ALL {
            assert_eq!(stored.as_str(), role(*stored).as_str());
            assert_eq!(stored.may_approve(), role(*stored).may(Permission::Approve), "{stored}");
        }
    }
}
