//! Who asks: one administrator token, held against its digest, its expiry, its account, and the scope of the route.
//!
//! It stands in front of every route of the table, before anything of the request is read. A session of the console is
//! never looked at: nothing but the header lets anybody in, so no page of another site can use what a browser holds.

use super::ApiState;
use super::problem::Problem;
use crate::authzen::bearer;
use crate::request_id::RequestId;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::request::Parts;
use axum::http::{Extensions, HeaderMap};
use axum::middleware::Next;
use axum::response::Response;
use pdp::Secret;
use pdp::secret::KeyKind;
use policy::scope::AdminScope;
use policy::{Reach, TenantSlug, Timestamp};
use store::{Actor, Via, administration};

/// A token is its prefix and 32 bytes as base64url.
const CHARACTERS: usize = 43;

/// Whoever shows a token with the scope of the route.
#[derive(Debug, Clone)]
pub(crate) struct Administrator {
    shown: administration::Administrator,
    /// The very notion by which the console narrows.
    reach: Reach,
    request_id: Option<String>,
}

impl Administrator {
    /// Who a change is written down as: the account, and the token that it used.
    pub(crate) fn actor(&self) -> Actor {
        let token = &self.shown.token;
        Actor {
            name: format!("{} (token {})", token.account, token.name),
            via: Via::Api,
            request_id: self.request_id.clone(),
        }
    }

    /// The login of the account that the token acts for.
    pub(crate) fn account(&self) -> &str {
        &self.shown.token.account
    }

    /// How far it reaches: its tenant, or everything.
    pub(crate) fn reach(&self) -> &Reach {
        &self.reach
    }

    /// The one tenant that the token is for. None: it is for all of them.
    pub(crate) fn tenant(&self) -> Option<&TenantSlug> {
        self.shown.token.tenant.as_ref()
    }

    /// The database's clock at the beginning of the request.
    pub(crate) fn now(&self) -> Timestamp {
        self.shown.now
    }

    /// Lets a token pass that has this scope beside the one of the route: for what a request asks for by the way.
    ///
    /// # Errors
    /// When it lacks it.
    pub(crate) fn may_also(&self, scope: AdminScope) -> Result<(), Problem> {
        if self.shown.token.may(scope) { Ok(()) } else { Err(Problem::without_scope(scope)) }
    }

    /// Whether what belongs to this tenant (none: to all of them) is the token's to change.
    pub(crate) fn owns(&self, tenant: Option<&TenantSlug>) -> bool {
        self.reach.owns(tenant.map(TenantSlug::as_str))
    }

    /// Lets a token of all tenants pass.
    ///
    /// # Errors
    /// When it is one tenant's.
    pub(crate) fn of_every_tenant(&self) -> Result<(), Problem> {
        if self.reach.is_everything() { Ok(()) } else { Err(Problem::of_another_tenant()) }
    }

    /// Lets a token pass that [owns](Self::owns) it.
    ///
    /// # Errors
    /// When it does not.
    pub(crate) fn owner_of(&self, tenant: Option<&TenantSlug>) -> Result<(), Problem> {
        if self.owns(tenant) { Ok(()) } else { Err(Problem::of_another_tenant()) }
    }

    /// The tenant to narrow a list to: the token's own, or the one that was asked for.
    ///
    /// # Errors
    /// When another than the token's own was asked for.
    pub(crate) fn narrowed(&self, asked: Option<&str>) -> Result<Option<TenantSlug>, Problem> {
        match (self.tenant(), asked) {
            (Some(own), Some(asked)) if own.as_str() != asked => Err(Problem::of_another_tenant()),
            (Some(own), _) => Ok(Some(own.clone())),
            (None, Some(asked)) if policy::ids::check_slug(asked).is_err() => {
                Err(Problem::not_found("tenant"))
            }
            (None, asked) => Ok(asked.map(TenantSlug::from)),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Administrator {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let admitted = parts.extensions.get::<Self>().cloned();
        admitted.ok_or_else(|| Problem::internal(&"a route of the API stands outside of its table"))
    }
}

/// In front of a route that asks for this scope.
pub(super) async fn admit(
    State((state, scope)): State<(ApiState, AdminScope)>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let administrator = recognise(&state, scope, request.headers(), request.extensions()).await?;
    request.extensions_mut().insert(administrator);
    Ok(next.run(request).await)
}

/// Whoever shows a token with this scope.
///
/// # Errors
/// When it is none, or lacks the scope.
pub(super) async fn recognise(
    state: &ApiState,
    scope: AdminScope,
    headers: &HeaderMap,
    extensions: &Extensions,
) -> Result<Administrator, Problem> {
    let token = bearer(headers).ok().filter(is_token);
    let shown = match &token {
        Some(token) => state.store.administrator(&token.digest()).await?,
        None => None,
    };
    let Some(shown) = shown else { return Err(stranger(state, headers, extensions).await?) };
    if let Err(error) = state.store.note_administrator(&shown).await {
        tracing::warn!(%error, "the last use of an administrator token was not written");
    }
    if !shown.token.may(scope) {
        return Err(Problem::without_scope(scope));
    }
    let reach = Reach::from(shown.token.tenant.as_ref());
    Ok(Administrator { shown, reach, request_id: id_of(extensions) })
}

/// The answer to whoever shows nothing that is known. Too many of them from one address are slowed down.
pub(super) async fn stranger(
    state: &ApiState,
    headers: &HeaderMap,
    extensions: &Extensions,
) -> Result<Problem, Problem> {
    let address = state.console.address_of(headers, extensions);
    Ok(match state.console.count_bad_token(address).await? {
        Some(seconds) => Problem::too_many(seconds),
        None => Problem::stranger(),
    })
}

pub(super) fn id_of(extensions: &Extensions) -> Option<String> {
    extensions.get::<RequestId>().map(|id| id.0.clone())
}

/// Nothing else is looked up.
pub(super) fn is_token(secret: &Secret) -> bool {
    let random = secret.expose().strip_prefix(KeyKind::Administrator.prefix());
    random.is_some_and(|random| {
        random.len() == CHARACTERS
            && random.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_could_be_a_token_is_looked_up() {
        assert!(is_token(&Secret::from_random(KeyKind::Administrator, &[7; 32])));
        for bad in [
            String::new(),
            "cst_".to_owned(),
            Secret::from_random(KeyKind::Api, &[7; 32]).expose().to_owned(),
            Secret::from_random(KeyKind::Enforcement, &[7; 32]).expose().to_owned(),
            format!("cst_{}", "a".repeat(42)),
            format!("cst_{}", "a".repeat(44)),
            format!("cst_{}+", "a".repeat(42)),
        ] {
            assert!(!is_token(&Secret::new(bad.as_str())), "{bad}");
        }
    }
}
