//! Step 1, before parsing: a body, whole and bounded.

use super::error::RequestError;
use super::request::MAX_BODY;
use axum::body::{Body, Bytes, to_bytes};
use axum::http::{HeaderMap, header};
use futures::StreamExt;
use std::time::Duration;

/// A body that takes longer than this is not waited for.
const READ_WITHIN: Duration = Duration::from_secs(10);

/// So much of a body that is too large is read and thrown away, in bytes. A sender that is still sending when the
/// connection closes never sees why.
const THROWN_AWAY: usize = 8 * MAX_BODY;

/// So much is read, and held, of somebody who may have no key, in bytes. Few questions are larger.
const OF_STRANGERS: usize = 32 * 1024;

/// Reads a body to its end.
///
/// # Errors
/// When it is too large or too slow, or breaks off, or is compressed.
pub(crate) async fn read_whole(headers: &HeaderMap, body: Body) -> Result<Bytes, RequestError> {
    is_plain(headers)?;
    let reading = async {
        match promised(headers) {
            // hyper holds a body to its promise.
            Some(length) if length <= MAX_BODY => {
                to_bytes(body, MAX_BODY).await.map_err(|_| RequestError::malformed(BROKEN))
            }
            // Who asks first is answered at once.
            Some(length) if length > THROWN_AWAY || headers.contains_key(header::EXPECT) => {
                Err(RequestError::TooLarge)
            }
            _ => read_bounded(body).await,
        }
    };
    tokio::time::timeout(READ_WITHIN, reading).await.unwrap_or(Err(RequestError::TooSlow))
}

/// How long the body says to be, in bytes. None: it does not say, as where it comes in chunks.
fn promised(headers: &HeaderMap) -> Option<usize> {
    headers.get(header::CONTENT_LENGTH)?.to_str().ok()?.parse().ok()
}

/// Whether it is no larger than what is read of whoever asks, with a key or without.
pub(super) fn is_small(headers: &HeaderMap) -> bool {
    promised(headers).is_some_and(|length| length <= OF_STRANGERS)
}

/// Reads a body that nobody wants and keeps nothing of it, so that its sender sees the answer. Who asks first is answered at
/// once.
pub(super) async fn throw_away(headers: &HeaderMap, body: Body) {
    if headers.contains_key(header::EXPECT) {
        return;
    }
    let mut chunks = body.into_data_stream();
    let reading = async {
        let mut seen: usize = 0;
        while let Some(Ok(chunk)) = chunks.next().await {
            seen = seen.saturating_add(chunk.len());
            if seen > THROWN_AWAY {
                break;
            }
        }
    };
    // Whoever is slower than that does not see why.
    let _ = tokio::time::timeout(READ_WITHIN, reading).await;
}

/// What the body says to be, in whatever case and without parameters. None: not said, or more than once.
pub(crate) fn media_type(headers: &HeaderMap) -> Option<&str> {
    let mut all = headers.get_all(header::CONTENT_TYPE).iter();
    let (Some(only), None) = (all.next(), all.next()) else { return None };
    only.to_str().ok()?.split(';').next().map(str::trim)
}

/// A body is read as it came. Whoever stands before us and undoes a coding would read another one.
fn is_plain(headers: &HeaderMap) -> Result<(), RequestError> {
    let coded = headers
        .get_all(header::CONTENT_ENCODING)
        .iter()
        .any(|coding| !coding.as_bytes().eq_ignore_ascii_case(b"identity"));
    if coded {
        Err(RequestError::malformed("the body must come as it is, without `Content-Encoding`"))
    } else {
        Ok(())
    }
}

const BROKEN: &str = "the body could not be read";

