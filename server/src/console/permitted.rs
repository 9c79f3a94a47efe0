//! Who may use a form's own address: the one extractor of plain handlers. By the time the handler runs, the caller is
//! known and allowed; server functions demand the same by their first line.

use super::ConsoleState;
use super::answer::{self, Plain};
use app::permission::Permission;
use app::session::SignedIn;
use axum::extract::FromRequestParts;
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::Response;
use std::marker::PhantomData;

/// A permission, as a type.
pub(super) trait Needed: Send {
    const PERMISSION: Permission;
    /// Whether what the handler does is narrowed to the tenants in which the caller's role counts.
    const NARROWED: bool = false;
}

macro_rules! needed {
    ($($name:ident = $permission:ident $(, narrowed: $narrowed:literal)?;)+) => {
        $(
            #[derive(Debug, Clone, Copy)]
            pub(super) struct $name;

            impl Needed for $name {
                const PERMISSION: Permission = Permission::$permission;
                $(const NARROWED: bool = $narrowed;)?
            }
        )+
    };
}

needed! {
    Approves = Approve, narrowed: true;
    OwnsAccount = OwnAccount, narrowed: true;
    ReadsEvidence = ReadEvidence;
    ReadsRules = ReadRules, narrowed: true;
    UsesEmergency = Emergency;
    WritesResources = WriteResources;
    WritesSettings = WriteSettings;
    WritesSubjects = WriteSubjects, narrowed: true;
}

/// Somebody who is signed in and holds the permission.
#[derive(Debug, Clone)]
pub(super) struct Permitted<N>(pub(super) SignedIn, pub(super) PhantomData<N>);

impl<N: Needed> FromRequestParts<ConsoleState> for Permitted<N> {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &ConsoleState) -> Result<Self, Response> {
        // The ring around these handlers lets nobody else through; without it nobody is let in.
        let Some(signed_in) = parts.extensions.get::<SignedIn>().cloned() else {
            return Err(answer::see_other("/sign-in"));
        };
        if signed_in.may(N::PERMISSION) && (N::NARROWED || !signed_in.is_bound()) {
            return Ok(Self(signed_in, PhantomData));
        }
        let plain = Plain::new(state, &parts.headers, &parts.extensions);
        if signed_in.role.may(N::PERMISSION) {
            let text =
                "Your role counts in some tenants alone, and this concerns others. Nothing was changed.";
            let back = Some(("/", "Go to the start page"));
            return Err(plain.message(
                StatusCode::FORBIDDEN,
                "This concerns more than your tenants",
                text,
                back,
            ));
        }
        let text = format!("This needs the role {}. Nothing was changed.", N::PERMISSION.holders_in_words());
        let back = Some(("/", "Go to the start page"));
        Err(plain.message(StatusCode::FORBIDDEN, "Your role does not allow this", &text, back))
    }
}
