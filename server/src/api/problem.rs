//! What went wrong, as a problem document (RFC 9457). Says nothing of SQL, of Rust, or of other tenants.

use crate::authzen::{RETRY_AFTER, RequestError};
use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use pdp::bundle::{ApplyError, ExportError};
use pdp::drafts::{Remark, SaveError};
use policy::scope::AdminScope;
use policy::text::shown;
use serde::Serialize;
use std::fmt::Display;
use store::administration::EmergencyError;
use store::{StoreError, WriteError};
use utoipa::ToSchema;

/// The media type of problems.
pub(super) const MEDIA_TYPE: &str = "application/problem+json";

/// The longest `detail`, in characters: it may quote what was sent.
const LONGEST: usize = 1_000;

/// A problem document (RFC 9457).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// `urn:countersign:problem:` and the code.
    #[serde(rename = "type")]
    kind: String,
    /// The status in words.
    title: String,
    /// The HTTP status.
    status: u16,
    /// What went wrong, for people. Not stable.
    detail: String,
    /// What went wrong, for programs. Stable.
    code: String,
    /// The id of the request, as the log and the changes have it.
    #[serde(skip_serializing_if = "Option::is_none")]
    request_id: Option<String>,
    /// Which members are wrong, where that is known.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    errors: Vec<FieldError>,
    /// The path of what to look at, where something else is in the way.
    #[serde(skip_serializing_if = "Option::is_none")]
    see: Option<String>,
    #[serde(skip)]
    #[schema(ignore)]
    retry_after: Option<i64>,
}

/// What is wrong with one member of what was sent.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct FieldError {
    /// The member, or a path of members: `parameters/properties/amount`.
    field: String,
    detail: String,
}

impl Problem {
    pub(crate) fn new(status: StatusCode, code: &str, detail: impl AsRef<str>) -> Self {
        Self {
            kind: format!("urn:countersign:problem:{code}"),
            title: status.canonical_reason().unwrap_or_default().to_owned(),
            status: status.as_u16(),
            detail: shown(detail.as_ref(), LONGEST),
            code: code.to_owned(),
            request_id: None,
            errors: Vec::new(),
            see: None,
            retry_after: None,
        }
    }

    /// What was sent cannot be read.
    pub(crate) fn malformed(detail: impl AsRef<str>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, "malformed", detail)
    }

    /// What was sent can be read and cannot be done, because of this member.
    pub(crate) fn invalid(field: &str, detail: impl AsRef<str>) -> Self {
        let detail = detail.as_ref();
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", format!("`{field}` {detail}"))
            .with_error(field, detail)
    }

    /// It is not there, or not for whoever asks to see.
    pub(crate) fn not_found(what: &str) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not_found", format!("there is no such {what}"))
    }

    pub(crate) fn conflict(code: &str, detail: impl AsRef<str>) -> Self {
        Self::new(StatusCode::CONFLICT, code, detail)
    }

    /// `If-Match` names another version.
    pub(crate) fn stale(detail: impl AsRef<str>) -> Self {
        Self::new(StatusCode::PRECONDITION_FAILED, "stale", detail)
    }

    pub(super) fn stranger() -> Self {
        Self::new(
            StatusCode::UNAUTHORIZED,
            "unauthorized",
            "send an administrator token as `Authorization: Bearer …`; it is missing, unknown, expired, revoked, or \
             its account is switched off",
        )
    }

    pub(super) fn too_many(seconds: i64) -> Self {
        let detail = "too many requests with a token that is none came from this address";
        Self {
            retry_after: Some(seconds),
            ..Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_attempts", detail)
        }
    }

    pub(super) fn without_scope(scope: AdminScope) -> Self {
        let detail = format!("the token lacks the scope `{scope}`");
        Self::new(StatusCode::FORBIDDEN, "scope_missing", detail)
    }

    /// The token is one tenant's, and this concerns others.
    pub(crate) fn of_another_tenant() -> Self {
        let detail = "the token is of one tenant, and this concerns others";
        Self::new(StatusCode::FORBIDDEN, "tenant_bound", detail)
    }

    /// A fault of ours. The cause goes to the log alone.
    pub(crate) fn internal(cause: &dyn Display) -> Self {
        tracing::error!(%cause, "a request to the administration API failed");
        Self::new(
            StatusCode::INTERNAL_SERVER_ERROR,
            "internal",
            "something went wrong on the server; the log has it by the request's id",
        )
    }

    #[must_use]
    pub(crate) fn with_error(mut self, field: &str, detail: &str) -> Self {
        let error = FieldError { field: shown(field, LONGEST), detail: shown(detail, LONGEST) };
        self.errors.push(error);
        self
    }

    #[must_use]
    pub(crate) fn with_see(self, path: String) -> Self {
        Self { see: Some(path), ..self }
    }

    /// After so many seconds it may go.
    #[must_use]
    pub(crate) fn with_retry_after(self, seconds: i64) -> Self {
        Self { retry_after: Some(seconds), ..self }
    }

    /// The document, once the request's id is known.
    pub(super) fn document(&self, request_id: Option<&str>) -> Vec<u8> {
        let known = Self { request_id: request_id.map(str::to_owned), ..self.clone() };
        // Texts and numbers: it cannot fail.
        serde_json::to_vec(&known).unwrap_or_default()
    }

    fn of_remarks(code: &str, detail: &str, remarks: &[Remark]) -> Self {
        let problem = Self::new(StatusCode::UNPROCESSABLE_ENTITY, code, detail);
        remarks.iter().fold(problem, |problem, remark| {
            let path = remark.path.as_deref().unwrap_or_default();
            problem.with_error(&format!("{}{path}", remark.place.as_str()), &remark.text)
        })
    }
}

