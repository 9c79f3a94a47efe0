//! The header `Idempotency-Key` (draft-ietf-httpapi-idempotency-key-header): a PEP's own name for what it asks, so that an
//! answer that was lost can be had again.

use super::error::RequestError;
use axum::http::{HeaderMap, HeaderName};
use pdp::Secret;

const NAME: HeaderName = HeaderName::from_static("idempotency-key");

/// The longest key, in bytes.
const LONGEST: usize = 200;

/// The key, where one came.
///
/// # Errors
/// When there are several, or it is not 1 to 200 visible ASCII characters.
pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<Option<Secret>, RequestError> {
    let mut all = headers.get_all(NAME).iter();
    let (first, second) = (all.next(), all.next());
    let Some(first) = first else { return Ok(None) };
    let text = first.to_str().ok().filter(|text| {
        (1..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic())
    });
    match text {
        Some(text) if second.is_none() => Ok(Some(Secret::new(text))),
        _ => Err(RequestError::malformed(format!(
            "`Idempotency-Key` must be given once, with 1 to {LONGEST} visible ASCII characters"
        ))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    #[test]
    fn what_counts_as_a_key() {
        let headers = |values: &[&str]| {
            let mut headers = HeaderMap::new();
            for value in values {
                headers.append(NAME, HeaderValue::from_str(value).expect("a header"));
            }
            headers
        };
        assert_eq!(idempotency_key(&headers(&[])), Ok(None));
        let given = "\"7b8d0f0d-65a1-4af1-9fd3-a684f08a5d13\"";
        assert_eq!(idempotency_key(&headers(&[given])), Ok(Some(Secret::new(given))));
        let long = "x".repeat(LONGEST + 1);
        for bad in [&[""][..], &["a b"], &["a\tb"], &["a", "a"], &["a", "b"], &[long.as_str()]] {
            assert!(idempotency_key(&headers(bad)).is_err(), "{bad:?}");
        }
    }
}
