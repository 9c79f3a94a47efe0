//! A request that failed as a request: an HTTP status and a JSON string that says why (AuthZEN 1.0,
//! section 10.1.3). A denial is never one of these.

use axum::Json;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum RequestError {
    #[error("{0}")]
    Malformed(String),
    #[error("the body is larger than 1 MiB")]
    TooLarge,
    #[error(
        "send the enforcement key as `Authorization: Bearer …`; it is missing, unknown, expired or switched off"
    )]
    NotACredential,
}

impl RequestError {
    pub(super) fn malformed(message: impl Into<String>) -> Self {
        Self::Malformed(message.into())
    }

    pub(super) fn status(&self) -> StatusCode {
        match self {
            Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::TooLarge => StatusCode::PAYLOAD_TOO_LARGE,
            Self::NotACredential => StatusCode::UNAUTHORIZED,
        }
    }
}

impl IntoResponse for RequestError {
    fn into_response(self) -> Response {
        let mut response = (self.status(), Json(self.to_string())).into_response();
        if self == Self::NotACredential {
            let challenge = HeaderValue::from_static("Bearer realm=\"countersign\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        response
    }
}