/// The member that names a thing of this kind.
fn named_by(kind: &str) -> &'static str {
    match kind {
        "tenant" | "server" => "slug",
        "subject" => "id",
        _ => "name",
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Constraint { .. } | StoreError::Refused(_) => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "refused",
                "the database does not take these values",
            ),
            StoreError::Corrupt { .. } => Self::internal(&error),
            StoreError::Unavailable(_) | StoreError::Standby => {
                tracing::error!(cause = %error, "a request to the administration API failed");
                let detail = "the database did not answer; nothing was changed as far as is known";
                let problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail);
                Self { retry_after: Some(RETRY_AFTER), ..problem }
            }
        }
    }
}

impl From<WriteError> for Problem {
    fn from(error: WriteError) -> Self {
        let detail = error.to_string();
        match error {
            WriteError::Store(error) => error.into(),
            WriteError::Name { kind, why, .. } => Self::invalid(named_by(kind), why.to_string()),
            WriteError::Invalid { field, reason } => Self::invalid(field, reason),
            WriteError::Issuer(why) => Self::invalid(why.field, why.why),
            WriteError::Binding(_) => Self::invalid("bindings", detail),
            WriteError::Emergency(why) => why.into(),
            WriteError::Task(why) => match why.field() {
                Some(field) => {
                    Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", &detail).with_error(field, &detail)
                }
                None => Self::conflict("task", detail),
            },
            WriteError::Unknown { kind, .. } => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "unknown", &detail).with_error(kind, &detail)
            }
            WriteError::UnknownRole { .. } | WriteError::AmbiguousRole { .. } => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "unknown", &detail).with_error("roles", &detail)
            }
            WriteError::Taken { .. } => Self::conflict("taken", detail),
            WriteError::InUse { .. } => Self::conflict("in_use", detail),
            WriteError::Blocked { .. } => Self::conflict("blocked", detail),
            WriteError::Stale { .. } => Self::stale(detail),
            WriteError::TooSoon { seconds } => Self {
                retry_after: Some(seconds),
                ..Self::new(StatusCode::TOO_MANY_REQUESTS, "too_many_tests", detail)
            },
        }
    }
}

impl From<EmergencyError> for Problem {
    fn from(error: EmergencyError) -> Self {
        let detail = error.to_string();
        let field = match error {
            EmergencyError::NoReason | EmergencyError::LongReason | EmergencyError::Control => "reason",
            EmergencyError::Scope(_) => "scope",
            EmergencyError::NotAnAgent => "target",
            EmergencyError::Tools => "tools",
            EmergencyError::Minutes => "minutes",
            EmergencyError::NotAnOwner => return Self::conflict("not_an_owner", detail),
            EmergencyError::SecondPerson => return Self::conflict("second_person", detail),
            EmergencyError::Over => return Self::conflict("over", detail),
        };
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid", &detail).with_error(field, &detail)
    }
}

