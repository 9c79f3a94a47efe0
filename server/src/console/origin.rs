//! Who may change something by a browser's request: only pages of this very console.
//!
//! One check in front of every form and server function. It looks at `Origin` and `Sec-Fetch-Site`, which a
//! page of another site cannot choose, and at the content type: a `text/plain` form needs no preflight. The
//! session is not looked at here; signing in needs the check as well.
//!
//! A link from elsewhere may open a page, but fills in none of its forms.

use super::ConsoleState;
use super::answer::{self, Plain};
use super::public_url::{PublicUrl, is_local_path};
use app::pages::resources::imports::UPLOAD;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, Method, StatusCode, Uri, header};
use axum::middleware::Next;
use axum::response::Response;

static SEC_FETCH_SITE: HeaderName = HeaderName::from_static("sec-fetch-site");

/// What an address calls the text that a form is filled in with, after it was refused.
const DRAFT: &str = "draft";

/// Why a request is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Refusal {
    /// It was not started by a page of this console.
    Foreign,
    /// Its body is not what a form or a server function sends.
    ContentType,
}

/// What a path takes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Door {
    Page,
    /// A server function.
    Function,
    /// The one form that sends a file.
    File,
}

impl Door {
    fn of(path: &str) -> Self {
        match path {
            UPLOAD => Self::File,
            _ if path.starts_with("/_fn/") => Self::Function,
            _ => Self::Page,
        }
    }
}

/// Refuses what another site may have started. Also drops a foreign `Referer`, to which a server function
/// would redirect when it is called without script.
pub(super) async fn check(State(state): State<ConsoleState>, mut request: Request, next: Next) -> Response {
    let path = request.uri().path();
    let door = Door::of(path);
    let calls = door == Door::Function;
    if let Some(address) = without_draft(request.method(), door, request.headers(), request.uri()) {
        return answer::see_other(if is_local_path(&address) { address.as_str() } else { "/" });
    }
    if let Err(refusal) = verdict(&state.public_url, request.method(), door, request.headers()) {
        tracing::warn!(
            path = %path.chars().take(200).collect::<String>(),
            origin = ?request.headers().get(header::ORIGIN),
            ?refusal,
            "a request from elsewhere was refused"
        );
        return refuse(refusal, calls, &Plain::of(&state, &request));
    }
    let foreign = request.headers().get(header::REFERER).is_some_and(|referer| {
        referer.to_str().ok().and_then(|address| state.public_url.local_path(address)).is_none()
    });
    if foreign {
        request.headers_mut().remove(header::REFERER);
    }
    next.run(request).await
}

fn refuse(refusal: Refusal, calls: bool, plain: &Plain) -> Response {
    let (status, code, title, text) = match refusal {
        Refusal::Foreign => (
            StatusCode::FORBIDDEN,
            app::error::FORBIDDEN,
            "This request came from elsewhere",
            "Countersign accepts changes only from its own pages, under the address it was set up with. \
             Open the console under that address and try again.",
        ),
        Refusal::ContentType => (
            StatusCode::UNSUPPORTED_MEDIA_TYPE,
            app::error::BAD_REQUEST,
            "This request is not a form",
            "Countersign accepts forms and JSON only.",
        ),
    };
    if calls { answer::code(status, code, &plain.correlation) } else { plain.failure(status, title, text) }
}

fn verdict(url: &PublicUrl, method: &Method, door: Door, headers: &HeaderMap) -> Result<(), Refusal> {
    let site = single(headers, &SEC_FETCH_SITE)?;
    if method == Method::GET || method == Method::HEAD {
        // A link from elsewhere may open a page, but nobody else's page needs our server functions.
        return match site {
            Some("same-origin" | "none") | None => Ok(()),
            Some(_) if door == Door::Function => Err(Refusal::Foreign),
            Some(_) => Ok(()),
        };
    }
    match (single(headers, &header::ORIGIN)?, site) {
        (Some(origin), Some("same-origin") | None) if url.accepts_origin(origin) => {}
        (None, Some("same-origin")) => {}
        _ => return Err(Refusal::Foreign),
    }
    let content_type =
        single(headers, &header::CONTENT_TYPE).map_err(|_| Refusal::ContentType)?.unwrap_or_default();
    let essence = content_type.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    match essence.as_str() {
        "multipart/form-data" if door == Door::File => Ok(()),
        "application/x-www-form-urlencoded" | "application/json" => Ok(()),
        _ => Err(Refusal::ContentType),
    }
}

