//! The cookies of the console: names, attributes, reading them back.
//!
//! With https they are `__Host-` cookies: browsers take those only from this very host, with `Secure` and
//! `Path=/`, so a neighbour under the same domain cannot plant one. Plain http is loopback, where Safari
//! refuses the prefix; there the names are bare.

use super::public_url::{PublicUrl, is_local_path};
use app::session::Theme;
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::Response;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use tower_sessions::cookie::time::Duration;
use tower_sessions::cookie::{Cookie, CookieBuilder, SameSite};

/// One of the six cookies of the console.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Jar {
    /// The session's id. Ends with the browser; the server ends it sooner.
    Session,
    /// Where to go after signing in. In a cookie, so that a visitor who never signs in costs no row, and
    /// never in the query, where a link from elsewhere could set it.
    Return,
    /// That this browser signed in before; see `devices`. It opens nothing, and outlives the session.
    Device,
    /// The secret of a sign-in by a provider that is under way; see `sso`. Lasts as long as that may.
    Flow,
    /// The secret of a ceremony with a passkey that is under way; see `passkeys`. Lasts as long as that may.
    Ceremony,
    /// How the console looks. Bare everywhere: it is no secret, and the name is known to the pages.
    Theme,
}

impl Jar {
    pub(super) fn name(self, url: &PublicUrl) -> &'static str {
        match (self, url.is_https()) {
            (Self::Session, true) => "__Host-countersign",
            (Self::Session, false) => "countersign",
            (Self::Return, true) => "__Host-countersign-return",
            (Self::Return, false) => "countersign-return",
            (Self::Device, true) => "__Host-countersign-device",
            (Self::Device, false) => "countersign-device",
            (Self::Flow, true) => "__Host-countersign-sign-in",
            (Self::Flow, false) => "countersign-sign-in",
            (Self::Ceremony, true) => "__Host-countersign-passkey",
            (Self::Ceremony, false) => "countersign-passkey",
            (Self::Theme, _) => "theme",
        }
    }

    fn built(self, url: &PublicUrl, value: String) -> CookieBuilder<'static> {
        Cookie::build((self.name(url), value))
            .path("/")
            .http_only(true)
            // Lax: a provider's redirect back to the console must carry the session.
            .same_site(SameSite::Lax)
            .secure(url.is_https())
    }

    /// The value that the browser sent. A name sent twice is not trusted at all: one of the two was planted.
    pub(super) fn read(self, url: &PublicUrl, headers: &HeaderMap) -> Option<String> {
        let name = self.name(url);
        let lines = headers.get_all(header::COOKIE).iter().filter_map(|line| line.to_str().ok());
        let mut values =
            lines.flat_map(Cookie::split_parse).filter_map(Result::ok).filter(|cookie| cookie.name() == name);
        let first = values.next()?;
        match values.next() {
            Some(second) if second.value() != first.value() => None,
            _ => Some(first.value().to_owned()),
        }
    }
}

/// Adds the session's cookie.
pub(super) fn set_session(response: &mut Response, url: &PublicUrl, id: &str) {
    append(response, &Jar::Session.built(url, id.to_owned()).build());
}

/// Has the browser forget a cookie. With all attributes: without `Secure` it would not drop a `__Host-` one.
pub(super) fn remove(response: &mut Response, url: &PublicUrl, jar: Jar) {
    append(response, &jar.built(url, String::new()).removal().build());
}

/// Remembers for ten minutes where the visitor wanted to go.
pub(super) fn set_return(response: &mut Response, url: &PublicUrl, path: &str) {
    if is_local_path(path) && path != "/" {
        let value = URL_SAFE_NO_PAD.encode(path);
        append(response, &Jar::Return.built(url, value).max_age(Duration::minutes(10)).build());
    }
}

/// Where the visitor wanted to go, if that is a page of this console.
pub(super) fn read_return(headers: &HeaderMap, url: &PublicUrl) -> Option<String> {
    let value = Jar::Return.read(url, headers)?;
    let bytes = URL_SAFE_NO_PAD.decode(value).ok()?;
    String::from_utf8(bytes).ok().filter(|path| is_local_path(path))
}

/// Remembers for ten minutes which sign-in this browser began.
pub(super) fn set_flow(response: &mut Response, url: &PublicUrl, secret: &str) {
    append(response, &Jar::Flow.built(url, secret.to_owned()).max_age(Duration::minutes(10)).build());
}

/// Remembers for five minutes which ceremony this browser began.
pub(super) fn set_ceremony(response: &mut Response, url: &PublicUrl, secret: &str) {
    append(response, &Jar::Ceremony.built(url, secret.to_owned()).max_age(Duration::minutes(5)).build());
}

