//! Links that carry an error. A server function that was called without script leads back to its page, with what
//! went wrong in the query (`__path`, `__err`), and Leptos shows it there. A link from elsewhere may hold anything in
//! its place: what is no error of ours is taken out before a page is drawn.

use app::error::{AppError, BAD_REQUEST, FORBIDDEN, INTERNAL, SIGN_IN_REQUIRED, UNAVAILABLE, UNREACHABLE};
use axum::extract::Query;
use axum::http::Uri;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE;

const MARKS: [&str; 2] = ["__path", "__err"];

const CODES: [&str; 6] = [BAD_REQUEST, FORBIDDEN, INTERNAL, SIGN_IN_REQUIRED, UNAVAILABLE, UNREACHABLE];

/// The address without its error, where that is none of ours.
pub(super) fn without_foreign_error(uri: &Uri) -> Option<String> {
    let query = uri.query()?;
    let Query(pairs) = Query::<Vec<(String, String)>>::try_from_uri(uri).ok()?;
    if pairs.iter().all(|(name, value)| name != "__err" || is_ours(value)) {
        return None;
    }
    // The parser knows no empty parts either.
    let parts = query.split('&').filter(|part| !part.is_empty());
    let kept: Vec<&str> = parts
        .zip(&pairs)
        .filter(|(_, (name, _))| !MARKS.contains(&name.as_str()))
        .map(|(part, _)| part)
        .collect();
    let path = uri.path();
    Some(if kept.is_empty() { path.to_owned() } else { format!("{path}?{}", kept.join("&")) })
}

/// A known code, and an id that holds no text for people.
fn is_ours(value: &str) -> bool {
    let Ok(json) = URL_SAFE.decode(value) else { return false };
    let Ok(error) = serde_json::from_slice::<AppError>(&json) else { return false };
    let id = error.correlation.as_bytes();
    CODES.contains(&error.code.as_str()) && id.len() <= 128 && id.iter().all(u8::is_ascii_graphic)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cleaned(address: &str) -> Option<String> {
        without_foreign_error(&address.parse().unwrap())
    }

    fn error(json: &str) -> String {
        URL_SAFE.encode(json)
    }

    #[test]
    fn an_error_of_ours_stays() {
        let ours = error(r#"{"code":"unavailable","correlation":"0190-abc"}"#);
        for address in ["/account", "/account?", "/account?a=b&&c", "/account?__path=x"] {
            assert_eq!(cleaned(address), None, "{address}");
        }
        assert_eq!(cleaned(&format!("/account?__path=%2F_fn%2Fend-session&__err={ours}")), None);
    }

    #[test]
    fn anything_else_is_taken_out() {
        let chatty = error(r#"{"code":"internal","correlation":"call 555 1234"}"#);
        let unknown = error(r#"{"code":"call 555 1234","correlation":""}"#);
        let shape = error(r#"{"code":5}"#);
        for value in ["", "x", "%ff", "a%20b", "%2541", &chatty, &unknown, &shape] {
            let given = format!("/account?&a=%C3%A9&__path=%2F_fn%2Fend-session&&b=1&__err={value}&a=2");
            assert_eq!(cleaned(&given).as_deref(), Some("/account?a=%C3%A9&b=1&a=2"), "{value}");
        }
        assert_eq!(cleaned("/account?__path=x&__err=y").as_deref(), Some("/account"));
        // However the name is written.
        assert_eq!(cleaned("/account?%5F_err=y&_%5Fpath=x").as_deref(), Some("/account"));
        let ours = error(r#"{"code":"internal","correlation":""}"#);
        assert_eq!(cleaned(&format!("/account?__err=y&__err={ours}")).as_deref(), Some("/account"));
    }
}
