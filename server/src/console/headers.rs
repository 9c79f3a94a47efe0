//! The headers that keep a page to itself: content security policy, framing, referrer, caching, transport.
//!
//! A layer around every answer of the console sets what the handler has not set itself. A page that runs
//! script sets its own policy, because only it knows the nonce it was rendered with.

use super::ConsoleState;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, header};
use axum::middleware::Next;
use axum::response::Response;

static PERMISSIONS_POLICY: HeaderName = HeaderName::from_static("permissions-policy");
static OPENER_POLICY: HeaderName = HeaderName::from_static("cross-origin-opener-policy");
static RESOURCE_POLICY: HeaderName = HeaderName::from_static("cross-origin-resource-policy");

/// For answers without script: plain pages, files, redirects.
const WITHOUT_SCRIPT: &str = "default-src 'none'; style-src 'self'; img-src 'self' data:; font-src 'self'; \
                              form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

fn app_policy(nonce: &str) -> String {
    format!(
        "default-src 'none'; script-src 'self' 'nonce-{nonce}' 'wasm-unsafe-eval'; style-src 'self'; \
         img-src 'self' data:; font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; \
         frame-ancestors 'none'"
    )
}

/// For a page of the app: its bundle, wasm, and inline scripts with this nonce.
pub(super) fn allow_app(response: &mut Response, nonce: &str) {
    set_policy(response, &app_policy(nonce));
}

/// For a plain page with one inline script, which carries this nonce.
pub(super) fn allow_one_script(response: &mut Response, nonce: &str) {
    set_policy(response, &format!("{WITHOUT_SCRIPT}; script-src 'nonce-{nonce}'"));
}

/// For a plain page that loads a script of ours, and none that stands in it.
pub(super) fn allow_own_script(response: &mut Response) {
    set_policy(response, &own_script_policy());
}

fn own_script_policy() -> String {
    format!("{WITHOUT_SCRIPT}; script-src 'self'")
}

fn set_policy(response: &mut Response, policy: &str) {
    // A nonce is base64url, always a header value; without the header the stricter policy stands.
    if let Ok(policy) = HeaderValue::from_str(policy) {
        response.headers_mut().insert(header::CONTENT_SECURITY_POLICY, policy);
    }
}

pub(super) async fn set(State(state): State<ConsoleState>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(WITHOUT_SCRIPT));
    // Not `no-referrer`: with it browsers send `Origin: null` when a form is sent.
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::X_FRAME_OPTIONS, HeaderValue::from_static("DENY"));
    headers.insert(OPENER_POLICY.clone(), HeaderValue::from_static("same-origin"));
    headers.insert(RESOURCE_POLICY.clone(), HeaderValue::from_static("same-origin"));
    headers.insert(
        PERMISSIONS_POLICY.clone(),
        HeaderValue::from_static(
            "camera=(), microphone=(), geolocation=(), payment=(), usb=(), display-capture=(), \
             clipboard-write=(self)",
        ),
    );
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if state.public_url.is_https() {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HeaderValue::from_static("max-age=31536000"));
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nonce_is_the_only_inline_script() {
        let policy = app_policy("abc-_1");
        assert!(policy.contains("script-src 'self' 'nonce-abc-_1' 'wasm-unsafe-eval';"));
        for policy in [policy.as_str(), WITHOUT_SCRIPT] {
            assert!(policy.starts_with("default-src 'none';"));
            assert!(policy.ends_with("base-uri 'none'; frame-ancestors 'none'"), "{policy}");
            assert!(!policy.contains("unsafe-inline"));
            assert!(HeaderValue::from_str(policy).is_ok());
        }
    }

    #[test]
    fn a_page_with_a_script_of_ours_runs_none_that_stands_in_it() {
        let policy = own_script_policy();
        assert!(
            policy.starts_with("default-src 'none';") && policy.ends_with("; script-src 'self'"),
            "{policy}"
        );
        assert!(!policy.contains("nonce") && !policy.contains("unsafe") && !policy.contains("connect-src"));
    }
}
