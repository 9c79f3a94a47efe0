//! What a request says, read strictly: its path, its parameters, its body. What is not understood is refused, not
//! skipped.

use super::problem::Problem;
use crate::authzen::{media_type, read_whole};
use axum::body::Bytes;
use axum::extract::{FromRequest, FromRequestParts, Path, Query, Request};
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode, header};
use pdp::address_guard::{AddressError, AddressGuard};
use policy::arguments::parse_exact;
use policy::ids::{check_id, check_slug};
use policy::{TenantSlug, Timestamp};
use serde::de::DeserializeOwned;
use serde_json::Value;

/// The longest name of a thing, in characters.
const LONGEST_NAME: usize = 200;

/// The segments of the path that stand for something, decoded.
#[derive(Debug)]
pub(crate) struct Segments<T>(pub(crate) T);

impl<T: DeserializeOwned + Send, S: Send + Sync> FromRequestParts<S> for Segments<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        match Path::<T>::from_request_parts(parts, state).await {
            Ok(Path(segments)) => Ok(Self(segments)),
            Err(_) => Err(Problem::malformed("the path cannot be read")),
        }
    }
}

/// The parameters behind the `?`.
#[derive(Debug)]
pub(crate) struct Asked<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequestParts<S> for Asked<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        match Query::<T>::try_from_uri(&parts.uri) {
            Ok(Query(asked)) => Ok(Self(asked)),
            Err(rejection) => Err(Problem::malformed(rejection.body_text())),
        }
    }
}

/// A body of JSON, read exactly: no key twice, no number that does not survive, no member that is not known.
#[derive(Debug)]
pub(crate) struct Given<T>(pub(crate) T);

impl<T: DeserializeOwned, S: Send + Sync> FromRequest<S> for Given<T> {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        if !is_one_of(&parts.headers, &["application/json"]) {
            return Err(wrong_type("application/json"));
        }
        let bytes = read_whole(&parts.headers, body).await?;
        let value = parse_exact(&bytes).map_err(|error| Problem::malformed(error.to_string()))?;
        read(value).map(Self)
    }
}

/// A policy file: YAML, or JSON, which is YAML.
#[derive(Debug)]
pub(crate) struct BundleText(pub(crate) String);

/// The media types of a policy file.
pub(super) const BUNDLES: [&str; 3] = ["application/yaml", "application/json", "text/yaml"];

impl<S: Send + Sync> FromRequest<S> for BundleText {
    type Rejection = Problem;

    async fn from_request(request: Request, _: &S) -> Result<Self, Problem> {
        let (parts, body) = request.into_parts();
        if !is_one_of(&parts.headers, &BUNDLES) {
            return Err(wrong_type("application/yaml or application/json"));
        }
        let bytes: Bytes = read_whole(&parts.headers, body).await?;
        match String::from_utf8(bytes.into()) {
            Ok(text) => Ok(Self(text)),
            Err(_) => Err(Problem::malformed("the body must be UTF-8")),
        }
    }
}

fn is_one_of(headers: &HeaderMap, types: &[&str]) -> bool {
    media_type(headers).is_some_and(|given| types.iter().any(|known| given.eq_ignore_ascii_case(known)))
}

fn wrong_type(wanted: &str) -> Problem {
    let detail = format!("the content type must be {wanted}");
    Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", detail)
}

/// Reads a value that was parsed.
///
/// # Errors
/// When it is no object, or not this one.
pub(super) fn read<T: DeserializeOwned>(value: Value) -> Result<T, Problem> {
    if !value.is_object() {
        return Err(Problem::malformed("the body must be a JSON object"));
    }
    serde_json::from_value(value).map_err(|error| Problem::malformed(error.to_string()))
}

/// The version that `If-Match` names. None: it does not matter.
///
/// # Errors
/// When it is none of ours: a strong entity tag of one number, or `*`.
pub(crate) fn if_match(headers: &HeaderMap) -> Result<Option<i64>, Problem> {
    let mut all = headers.get_all(header::IF_MATCH).iter();
    let given = match (all.next(), all.next()) {
        (None, _) => return Ok(None),
        (Some(only), None) => only.to_str().ok().map(str::trim),
        _ => None,
    };
    let unquoted = |tag: &str| tag.strip_prefix('"')?.strip_suffix('"')?.parse::<i64>().ok();
    match given {
        Some("*") => Ok(None),
        Some(tag) => unquoted(tag).map(Some).ok_or_else(|| Problem::stale("`If-Match` names no version")),
        None => Err(Problem::malformed("`If-Match` must name one version")),
    }
}

