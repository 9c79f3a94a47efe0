//! Errors about requests for approval, as problem documents (RFC 9457) with the names of the profile.

use crate::authzen::RequestError;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use pdp::requests::TaskError;
use policy::text::shown;
use serde_json::json;

/// What the names of the profile begin with.
const URN: &str = "urn:openid:authzen:access-request:error:";

/// The longest `detail`, in characters: it may quote what was sent.
const LONGEST: usize = 500;

/// A problem document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    /// The `type`.
    kind: String,
    status: StatusCode,
    detail: String,
    /// In seconds.
    retry_after: Option<i64>,
}

impl Problem {
    fn of_the_profile(status: StatusCode, name: &str, detail: impl AsRef<str>) -> Self {
        Self {
            kind: format!("{URN}{name}"),
            status,
            detail: shown(detail.as_ref(), LONGEST),
            retry_after: None,
        }
    }

    /// One that the profile has no name for.
    pub(super) fn general(status: StatusCode, detail: impl AsRef<str>) -> Self {
        Self {
            kind: "about:blank".to_owned(),
            status,
            detail: shown(detail.as_ref(), LONGEST),
            retry_after: None,
        }
    }

    pub(super) fn malformed(detail: impl AsRef<str>) -> Self {
        Self::general(StatusCode::BAD_REQUEST, detail)
    }

    pub(super) fn not_requestable(detail: impl AsRef<str>) -> Self {
        Self::of_the_profile(StatusCode::BAD_REQUEST, "not_requestable", detail)
    }

    pub(super) fn invalid_binding(detail: impl AsRef<str>) -> Self {
        Self::of_the_profile(StatusCode::BAD_REQUEST, "invalid_denial_binding", detail)
    }

    #[cfg(test)]
    pub(super) fn kind(&self) -> &str {
        &self.kind
    }
}

impl From<RequestError> for Problem {
    fn from(error: RequestError) -> Self {
        Self { retry_after: error.retry_after(), ..Self::general(error.status(), error.to_string()) }
    }
}

impl From<TaskError> for Problem {
    fn from(error: TaskError) -> Self {
        let detail = error.to_string();
        match error {
            TaskError::NotACredential => RequestError::NotACredential.into(),
            TaskError::InvalidBinding => Self::invalid_binding(detail),
            TaskError::ExpiredDenial => Self::of_the_profile(StatusCode::GONE, "expired_denial", detail),
            TaskError::Duplicate => Self::of_the_profile(StatusCode::CONFLICT, "duplicate_request", detail),
            TaskError::Unknown => Self::of_the_profile(StatusCode::NOT_FOUND, "unknown_task", detail),
            TaskError::Expired => Self::of_the_profile(StatusCode::GONE, "task_expired", detail),
            TaskError::InvalidState(_) => {
                Self::of_the_profile(StatusCode::CONFLICT, "invalid_task_state", detail)
            }
            TaskError::Store(_) | TaskError::Signing(_) | TaskError::Approval(_) => {
                tracing::error!(error = %error, cause = ?std::error::Error::source(&error), "a request for approval could not be looked at");
                RequestError::Unavailable.into()
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let document = json!({
            "type": self.kind,
            "title": self.status.canonical_reason(),
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        let headers = [
            (header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json")),
            (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
        ];
        let mut response = (self.status, headers, document.to_string()).into_response();
        if self.status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Bearer realm=\"countersign\"");
            response.headers_mut().insert(header::WWW_AUTHENTICATE, challenge);
        }
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_error_has_its_name_and_status() {
        for (error, status, name) in [
            (TaskError::InvalidBinding, 400, "invalid_denial_binding"),
            (TaskError::ExpiredDenial, 410, "expired_denial"),
            (TaskError::Duplicate, 409, "duplicate_request"),
            (TaskError::Unknown, 404, "unknown_task"),
            (TaskError::Expired, 410, "task_expired"),
            (TaskError::InvalidState("denied"), 409, "invalid_task_state"),
        ] {
            let problem = Problem::from(error);
            assert_eq!((problem.kind(), problem.status.as_u16()), (format!("{URN}{name}").as_str(), status));
        }
        let stranger = Problem::from(TaskError::NotACredential).into_response();
        assert_eq!(stranger.status(), StatusCode::UNAUTHORIZED);
        assert!(stranger.headers().contains_key(header::WWW_AUTHENTICATE));
        let corrupt = store::StoreError::Corrupt { what: "secret_table".to_owned() };
        let problem = Problem::from(TaskError::Store(corrupt));
        assert!(!problem.detail.contains("secret_table"), "{problem:?}");
        // It is worth asking again, as on the other paths.
        let answer = problem.into_response();
        assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert!(answer.headers().contains_key(header::RETRY_AFTER));
    }
}
