//! Forms that change something, and what comes of them.
//!
//! Every form is a plain POST to a server function. It is answered by a redirect to a page whose address says what
//! came of it: saved, refused with the input kept, or failed. So it is the same with and without script, and a
//! reload repeats nothing.

pub mod answer;
pub mod boxes;
pub mod confirm;
pub mod count;
pub mod input;
pub mod notice;
pub mod place;
pub mod problem;
pub mod proof;

#[cfg(feature = "ssr")]
pub mod read;
#[cfg(feature = "ssr")]
pub mod respond;

use crate::permission::Permission;
use crate::session;

/// Whether the reader may do it; who may not, sees no action.
pub fn may(permission: Permission) -> bool {
    session::current().is_some_and(|signed_in| signed_in.may(permission))
}

/// Whether the reader's role counts in some tenants alone.
pub fn is_bound() -> bool {
    session::current().is_some_and(|signed_in| signed_in.is_bound())
}
