//! A request that failed as a request: an HTTP status and a JSON string that says why (AuthZEN 1.0,
//! section 10.1.3). A denial is never one of these.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use pdp::AskError;
use serde_json::{Value, json};

/// In seconds: about as long as a database takes to be there again.
pub(crate) const RETRY_AFTER: i64 = 2;

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RequestError {
    #[error("{0}")]
    Malformed(String),
    #[error("the body is larger than 1 MiB")]
    TooLarge,
    #[error("the body did not arrive in time")]
    TooSlow,
    #[error(
        "send the enforcement key as `Authorization: Bearer …`; it is missing, unknown, expired or switched off"
    )]
    NotACredential,
    #[error("this enforcement key may not search; its setting `search` is `none`")]
    Forbidden,
    #[error("the live state could not be read; try again")]
    Unavailable,
}

impl RequestError {
    pub(super) fn malformed(message: impl Into<String>) -> Self {
        Self::Malformed(message.into())
    }

    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::NotACredential => StatusCode::UNAUTHORIZED,
            Self::Forbidden => StatusCode::FORBIDDEN,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// After how many seconds to ask again, where that may help.
    pub(crate) fn retry_after(&self) -> Option<i64> {
        (*self == Self::Unavailable).then_some(RETRY_AFTER)
    }

    /// The error of one item of a batch: a denial in its place.
    pub(super) fn in_an_item(&self) -> Value {
        let error = json!({ "status": self.status().as_u16(), "message": self.to_string() });
        json!({ "decision": false, "context": { "error": error } })
    }
}

impl From<AskError> for RequestError {
    fn from(error: AskError) -> Self {
        match error {
            AskError::NotACredential => Self::NotACredential,
            AskError::PropertiesTooLarge(_) => Self::malformed(error.to_string()),
        }
    }
}

/// Another method than POST; which one goes is in `Allow`.
pub(super) async fn wrong_method() -> (StatusCode, Json<&'static str>) {
    (StatusCode::METHOD_NOT_ALLOWED, Json("send a POST"))
}

pub(super) async fn unknown_path() -> (StatusCode, Json<&'static str>) {
    (StatusCode::NOT_FOUND, Json("there is nothing at this path"))
}

impl IntoResponse for RequestError {
    fn into_response(self) -> Response {
        let mut response = (self.status(), Json(self.to_string())).into_response();
        if self == Self::NotACredential {
            let challenge = HeaderValue::from_static("Bearer realm=\"countersign\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        if let Some(seconds) = self.retry_after() {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_may_be_there_again_soon_is_asked_again() {
        let gone = RequestError::Unavailable.into_response();
        assert_eq!(gone.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(gone.headers().get(header::RETRY_AFTER), Some(&HeaderValue::from(RETRY_AFTER)));
        for error in [RequestError::TooLarge, RequestError::TooSlow, RequestError::NotACredential] {
            assert!(!error.into_response().headers().contains_key(header::RETRY_AFTER));
        }
    }
}
