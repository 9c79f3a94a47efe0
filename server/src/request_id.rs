//! One id per request: taken from `X-Request-ID` where it is harmless, else made; on every log line. What came is
//! echoed as it came.

use axum::extract::Request;
use axum::http::{HeaderName, HeaderValue};
use axum::middleware::Next;
use axum::response::Response;
use tracing::Instrument;

pub const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// The id of the request at hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RequestId(pub String);

/// Visible ASCII, at most 128 bytes: anything else could forge log lines.
fn harmless(value: &HeaderValue) -> Option<String> {
    let text = value.to_str().ok()?;
    let fits = (1..=128).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic());
    fits.then(|| text.to_owned())
}

/// Gives the request its id, a log span and an echo.
pub async fn identify(mut request: Request, next: Next) -> Response {
    let sent = request.headers().get(X_REQUEST_ID).cloned();
    let id = sent.as_ref().and_then(harmless).unwrap_or_else(|| uuid::Uuid::now_v7().simple().to_string());
    request.extensions_mut().insert(RequestId(id.clone()));
    // The path alone: a query may hold what a person searched for.
    let span =
        tracing::info_span!("request", id = %id, method = %request.method(), path = %request.uri().path());
    let mut response = next.run(request).instrument(span).await;
    // AuthZEN 1.0, section 10.1: the very id that was sent comes back. Logs and records have the harmless form.
    if let Some(value) = sent.filter(|sent| !sent.is_empty()).or_else(|| HeaderValue::from_str(&id).ok()) {
        response.headers_mut().insert(X_REQUEST_ID, value);
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_harmless_ids_are_taken_over() {
        assert_eq!(harmless(&HeaderValue::from_static("abc-123")), Some("abc-123".to_owned()));
        for bad in ["", "a b", &"x".repeat(129), "a\tb"] {
            assert_eq!(harmless(&HeaderValue::from_str(bad).expect("a header")), None, "{bad:?}");
        }
    }
}