/// Has the browser known for so many days.
pub(super) fn set_device(response: &mut Response, url: &PublicUrl, token: &str, days: i64) {
    append(response, &Jar::Device.built(url, token.to_owned()).max_age(Duration::days(days)).build());
}

pub(super) fn set_theme(response: &mut Response, url: &PublicUrl, theme: Theme) {
    append(response, &Jar::Theme.built(url, theme.as_str().to_owned()).max_age(Duration::days(365)).build());
}

/// The chosen theme; the system's where none was.
pub(super) fn read_theme(headers: &HeaderMap, url: &PublicUrl) -> Theme {
    Jar::Theme.read(url, headers).and_then(|word| word.parse().ok()).unwrap_or_default()
}

fn append(response: &mut Response, cookie: &Cookie<'_>) {
    // Names are fixed and values are base64url or one of three words: always a header value.
    if let Ok(value) = HeaderValue::from_str(&cookie.to_string()) {
        response.headers_mut().append(header::SET_COOKIE, value);
    }
}

#[cfg(test)]
mod tests {
    use super::super::public_url::check_public_url;
    use super::*;
    use axum::body::Body;

    fn set_cookie(set: impl FnOnce(&mut Response)) -> String {
        let mut response = Response::new(Body::empty());
        set(&mut response);
        let values: Vec<_> = response.headers().get_all(header::SET_COOKIE).iter().collect();
        assert!(values.len() <= 1);
        values.first().map(|value| value.to_str().unwrap().to_owned()).unwrap_or_default()
    }

    fn sent(cookies: &str) -> HeaderMap {
        HeaderMap::from_iter([(header::COOKIE, cookies.parse().unwrap())])
    }

    #[test]
    fn the_session_cookie_is_bound_to_the_host_with_https() {
        let url = check_public_url("https://c.example").unwrap();
        let set = set_cookie(|response| set_session(response, &url, "id"));
        assert_eq!(set, "__Host-countersign=id; HttpOnly; SameSite=Lax; Secure; Path=/");
        let removed = set_cookie(|response| remove(response, &url, Jar::Session));
        assert!(
            removed.starts_with("__Host-countersign=; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=0"),
            "{removed}"
        );
    }

    #[test]
    fn on_loopback_its_name_is_bare() {
        let url = check_public_url("http://127.0.0.1:8787").unwrap();
        let set = set_cookie(|response| set_session(response, &url, "id"));
        assert_eq!(set, "countersign=id; HttpOnly; SameSite=Lax; Path=/");
    }

    #[test]
    fn a_known_browser_stays_known() {
        let url = check_public_url("https://c.example").unwrap();
        let set = set_cookie(|response| set_device(response, &url, "token", 2));
        let expected =
            "__Host-countersign-device=token; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=172800";
        assert_eq!(set, expected);
    }

    #[test]
    fn the_theme_lasts_a_year() {
        let url = check_public_url("https://c.example").unwrap();
        let set = set_cookie(|response| set_theme(response, &url, Theme::Dark));
        assert_eq!(set, "theme=dark; HttpOnly; SameSite=Lax; Secure; Path=/; Max-Age=31536000");
        assert_eq!(read_theme(&sent("a=b; theme=dark"), &url), Theme::Dark);
        assert_eq!(read_theme(&sent("theme=purple"), &url), Theme::System);
    }

    #[test]
    fn a_cookie_sent_twice_with_two_values_is_none() {
        let url = check_public_url("https://c.example").unwrap();
        assert_eq!(Jar::Session.read(&url, &sent("__Host-countersign=a")), Some("a".to_owned()));
        assert_eq!(Jar::Session.read(&url, &sent("__Host-countersign=a; __Host-countersign=b")), None);
        assert_eq!(Jar::Session.read(&url, &sent("countersign=a")), None);
    }

    #[test]
    fn the_way_back_is_a_page_of_this_console() {
        let url = check_public_url("https://c.example").unwrap();
        let set = set_cookie(|response| set_return(response, &url, "/decisions?tenant=acme"));
        let pair = set.split(';').next().unwrap();
        assert!(set.ends_with("Max-Age=600"), "{set}");
        assert_eq!(read_return(&sent(pair), &url).as_deref(), Some("/decisions?tenant=acme"));
        let planted = format!("__Host-countersign-return={}", URL_SAFE_NO_PAD.encode("//evil.example"));
        assert_eq!(read_return(&sent(&planted), &url), None);
        assert_eq!(set_cookie(|response| set_return(response, &url, "//evil.example")), "");
    }
}