/// The address without a draft, where something else than a page of this console leads to one: a form that somebody else
/// filled in looks like one's own. None: it may stay as it is.
fn without_draft(method: &Method, door: Door, headers: &HeaderMap, uri: &Uri) -> Option<String> {
    let site = headers.get(&SEC_FETCH_SITE)?;
    if method != Method::GET || door != Door::Page || site == "same-origin" {
        return None;
    }
    let query = uri.query()?;
    let kept: Vec<&str> = query.split('&').filter(|part| !is_draft(part)).collect();
    if kept.len() == query.split('&').count() {
        return None;
    }
    let path = uri.path();
    Some(if kept.is_empty() { path.to_owned() } else { format!("{path}?{}", kept.join("&")) })
}

/// However the name is written: routers in browsers undo more than one escape.
fn is_draft(part: &str) -> bool {
    let mut name = part.split('=').next().unwrap_or_default().to_owned();
    for _ in 0..3 {
        if name == DRAFT {
            return true;
        }
        let decoded = form_urlencoded::parse(name.as_bytes()).next();
        name = decoded.map(|(name, _)| name.into_owned()).unwrap_or_default();
    }
    name == DRAFT
}

/// The header's only value. Two of them, or bytes that are no text, come from no browser.
fn single<'a>(headers: &'a HeaderMap, name: &HeaderName) -> Result<Option<&'a str>, Refusal> {
    let mut values = headers.get_all(name).iter();
    let first = values.next();
    if values.next().is_some() {
        return Err(Refusal::Foreign);
    }
    first.map(|value| value.to_str().map_err(|_| Refusal::Foreign)).transpose()
}

#[cfg(test)]
mod tests {
    use super::super::public_url::check_public_url;
    use super::*;

    const FORM: &str = "application/x-www-form-urlencoded";

    fn headers(origin: Option<&str>, site: Option<&str>, content_type: Option<&str>) -> HeaderMap {
        let mut headers = HeaderMap::new();
        let given =
            [(header::ORIGIN, origin), (SEC_FETCH_SITE.clone(), site), (header::CONTENT_TYPE, content_type)];
        for (name, value) in given {
            if let Some(value) = value {
                headers.insert(name, value.parse().unwrap());
            }
        }
        headers
    }

    #[test]
    fn changes_come_from_our_own_pages() {
        let url = "https://c.example";
        let loopback = "http://127.0.0.1:8787";
        let accepted = Ok(());
        let foreign = Err(Refusal::Foreign);
        for (url, origin, site, expected) in [
            (url, Some("https://c.example"), Some("same-origin"), accepted),
            (url, Some("https://c.example"), None, accepted),
            (url, None, Some("same-origin"), accepted),
            (url, None, None, foreign),
            (url, None, Some("none"), foreign),
            (url, Some("https://c.example"), Some("none"), foreign),
            (url, Some("https://c.example"), Some("cross-site"), foreign),
            (url, Some("https://c.example"), Some("same-site"), foreign),
            (url, Some("null"), Some("same-origin"), foreign),
            (url, Some("null"), None, foreign),
            (url, Some("https://evil.example"), Some("same-origin"), foreign),
            (url, Some("https://evil.example"), None, foreign),
            (url, Some("http://c.example"), None, foreign),
            (url, Some("https://c.example:444"), None, foreign),
            (url, Some("https://c.example.evil.example"), None, foreign),
            (url, Some("http://localhost"), None, foreign),
            (loopback, Some("http://127.0.0.1:8787"), Some("same-origin"), accepted),
            (loopback, Some("http://localhost:8787"), Some("same-origin"), accepted),
            (loopback, Some("http://[::1]:8787"), None, accepted),
            (loopback, Some("http://localhost:8787"), Some("cross-site"), foreign),
            (loopback, Some("http://localhost:9999"), None, foreign),
            (loopback, Some("https://localhost:8787"), None, foreign),
            (loopback, Some("http://evil.example:8787"), None, foreign),
        ] {
            let read = check_public_url(url).unwrap();
            for method in [Method::POST, Method::PUT, Method::DELETE, Method::PATCH] {
                let given = headers(origin, site, Some(FORM));
                assert_eq!(
                    verdict(&read, &method, Door::Page, &given),
                    expected,
                    "{url} {method} {origin:?} {site:?}"
                );
                assert_eq!(
                    verdict(&read, &method, Door::Function, &given),
                    expected,
                    "{url} {method} {origin:?} {site:?}"
                );
            }
        }
    }