impl From<SaveError> for Problem {
    fn from(error: SaveError) -> Self {
        match error {
            SaveError::Store(error) => error.into(),
            SaveError::Write(error) => error.into(),
            SaveError::Problems(remarks) => Self::of_remarks("invalid", "the rule is not sound", &remarks),
            SaveError::Unmatched(remarks) => Self::of_remarks(
                "unmatched",
                "the rule restricts nothing; `allow_unmatched=true` takes it all the same",
                &remarks,
            ),
        }
    }
}

impl From<ApplyError> for Problem {
    fn from(error: ApplyError) -> Self {
        match error {
            ApplyError::Store(error) => error.into(),
            ApplyError::Write { why: WriteError::Store(error), .. } => error.into(),
            error => Self::new(StatusCode::UNPROCESSABLE_ENTITY, "bundle_refused", error.to_string()),
        }
    }
}

impl From<ExportError> for Problem {
    fn from(error: ExportError) -> Self {
        match error {
            ExportError::Store(error) => error.into(),
            ExportError::UnknownTenant(_) => Self::not_found("tenant"),
            ExportError::Write(_) => Self::internal(&error),
        }
    }
}

impl From<RequestError> for Problem {
    fn from(error: RequestError) -> Self {
        let (detail, retry_after) = (error.to_string(), error.retry_after());
        let problem = match error {
            RequestError::Malformed(_) => Self::malformed(detail),
            RequestError::TooLarge => Self::new(StatusCode::PAYLOAD_TOO_LARGE, "too_large", detail),
            RequestError::TooSlow => Self::new(StatusCode::REQUEST_TIMEOUT, "too_slow", detail),
            RequestError::NotACredential => Self::stranger(),
            RequestError::Forbidden => Self::new(StatusCode::FORBIDDEN, "forbidden", detail),
            RequestError::Unavailable => Self::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail),
        };
        Self { retry_after, ..problem }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = Response::new(Body::from(self.document(None)));
        *response.status_mut() = status;
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        if status == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("Bearer realm=\"countersign-api\"");
            headers.insert(header::WWW_AUTHENTICATE, challenge);
        }
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        // The router writes it anew with the request's id, which is not known here.
        response.extensions_mut().insert(self);
        response
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_of_the_database_is_told() {
        let constraint = || StoreError::Constraint { what: "UNIQUE failed: secret_table".to_owned() };
        for problem in [
            Problem::from(constraint()),
            Problem::from(WriteError::Store(constraint())),
            Problem::from(ApplyError::Store(constraint())),
            Problem::from(ApplyError::Write {
                thing: "rule".to_owned(),
                why: WriteError::Store(constraint()),
            }),
            Problem::from(StoreError::Corrupt { what: "secret_table".to_owned() }),
        ] {
            let text = String::from_utf8(problem.document(Some("r-1"))).expect("text");
            assert!(!text.contains("secret_table"), "{text}");
            assert!(text.contains("\"request_id\":\"r-1\""), "{text}");
        }
    }

    #[test]
    fn what_may_be_there_again_soon_says_when_to_ask() {
        for problem in [Problem::from(RequestError::Unavailable), Problem::from(StoreError::Standby)] {
            let answer = problem.into_response();
            assert_eq!(answer.status(), StatusCode::SERVICE_UNAVAILABLE);
            assert!(answer.headers().contains_key(header::RETRY_AFTER));
        }
        assert_eq!(Problem::from(RequestError::TooSlow).retry_after, None);
    }

    #[test]
    fn what_was_sent_is_quoted_harmlessly_and_in_short() {
        let problem = Problem::malformed(format!("no `{}\u{202e}`", "x".repeat(5_000)));
        assert!(problem.detail.chars().count() <= LONGEST + 1, "{}", problem.detail.len());
        assert_eq!(Problem::invalid("name", "must not be empty").errors.len(), 1);
    }
}
