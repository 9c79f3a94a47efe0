//! The one error that reaches a browser: a code and a correlation id, never free text of ours or the database's.

use crate::wire::JsonText;
use leptos::prelude::{FromServerFnError, ServerFnErrorErr};
use serde::{Deserialize, Serialize};

/// What went wrong, as far as a browser may know.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{code} ({correlation})")]
pub struct AppError {
    /// One of the codes below; a stable word.
    pub code: String,
    /// The id of the request, which the log names too. Empty where the server was never reached.
    pub correlation: String,
}

pub const SIGN_IN_REQUIRED: &str = "sign_in_required";
pub const FORBIDDEN: &str = "forbidden";
/// The account is of some tenants, and this concerns others.
pub const TENANT_BOUND: &str = "tenant_bound";
pub const BAD_REQUEST: &str = "bad_request";
pub const UNAVAILABLE: &str = "unavailable";
pub const INTERNAL: &str = "internal";
pub const UNREACHABLE: &str = "unreachable";

impl AppError {
    /// What failed, in a few words.
    pub fn title(&self) -> &'static str {
        match self.code.as_str() {
            SIGN_IN_REQUIRED => "Your session has ended",
            FORBIDDEN => "Your role does not allow this",
            TENANT_BOUND => "This concerns more than your tenants",
            BAD_REQUEST => "The server did not understand this request",
            UNAVAILABLE => "The database did not answer",
            UNREACHABLE => "The server could not be reached",
            _ => "Something went wrong on the server",
        }
    }

    /// What to do about it.
    pub fn advice(&self) -> &'static str {
        match self.code.as_str() {
            SIGN_IN_REQUIRED => "Sign in again to go on.",
            FORBIDDEN => "Ask an owner for a role that may do this.",
            TENANT_BOUND => "Your role counts in some tenants alone. Ask an owner of all of them.",
            BAD_REQUEST => "Go back, check the address or the filters, and try again.",
            UNAVAILABLE => {
                "Calls are denied while it is away. Try again; if it stays so, look at the server's log."
            }
            UNREACHABLE => "Check the connection and try again.",
            _ => "Try again. If it stays so, give the correlation id to whoever runs the server.",
        }
    }

    pub fn asks_to_sign_in(&self) -> bool {
        self.code == SIGN_IN_REQUIRED
    }
}

impl FromServerFnError for AppError {
    type Encoder = JsonText;

    fn from_server_fn_error(value: ServerFnErrorErr) -> Self {
        match &value {
            ServerFnErrorErr::Args(_)
            | ServerFnErrorErr::MissingArg(_)
            | ServerFnErrorErr::Serialization(_)
            | ServerFnErrorErr::UnsupportedRequestMethod(_) => Self::bad_request(&value),
            ServerFnErrorErr::Request(_) => Self::unreachable(&value),
            ServerFnErrorErr::Registration(_)
            | ServerFnErrorErr::ServerError(_)
            | ServerFnErrorErr::MiddlewareError(_)
            | ServerFnErrorErr::Response(_) => Self::internal(&value),
            // On the server it is the request that does not read, in the browser the answer.
            ServerFnErrorErr::Deserialization(_) if cfg!(feature = "ssr") => Self::bad_request(&value),
            ServerFnErrorErr::Deserialization(_) => Self::internal(&value),
        }
    }
}

#[cfg(not(feature = "ssr"))]
mod browser {
    use super::{AppError, BAD_REQUEST, INTERNAL, UNREACHABLE};
    use std::fmt::Display;

    impl AppError {
        fn here(code: &str) -> Self {
            Self { code: code.to_owned(), correlation: String::new() }
        }

        pub(super) fn bad_request(_: &dyn Display) -> Self {
            Self::here(BAD_REQUEST)
        }

        pub(crate) fn unreachable(_: &dyn Display) -> Self {
            Self::here(UNREACHABLE)
        }

        pub(super) fn internal(_: &dyn Display) -> Self {
            Self::here(INTERNAL)
        }
    }
}

#[cfg(feature = "ssr")]
mod server {
    use super::{
        AppError, BAD_REQUEST, FORBIDDEN, INTERNAL, SIGN_IN_REQUIRED, TENANT_BOUND, UNAVAILABLE, UNREACHABLE,
    };
    use axum::http::StatusCode;
    use axum::http::request::Parts;
    use leptos::context::use_context;
    use leptos_axum::ResponseOptions;
    use std::fmt::Display;

    /// The id of the request at hand, provided by the server beside the console.
    #[derive(Debug, Clone, PartialEq, Eq)]
    pub struct Correlation(pub String);

    fn correlation() -> String {
        let provided = use_context::<Correlation>().map(|id| id.0).or_else(from_header);
        provided.unwrap_or_else(|| uuid::Uuid::now_v7().simple().to_string())
    }

    fn from_header() -> Option<String> {
        let parts = use_context::<Parts>()?;
        let id = parts.headers.get("x-request-id")?.to_str().ok()?;
        (1..=128).contains(&id.len()).then(|| id.to_owned())
    }

    impl AppError {
        /// Answers with this status; the page or the server function carries the code.
        fn answer(code: &str, status: StatusCode) -> Self {
            if let Some(response) = use_context::<ResponseOptions>() {
                response.set_status(status);
            }
            Self { code: code.to_owned(), correlation: correlation() }
        }

        fn logged(code: &str, status: StatusCode, cause: &dyn Display) -> Self {
            let error = Self::answer(code, status);
            tracing::error!(code, correlation = %error.correlation, %cause, "a console request failed");
            error
        }

        pub fn sign_in_required() -> Self {
            Self::answer(SIGN_IN_REQUIRED, StatusCode::UNAUTHORIZED)
        }

        pub fn forbidden() -> Self {
            Self::answer(FORBIDDEN, StatusCode::FORBIDDEN)
        }

        /// The account is of some tenants, and this concerns others, or none.
        pub fn tenant_bound() -> Self {
            Self::answer(TENANT_BOUND, StatusCode::FORBIDDEN)
        }

        /// What came cannot be read.
        pub fn bad_request(cause: &dyn Display) -> Self {
            let error = Self::answer(BAD_REQUEST, StatusCode::BAD_REQUEST);
            tracing::debug!(correlation = %error.correlation, %cause, "a console request was refused");
            error
        }

        /// The database failed.
        pub fn unavailable(cause: &dyn Display) -> Self {
            Self::logged(UNAVAILABLE, StatusCode::SERVICE_UNAVAILABLE, cause)
        }

        /// A fault of ours.
        pub fn internal(cause: &dyn Display) -> Self {
            Self::logged(INTERNAL, StatusCode::INTERNAL_SERVER_ERROR, cause)
        }

        pub(super) fn unreachable(cause: &dyn Display) -> Self {
            Self::logged(UNREACHABLE, StatusCode::BAD_GATEWAY, cause)
        }
    }

    impl From<store::StoreError> for AppError {
        fn from(error: store::StoreError) -> Self {
            match &error {
                store::StoreError::Unavailable(_) | store::StoreError::Standby => Self::unavailable(&error),
                _ => Self::internal(&error),
            }
        }
    }

    impl From<pdp::approvals::ApprovalError> for AppError {
        fn from(error: pdp::approvals::ApprovalError) -> Self {
            match error {
                pdp::approvals::ApprovalError::Store(error) => error.into(),
                error => Self::internal(&error),
            }
        }
    }
}

#[cfg(feature = "ssr")]
pub use server::Correlation;
