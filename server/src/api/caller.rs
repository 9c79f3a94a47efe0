//! Who asks about tasks: an administrator with a token, a caller with its own key or token, or a platform with an
//! enforcement key that vouches for its subjects. The last two get in here and nowhere else below `/api`.

use super::ApiState;
use super::administrator::{Administrator, id_of, is_token, recognise, stranger};
use super::problem::Problem;
use crate::authzen::bearer;
use axum::extract::{FromRequestParts, Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::middleware::Next;
use axum::response::Response;
use pdp::Recognised;
use policy::labels::Trust;
use policy::scope::AdminScope;
use policy::text::shown;
use policy::{SubjectId, TenantSlug};
use store::{Actor, Via};

/// Whoever asks, and for whom it may.
#[derive(Debug, Clone)]
pub(super) enum Caller {
    Administrator(Box<Administrator>),
    /// For every subject, in its tenant or in all of them.
    Platform {
        name: String,
        tenant: Option<TenantSlug>,
        request_id: Option<String>,
    },
    /// For itself alone, where it is a member.
    Own {
        subject: SubjectId,
        tenants: Vec<TenantSlug>,
        request_id: Option<String>,
    },
}

impl Caller {
    /// Who a change is written down as.
    pub(super) fn actor(&self) -> Actor {
        let (name, request_id) = match self {
            Self::Administrator(administrator) => return administrator.actor(),
            Self::Platform { name, request_id, .. } => {
                (format!("enforcement key {}", shown(name, 200)), request_id)
            }
            Self::Own { subject, request_id, .. } => (format!("subject {subject}"), request_id),
        };
        Actor { name, via: Via::Api, request_id: request_id.clone() }
    }

    /// Whether a task of this subject in this tenant is its to see.
    pub(super) fn sees(&self, tenant: &TenantSlug, subject: &SubjectId) -> bool {
        match self {
            Self::Administrator(administrator) => administrator.owns(Some(tenant)),
            Self::Platform { tenant: own, .. } => own.as_ref().is_none_or(|own| own == tenant),
            Self::Own { subject: own, tenants, .. } => own == subject && tenants.contains(tenant),
        }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        let admitted = parts.extensions.get::<Self>().cloned();
        admitted.ok_or_else(|| Problem::internal(&"a route for callers stands outside of its table"))
    }
}

/// In front of a route that asks administrators for this scope.
pub(super) async fn admit(
    State((state, scope)): State<(ApiState, AdminScope)>,
    mut request: Request,
    next: Next,
) -> Result<Response, Problem> {
    let caller = match bearer(request.headers()) {
        Ok(token) if !is_token(&token) => {
            let request_id = id_of(request.extensions());
            let known = state.pdp.recognise(&token, request_id.as_deref().unwrap_or_default()).await?;
            match known {
                Some(Recognised::Platform(key)) if key.trust == Trust::VerifyToken => {
                    let detail = "this enforcement key vouches for nobody; let the caller open its own task";
                    return Err(Problem::new(StatusCode::FORBIDDEN, "vouches_for_nobody", detail));
                }
                Some(Recognised::Platform(key)) => {
                    Caller::Platform { name: key.name, tenant: key.tenant, request_id }
                }
                Some(Recognised::Caller { subject, tenants }) => {
                    Caller::Own { subject: subject.id, tenants, request_id }
                }
                None => {
                    return Err(stranger(&state, request.headers(), request.extensions()).await?);
                }
            }
        }
        _ => {
            let shown = recognise(&state, scope, request.headers(), request.extensions()).await?;
            Caller::Administrator(Box::new(shown))
        }
    };
    request.extensions_mut().insert(caller);
    Ok(next.run(request).await)
}
