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

/// Reads a body to its end.
///
/// # Errors
/// When it is too large or too slow, or breaks off, or is compressed.
pub(crate) async fn read_whole(headers: &HeaderMap, body: Body) -> Result<Bytes, RequestError> {
    is_plain(headers)?;
    let promised = headers.get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse::<usize>().ok());
    let reading = async {
        match promised {
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