    #[test]
    fn reading_is_open_to_links_but_not_to_foreign_scripts() {
        let url = check_public_url("https://c.example").unwrap();
        for site in [None, Some("none"), Some("same-origin"), Some("same-site"), Some("cross-site")] {
            assert_eq!(
                verdict(&url, &Method::GET, Door::Page, &headers(None, site, None)),
                Ok(()),
                "{site:?}"
            );
        }
        for (site, expected) in [
            (None, Ok(())),
            (Some("none"), Ok(())),
            (Some("same-origin"), Ok(())),
            (Some("same-site"), Err(Refusal::Foreign)),
            (Some("cross-site"), Err(Refusal::Foreign)),
        ] {
            assert_eq!(
                verdict(&url, &Method::GET, Door::Function, &headers(None, site, None)),
                expected,
                "{site:?}"
            );
        }
    }

    #[test]
    fn a_link_from_elsewhere_fills_in_no_form() {
        let cleaned = |method: &Method, door, site: Option<&str>, address: &str| {
            without_draft(method, door, &headers(None, site, None), &address.parse().unwrap())
        };
        let address = "/settings/accounts?ask=edit&draft=7b7d&of=a%26b";
        for (site, expected) in [
            (None, None),
            (Some("same-origin"), None),
            (Some("none"), Some("/settings/accounts?ask=edit&of=a%26b")),
            (Some("same-site"), Some("/settings/accounts?ask=edit&of=a%26b")),
            (Some("cross-site"), Some("/settings/accounts?ask=edit&of=a%26b")),
        ] {
            assert_eq!(cleaned(&Method::GET, Door::Page, site, address).as_deref(), expected, "{site:?}");
            assert_eq!(cleaned(&Method::POST, Door::Page, site, address), None, "{site:?}");
            assert_eq!(cleaned(&Method::GET, Door::Function, site, address), None, "{site:?}");
        }
        for (address, expected) in [
            ("/a", None),
            ("/a?q=draft&drafts=1&x", None),
            ("/a?draft", Some("/a")),
            ("/a?draft=&draft=x", Some("/a")),
            ("/a?%64raft=x&q=1", Some("/a?q=1")),
            ("/a?%2564raft=x&q=1", Some("/a?q=1")),
        ] {
            let given = cleaned(&Method::GET, Door::Page, Some("cross-site"), address);
            assert_eq!(given.as_deref(), expected, "{address}");
        }
    }

    #[test]
    fn bodies_are_forms_or_json() {
        let url = check_public_url("https://c.example").unwrap();
        for (content_type, expected) in [
            (Some(FORM), Ok(())),
            (Some("application/x-www-form-urlencoded; charset=UTF-8"), Ok(())),
            (Some("Application/JSON"), Ok(())),
            (Some("text/plain"), Err(Refusal::ContentType)),
            (Some("multipart/form-data; boundary=x"), Err(Refusal::ContentType)),
            (Some(""), Err(Refusal::ContentType)),
            (None, Err(Refusal::ContentType)),
        ] {
            let given = headers(Some("https://c.example"), Some("same-origin"), content_type);
            for door in [Door::Function, Door::Page] {
                assert_eq!(verdict(&url, &Method::POST, door, &given), expected, "{content_type:?}");
            }
        }
        for (content_type, expected) in
            [("multipart/form-data; boundary=x", Ok(())), ("text/plain", Err(Refusal::ContentType))]
        {
            let given = headers(Some("https://c.example"), Some("same-origin"), Some(content_type));
            assert_eq!(verdict(&url, &Method::POST, Door::File, &given), expected, "{content_type:?}");
        }
        assert_eq!(Door::of("/resources/upload"), Door::File);
        assert_eq!(Door::of("/resources"), Door::Page);
    }

    #[test]
    fn a_header_given_twice_is_refused() {
        let url = check_public_url("https://c.example").unwrap();
        let mut given = headers(Some("https://c.example"), Some("same-origin"), Some(FORM));
        given.append(header::ORIGIN, "https://evil.example".parse().unwrap());
        assert_eq!(verdict(&url, &Method::POST, Door::Page, &given), Err(Refusal::Foreign));
    }
}