async fn read_bounded(body: Body) -> Result<Bytes, RequestError> {
    let mut chunks = body.into_data_stream();
    let mut whole = Vec::new();
    let mut seen: usize = 0;
    while let Some(chunk) = chunks.next().await {
        let chunk = chunk.map_err(|_| RequestError::malformed(BROKEN))?;
        seen = seen.saturating_add(chunk.len());
        if seen <= MAX_BODY {
            whole.extend_from_slice(&chunk);
        } else if seen > THROWN_AWAY {
            break;
        } else {
            whole = Vec::new();
        }
    }
    if seen > MAX_BODY { Err(RequestError::TooLarge) } else { Ok(whole.into()) }
}

#[cfg(test)]
mod tests {
    use super::*;
    use axum::http::HeaderValue;

    async fn read(promised: Option<usize>, chunks: &[usize]) -> Result<usize, RequestError> {
        let mut headers = HeaderMap::new();
        if let Some(length) = promised {
            headers.insert(header::CONTENT_LENGTH, length.into());
        }
        let chunks: Vec<_> =
            chunks.iter().map(|length| Ok::<_, std::io::Error>(vec![b' '; *length])).collect();
        let body = Body::from_stream(futures::stream::iter(chunks));
        read_whole(&headers, body).await.map(|bytes| bytes.len())
    }

    #[tokio::test]
    async fn a_body_is_read_to_the_last_byte_that_is_taken() {
        assert_eq!(read(Some(5), &[2, 3]).await, Ok(5));
        assert_eq!(read(None, &[]).await, Ok(0));
        assert_eq!(read(None, &[MAX_BODY - 1, 1]).await, Ok(MAX_BODY));
        assert_eq!(read(None, &[MAX_BODY, 1]).await, Err(RequestError::TooLarge));
        assert_eq!(read(None, &[MAX_BODY; 20]).await, Err(RequestError::TooLarge));
        assert_eq!(read(Some(MAX_BODY + 1), &[MAX_BODY + 1]).await, Err(RequestError::TooLarge));
        assert_eq!(read(Some(usize::MAX), &[]).await, Err(RequestError::TooLarge));
    }

    #[test]
    fn what_is_read_of_strangers() {
        let length = |text: &'static str| {
            HeaderMap::from_iter([(header::CONTENT_LENGTH, HeaderValue::from_static(text))])
        };
        for small in ["0", "5", "32768"] {
            assert!(is_small(&length(small)), "{small}");
        }
        for large in ["32769", "1048576", "-1", "x", "", "99999999999999999999"] {
            assert!(!is_small(&length(large)), "{large}");
        }
        assert!(!is_small(&HeaderMap::new()), "in chunks");
    }

    #[tokio::test]
    async fn a_body_that_nobody_wants_is_read_as_far_as_one_may_wait() {
        let chunks = futures::stream::iter([Ok(vec![b' '; MAX_BODY]), Err(std::io::Error::other("broken"))]);
        throw_away(&HeaderMap::new(), Body::from_stream(chunks)).await;
        let endless = futures::stream::repeat_with(|| Ok::<_, std::io::Error>(vec![b' '; MAX_BODY]));
        throw_away(&HeaderMap::new(), Body::from_stream(endless)).await;
        let silent = futures::stream::pending::<Result<Vec<u8>, std::io::Error>>();
        let asks = HeaderMap::from_iter([(header::EXPECT, HeaderValue::from_static("100-continue"))]);
        throw_away(&asks, Body::from_stream(silent)).await;
    }

    #[tokio::test]
    async fn a_coded_body_is_not_read() {
        async fn read_as(codings: &[&'static str]) -> Result<usize, RequestError> {
            let mut headers = HeaderMap::new();
            for coding in codings {
                headers.append(header::CONTENT_ENCODING, HeaderValue::from_static(coding));
            }
            read_whole(&headers, Body::from("{}")).await.map(|bytes| bytes.len())
        }
        for plain in [&[][..], &["identity"], &["Identity"]] {
            assert_eq!(read_as(plain).await, Ok(2), "{plain:?}");
        }
        for coded in [&["gzip"][..], &["br"], &["identity, gzip"], &["identity", "gzip"], &[""]] {
            assert!(matches!(read_as(coded).await, Err(RequestError::Malformed(_))), "{coded:?}");
        }
    }
}