/// A name or an id in a path. What can be none is not looked up: Postgres refuses U+0000 even in a comparison.
///
/// # Errors
/// It is as if there were no such thing.
pub(crate) fn known_id<'a>(what: &str, id: &'a str) -> Result<&'a str, Problem> {
    if check_id(id).is_ok() { Ok(id) } else { Err(Problem::not_found(what)) }
}

/// The same for a slug.
///
/// # Errors
/// It is as if there were no such thing.
pub(crate) fn known_slug<'a>(what: &str, slug: &'a str) -> Result<&'a str, Problem> {
    if check_slug(slug).is_ok() { Ok(slug) } else { Err(Problem::not_found(what)) }
}

/// What can be no tenant is not looked up.
///
/// # Errors
/// When it can be none.
pub(super) fn check_tenant(tenant: Option<&TenantSlug>) -> Result<(), Problem> {
    match tenant {
        Some(slug) if check_slug(slug.as_str()).is_err() => Err(Problem::invalid("tenant", "is none")),
        _ => Ok(()),
    }
}

/// A text that is compared and not checked otherwise.
///
/// # Errors
/// When it holds U+0000.
pub(crate) fn comparable<'a>(field: &str, text: &'a str) -> Result<&'a str, Problem> {
    if text.contains('\0') { Err(Problem::invalid(field, "must not hold U+0000")) } else { Ok(text) }
}

/// A URL as the console reads it: whether it may be connected to shows when it is. It is never quoted, as it may be a secret.
///
/// # Errors
/// When it is none, or holds what no URL may.
pub(super) fn check_url(url: &str) -> Result<(), Problem> {
    let why = match AddressGuard::default().check_url(url) {
        _ if url.chars().any(char::is_control) => "must not hold control characters",
        Ok(_) | Err(AddressError::Refused { .. }) => return Ok(()),
        Err(AddressError::TooLong) => "must not be longer than 2048 bytes",
        Err(AddressError::Scheme { .. }) => "must begin with https:// or http://",
        Err(AddressError::Userinfo) => "must not hold a user name or a password",
        Err(_) => "must be a URL",
    };
    Err(Problem::invalid("url", why))
}

/// What people call a thing, as the console reads it; without one, it is called by its slug.
///
/// # Errors
/// When it is too long, or holds control characters.
pub(super) fn name_of(given: Option<&str>, slug: &str) -> Result<String, Problem> {
    let name = given.map(str::trim).filter(|name| !name.is_empty()).unwrap_or(slug);
    if name.chars().count() > LONGEST_NAME {
        return Err(Problem::invalid("name", format!("must not be longer than {LONGEST_NAME} characters")));
    }
    if name.chars().any(char::is_control) {
        return Err(Problem::invalid("name", "must not hold control characters"));
    }
    Ok(name.to_owned())
}

/// A moment that must not have passed, where one is given.
///
/// # Errors
/// When it has.
pub(crate) fn in_future(
    field: &str,
    moment: Option<Timestamp>,
    now: Timestamp,
) -> Result<Option<Timestamp>, Problem> {
    match moment {
        Some(moment) if moment <= now => Err(Problem::invalid(field, "must be in the future")),
        moment => Ok(moment),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn only_one_strong_number_is_a_version() {
        let of = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(header::IF_MATCH, HeaderValue::from_str(value).expect("a header"));
            }
            if_match(&headers)
        };
        assert_eq!(of(&[]), Ok(None));
        assert_eq!(of(&["*"]), Ok(None));
        assert_eq!(of(&["\"7\""]), Ok(Some(7)));
        for bad in [&["7"][..], &["W/\"7\""], &["\"7\", \"8\""], &["\"x\""], &[""], &["\"7\"", "\"7\""]] {
            assert!(of(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn what_is_wrong_with_an_address_does_not_quote_it() {
        assert!(check_url("https://hooks.example/x").is_ok());
        assert!(
            check_url("http://10.0.0.1/x").is_ok(),
            "whether it may be asked shows when something is sent"
        );
        for bad in [
            "",
            "top-secret",
            "ftp://top-secret/",
            "https://a:top-secret@hooks.example/",
            "https://hooks\n.example/top-secret",
        ] {
            let problem = check_url(bad).expect_err("refused");
            assert!(!format!("{problem:?}").contains("top-secret"), "{problem:?}");
        }
    }

    #[test]
    fn what_has_no_name_is_called_by_its_slug() {
        for (given, name) in [(None, "acme"), (Some(" "), "acme"), (Some(" Acme "), "Acme")] {
            assert_eq!(name_of(given, "acme").as_deref(), Ok(name), "{given:?}");
        }
        for bad in ["a\u{7}", &"x".repeat(201)] {
            assert!(name_of(Some(bad), "acme").is_err(), "{bad}");
        }
    }
}
